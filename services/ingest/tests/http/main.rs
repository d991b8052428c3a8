//! Ingest over HTTP, on a log that stands in memory: every status, every type of body.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

mod answers;
mod events;
mod forms;
mod pages;
mod support;
