//! The service over HTTP, on a read model made up in memory.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod access;
mod docs;
mod lead;
mod leads;
mod position;
mod segments;
mod support;
mod timeline;
mod unavailable;
