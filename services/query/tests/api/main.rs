//! The service over HTTP, on a read model made up in memory.

mod access;
mod docs;
mod lead;
mod leads;
mod position;
mod support;
mod timeline;
mod unavailable;
