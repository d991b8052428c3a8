//! The word that it is time to end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// Tells when the process is to end. Cheap to clone; all clones tell the same.
#[derive(Clone, Debug)]
pub struct Shutdown(Arc<watch::Sender<bool>>);

impl Shutdown {
    /// One that nobody requests but its holders; for tests, and for commands that run to their end.
    #[must_use]
    pub fn detached() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Waits until it is time to end.
    pub async fn requested(&self) {
        let mut told = self.0.subscribe();
        // The sender lives as long as this borrow, so that waiting cannot fail.
        drop(told.wait_for(|requested| *requested).await);
    }

    /// Waits this long, or until it is time to end.
    pub async fn pause(&self, longest: Duration) {
        // Either way the waiting is over.
        drop(timeout(longest, self.requested()).await);
    }

    /// Whether it is time to end.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Asks the process to end.
    pub fn request(&self) {
        self.0.send_replace(true);
    }
}
