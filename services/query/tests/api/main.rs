//! The service over HTTP, on a read model made up in memory.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod access;
mod campaigns;
mod changes;
mod docs;
mod figures;
mod follow_ups;
mod funnel;
mod lead;
mod leads;
mod policies;
mod position;
mod segments;
mod simulation;
mod support;
mod timeline;
mod unavailable;
