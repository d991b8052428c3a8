//! The read model in the embedded file: one writer, so a batch is alone while it lasts, and readers beside it.

mod audit;
mod campaigns;
mod change_feed;
mod changes;
mod clockwork;
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
mod standing;
mod switch;
mod timeline;

pub use projection::SqliteProjection;
pub use reader::SqliteReader;
