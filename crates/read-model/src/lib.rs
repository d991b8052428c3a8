//! The read model: timeline, identities, leads, changes, positions; ports for the projector and for the reader.

mod generation;
mod reader;
mod rows;
mod store;

pub use generation::{ActivePolicy, GenerationKey, GenerationStore, Refold};
pub use reader::{After, Found, LeadFilter, LeadReader, LeadSort, ReadModelStatus};
pub use rows::{ChangeRow, DeadLetter, LeadColumns, LeadRow};
pub use store::{
    Appended, BatchWrite, Claim, IdentifierRow, LockedIdentities, NamedIdentifier, PositionMove, ProjectionStore,
    ProjectionTransaction, StoreError, TimelineRow,
};
