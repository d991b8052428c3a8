//! The read model on PostgreSQL, 14 or newer: many processes at once, held apart by row locks and the fence.

mod audit;
mod campaigns;
mod change_feed;
mod changes;
mod clockwork;
mod connections;
mod dump;
mod error;
mod fill;
mod follow_ups;
mod funnel;
mod generation;
mod identities;
mod leads;
mod people;
mod position;
mod projection;
mod queue;
mod reader;
mod rows;
mod schema;
mod switch;
mod timeline;

pub use projection::PostgresProjection;
pub use reader::PostgresReader;
pub use schema::migrate;
