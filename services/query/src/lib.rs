//! Query: leads, their facts and their scores over REST. It reads the read model and writes nothing; a policy
//! that is tried on all of them (`simulate`) is compared and forgotten.
//!
//! A list comes from the rows as they are; `as_of` and the explanation of a score fold a lead's facts with the same
//! [`lead_domain::lead::Lead`] that qualification uses. The instant of the request enters here and nowhere below.

mod answer;
mod asked_facts;
mod campaign_figures;
mod campaign_question;
mod described;
#[cfg(feature = "distributed")]
pub mod distributed;
mod docs_page;
mod find_lead;
mod get_campaign;
mod get_campaigns;
mod get_changes;
mod get_follow_up_stats;
mod get_follow_ups;
mod get_funnel;
mod get_history;
mod get_lead;
mod get_policy;
mod get_score;
mod get_segments;
mod get_timeline;
mod language;
mod lead_filter;
mod list_leads;
mod min_position;
mod openapi;
mod page_cursor;
mod parameters;
mod routes;
mod segment_needs;
mod simulate;
mod state;
mod view;
mod walk;

pub use get_segments::segments;
pub use openapi::openapi;
pub use routes::configure;
pub use state::{QueryState, cursor_key};
