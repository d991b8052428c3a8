//! The rules of Batea: what a fact is, which facts are one person's, and what a lead's state is under a policy.
//!
//! Pure: no clock, no randomness, no IO; nothing here can fail but by what it is given. Time enters as an argument.

pub mod campaign;
pub mod fact;
pub mod identity;
mod ids;
mod instant;
pub mod lead;
pub mod policy;
pub mod problem;
pub mod segment;
pub mod simulation;

pub use ids::{EventId, IdentitySecret, LeadId, SecretTooShort, sha256_hex};
pub use instant::{DAY_MS, Date, Instant, NotADate, NotAnInstant};
