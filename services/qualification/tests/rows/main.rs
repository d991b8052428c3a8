//! What qualification makes of facts: rows, the rows of other policies beside them, and what it announces.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod clock;
mod policies;
mod projection;
mod support;
mod verify;
