//! Read your own write: waiting until the read model has what a 202 told.

use std::time::Duration;

use event_log::Position;
use service_kit::problem::{Code, Problem};
use tokio::time::{Instant, sleep};

use crate::state::{Reads, ask};

/// How long a request waits at most.
const LONGEST: Duration = Duration::from_secs(2);
/// How long it waits before it looks again: short at first, as most facts are folded at once, then longer.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LAST_PAUSE: Duration = Duration::from_millis(80);

impl Reads {
    /// Returns as soon as everything before `position` is in the read model.
    ///
    /// # Errors
    /// 409 when it is not within two seconds; 503 when the read model is away.
    pub(crate) async fn wait_for(&self, position: Option<&Position>) -> Result<(), Problem> {
        let Some(position) = position else { return Ok(()) };
        let deadline = Instant::now() + LONGEST;
        let mut pause = FIRST_PAUSE;
        while !position.is_reached_by(&ask(self.state.status.positions()).await?) {
            if Instant::now() + pause > deadline {
                return Err(Problem::new(Code::PositionNotReached));
            }
            sleep(pause).await;
            pause = (pause * 2).min(LAST_PAUSE);
        }
        Ok(())
    }
}
