//! Waiting, in a program that has nothing else to do.

use std::time::Duration;

/// Gives the processor away for a while.
#[expect(
    clippy::disallowed_methods,
    reason = "this program has no timers; each of its threads does one thing"
)]
pub(crate) fn pause(length: Duration) {
    std::thread::sleep(length);
}
