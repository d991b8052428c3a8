//! The read model: timeline, identities, leads, changes, positions; ports for the projector and for the reader.

mod campaigns;
#[cfg(feature = "contract")]
pub mod contract;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod dump;
mod generation;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod history;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod list;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod order;
#[cfg(feature = "postgres")]
pub mod postgres;
mod reader;
mod rows;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod store;

pub use campaigns::{CampaignReader, TouchedLead, TouchedPage};
pub use generation::{
    ActivePolicy, GenerationKey, GenerationState, GenerationStore, GenerationSwitch, Refold, Registered,
};
pub use reader::{After, Found, LeadFilter, LeadReader, LeadSort, LeadView, Listed, ReadModelStatus};
pub use rows::{ChangeRow, DeadLetter, LeadColumns, LeadRow, StoredLead};
pub use store::{
    Appended, BatchWrite, Claim, IdentifierRow, LockedIdentities, NamedIdentifier, PositionMove,
    ProjectionStore, ProjectionTransaction, StoreError, TimelineRow,
};
