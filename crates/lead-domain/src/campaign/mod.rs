//! What campaigns bring and what they cost (DOMAIN §6).
//!
//! A person is what the figures count: the facts of theirs that carry a campaign, when they got how far, what they
//! bought. [`CampaignFigures`] takes one person after another, so that as many as there are fit into little memory.

mod activity;
mod attribution;
mod catalogue;
mod figures;
mod row;
mod share;
mod touch;

pub use activity::{Activity, Tally};
pub use attribution::Attribution;
pub use catalogue::{Campaigns, Period};
pub use figures::{CampaignFigures, CampaignQuestion, Touched};
pub use row::{CampaignRow, Return, RowKey};
pub use touch::CampaignTouch;

#[cfg(test)]
mod tests;
