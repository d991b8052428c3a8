//! Qualification: from the log to rows. A batch is one transaction: fence, identities, timeline, leads, changes.
//!
//! ```text
//! records → decode → lock identities → append to the timeline → group people → fold leads → commit
//! ```

mod batch;
mod decode;
mod fold;
mod people;
mod rules;
mod worker;

#[cfg(feature = "distributed")]
pub mod distributed;

pub use batch::{Projected, Projector};
pub use decode::{Decoded, Stop};
pub use rules::{Rules, RulesError};
pub use worker::{Worker, WorkerError, WorkerSettings};
