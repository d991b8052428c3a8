//! Ingest over HTTP, on a log that stands in memory: every status, every type of body.

mod answers;
mod events;
mod forms;
mod pages;
mod support;
