//! The read model: timeline, identities, leads, changes, positions; ports for the projector and for the reader.

#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod audit;
mod campaigns;
mod change_feed;
#[cfg(feature = "contract")]
pub mod contract;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod dump;
mod error;
mod follow_up;
mod funnel;
mod generation;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod history;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod list;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod order;
mod people;
#[cfg(feature = "postgres")]
pub mod postgres;
mod questions;
mod read_model;
mod reader;
mod rows;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod store;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use audit::{Audit, AuditPage, AuditStore, LeadRows};
pub use campaigns::{CampaignReader, TouchedLead, TouchedPage};
pub use change_feed::{ChangeReader, Clockwork, DueBatch, NumberedChange};
pub use error::StoreError;
pub use follow_up::{AnswerTimes, FollowUpFilter, FollowUpReader, FollowUpRow};
pub use funnel::{FunnelGroup, FunnelQuestion, FunnelReader, FunnelRow};
pub use generation::{
    ActivePolicy, Filling, GenerationKey, GenerationPage, GenerationState, GenerationStore, GenerationSwitch,
    Moved, Refold, Registered, Standing, Wish,
};
pub use people::PeopleReader;
pub use questions::Questions;
pub use read_model::ReadModel;
pub use reader::{
    After, Found, KnownPolicy, LeadFilter, LeadReader, LeadSort, LeadView, Listed, ReadModelStatus,
};
pub use rows::{ChangeRow, DeadLetter, LeadColumns, LeadRow, StoredLead, TimelineRow};
pub use store::{
    Appended, BatchWrite, Claim, IdentifierRow, LockedIdentities, NamedIdentifier, PositionMove,
    ProjectionStore, ProjectionTransaction,
};
