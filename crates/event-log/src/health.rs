//! Whether appends worked lately.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A failure counts for so long. Then the log is called ready again, so that an append can find out: a service that
/// takes no requests would never learn that the log can store again.
const COUNTS_FOR: Duration = Duration::from_secs(5);

/// Shared by the task that appends and those who ask.
#[derive(Clone, Debug, Default)]
pub(crate) struct Health(Arc<Mutex<Option<Failure>>>);

#[derive(Clone, Debug)]
struct Failure {
    at: Instant,
    reason: String,
}

impl Health {
    pub(crate) fn succeeded(&self) {
        self.set(None);
    }

    pub(crate) fn failed(&self, reason: &str) {
        self.set(Some(Failure { at: Instant::now(), reason: reason.to_owned() }));
    }

    /// Why the last append failed, unless that was long ago.
    pub(crate) fn lately(&self) -> Result<(), String> {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(failure) if failure.at.elapsed() < COUNTS_FOR => Err(failure.reason.clone()),
            Some(_) | None => Ok(()),
        }
    }

    fn set(&self, failure: Option<Failure>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }
}
