//! HTTP → facts on the event log. Ingest owns no database and never refuses a fact because of history.
//!
//! A request flows through: body → posted facts (`events`) or fields (`form`) → [`lead_domain::fact::admit`] →
//! `record` → the log → an answer, which is a 2xx only once everything the request recorded is durable.

mod answer;
mod config;
mod described;
#[cfg(feature = "distributed")]
pub mod distributed;
mod events;
mod form;
mod fresh_ids;
mod idempotency;
mod openapi;
mod record;
mod routes;
mod sender;
mod state;

pub use config::IngestConfig;
pub use openapi::openapi;
pub use routes::{ROUTES, configure};
pub use state::Ingest;
