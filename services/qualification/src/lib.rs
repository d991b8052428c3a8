//! Qualification: from the log to rows. A batch is one transaction: fence, identities, timeline, leads, changes.
//!
//! ```text
//! records → decode → lock identities → append to the timeline → group people → fold leads → commit
//! ```

mod anew;
mod batch;
mod clock;
mod command;
mod decode;
mod due;
mod fill;
mod fold;
mod generation;
mod people;
mod rules;
mod verify;
mod worker;

#[cfg(feature = "distributed")]
pub mod distributed;

pub use anew::{activate, rebuild};
pub use batch::{Projected, Projector};
pub use clock::Announcer;
pub use command::{activate_policy, rebuild_store, verify_store};
pub use decode::{Decoded, Stop};
pub use fill::Filler;
pub use generation::{Generation, RulesError, key_of};
pub use rules::Rules;
pub use verify::{Difference, Verified, verify};
pub use worker::{Worker, WorkerError, WorkerSettings};
