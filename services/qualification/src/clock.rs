//! The clock: announces what time alone changed, each once. It writes changes, and no state.

use std::sync::Arc;
use std::time::Duration;

use lead_domain::{IdentitySecret, Instant};
use metrics::counter;
use read_model::{Clockwork, GenerationStore, StoreError};
use service_kit::clock::Clock;
use service_kit::lifecycle::Shutdown;

use crate::due::Due;
use crate::generation::{Generation, RulesError};
use crate::rules::Rules;

/// Leads of one transaction.
const MANY: u32 = 200;
/// How late a change may be announced.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Announces what time changes.
#[derive(Debug)]
pub struct Announcer {
    clockwork: Arc<dyn Clockwork>,
    generations: Arc<dyn GenerationStore>,
    secret: IdentitySecret,
    clock: Clock,
}

impl Announcer {
    /// An announcer over a store.
    #[must_use]
    pub fn new<S>(store: Arc<S>, secret: IdentitySecret, clock: Clock) -> Self
    where
        S: Clockwork + GenerationStore + 'static,
    {
        Self { clockwork: store.clone(), generations: store, secret, clock }
    }

    /// Announces until it is told to stop. Several processes share the work. What is away is waited for.
    ///
    /// # Errors
    /// When the rows cannot be used by this build.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), RulesError> {
        let mut active = None;
        while !shutdown.is_requested() {
            match self.step(&mut active, Instant::from_millis(self.clock.now_ms())).await {
                Ok(true) => {}
                Ok(false) => shutdown.pause(LOOK_EVERY).await,
                Err(RulesError::Store(StoreError::Broken(reason))) => {
                    return Err(StoreError::Broken(reason).into());
                }
                Err(RulesError::Store(error)) => {
                    tracing::debug!(%error, "what time changed was not announced, trying again");
                    active = None;
                    shutdown.pause(LOOK_EVERY).await;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Announces everything that time changed up to `now`.
    ///
    /// # Errors
    /// When the store is away, or another policy takes over meanwhile.
    pub async fn announce(&self, now: Instant) -> Result<(), RulesError> {
        let mut active = None;
        while self.step(&mut active, now).await? {}
        Ok(())
    }

    /// Announces what is due in some leads; false when nothing is.
    async fn step(&self, active: &mut Option<Generation>, now: Instant) -> Result<bool, RulesError> {
        let generation = match active {
            Some(generation) => generation,
            None => active.insert(Rules::standing(self.generations.as_ref()).await?.active),
        };
        let Some(batch) = self.clockwork.due(generation.number, now, MANY).await? else { return Ok(false) };
        let due = Due::of(batch.leads(), now, generation, &self.secret)?;
        counter!("batea_changes_of_time_total").increment(due.changes.len() as u64);
        batch.commit(&due.changes, &due.next).await?;
        Ok(true)
    }
}
