//! Qualification: from the log to rows. A batch is one transaction: fence, identities, timeline, leads, changes.
//!
//! ```text
//! records → decode → lock identities → append to the timeline → group people → fold leads → commit
//! ```

mod batch;
mod clock;
mod decode;
mod fill;
mod fold;
mod people;
mod rules;
mod worker;

#[cfg(feature = "distributed")]
pub mod distributed;

pub use batch::{Projected, Projector};
pub use clock::Announcer;
pub use decode::{Decoded, Stop};
pub use fill::Filler;
pub use rules::{Generation, Rules, RulesError, key_of};
pub use worker::{Worker, WorkerError, WorkerSettings};
