//! Who writes next. Appends, because somebody waits for their answer; but appends that never end leave a quarter of the
//! time to projections.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use crate::Turn;

/// How long after an append another one goes before a projection that waits. Longer than the way of an answer to a
/// client and of its next request back, with a batch of facts to be read and checked.
const MOMENT: Duration = Duration::from_millis(8);
/// How long a projection lets appends go before it: at least so long, and three times as long as the last projection lasted.
const PATIENCE: Duration = Duration::from_millis(20);

/// Those who wait for a turn.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    appends: mpsc::Receiver<T>,
    projections: mpsc::Receiver<T>,
    /// The projection that comes next, and since when it waits.
    projection: Option<(T, Instant)>,
    last_append: Instant,
    patience: Duration,
}

impl<T> Queue<T> {
    pub(crate) fn new(appends: mpsc::Receiver<T>, projections: mpsc::Receiver<T>) -> Self {
        Self { appends, projections, projection: None, last_append: Instant::now(), patience: PATIENCE }
    }

    /// The next one; none when nobody can ask any more.
    pub(crate) async fn next(&mut self) -> Option<(Turn, T)> {
        // Its patience begins to run although appends are always there.
        if self.projection.is_none() {
            self.projection = self.projections.try_recv().ok().map(|ask| (ask, Instant::now()));
        }
        if self.projection.is_none() {
            tokio::select! {
                biased;
                append = self.appends.recv() => return self.append(append),
                projection = self.projections.recv() => self.projection = Some((projection?, Instant::now())),
            }
        }
        let patience = self.patience.saturating_sub(self.waited());
        let moment = MOMENT.saturating_sub(self.last_append.elapsed());
        if !patience.is_zero()
            && let Ok(append) = timeout(patience.min(moment), self.appends.recv()).await
        {
            return self.append(append);
        }
        self.projection.take().map(|(ask, _)| (Turn::Projection, ask))
    }

    /// How long the projection that comes next has waited.
    fn waited(&self) -> Duration {
        self.projection.as_ref().map_or(Duration::ZERO, |(_, since)| since.elapsed())
    }

    fn append(&mut self, ask: Option<T>) -> Option<(Turn, T)> {
        self.last_append = Instant::now();
        ask.map(|ask| (Turn::Append, ask))
    }

    /// Tells how long a turn was.
    pub(crate) fn lasted(&mut self, turn: Turn, lasted: Duration) {
        if turn == Turn::Projection {
            self.patience = PATIENCE.max(lasted * 3);
        }
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
