//! The loop of qualification: claims what it is given, projects what comes, and waits for what is away.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant as Timer};

use event_log::{Delivery, EventSubscription, LogRecord, Start, SubscriptionError};
use lead_domain::IdentitySecret;
use metrics::{counter, gauge, histogram};
use read_model::{Claim, GenerationStore, PositionMove, ProjectionStore, StoreError};
use service_kit::lifecycle::Shutdown;

use crate::batch::{Projected, Projector};
use crate::decode::{Decoded, Stop};
use crate::generation::RulesError;
use crate::rules::Rules;

/// How a worker works.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// Its name in the position rows, for operators.
    pub owner: String,
    /// The most records of one batch.
    pub max_records: usize,
    /// How long the transaction of a batch should last at most; batches shrink and grow with it.
    pub longest: Duration,
}

/// Why the worker cannot go on: the process must stop.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The log lost what must be read next.
    #[error(transparent)]
    Log(#[from] SubscriptionError),
    /// The store cannot be used by this build.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The active rules cannot be followed by this build.
    #[error(transparent)]
    Rules(#[from] RulesError),
}

/// Projects the partitions that it is given.
#[derive(Debug)]
pub struct Worker {
    subscription: Box<dyn EventSubscription>,
    store: Arc<dyn ProjectionStore>,
    generations: Arc<dyn GenerationStore>,
    projector: Projector,
    secret: IdentitySecret,
    rules: Rules,
    settings: WorkerSettings,
    batch_size: usize,
    owned: BTreeMap<i32, Held>,
    /// When the positions were last compared with the store.
    compared: Timer,
}

/// A partition of this worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    /// Claimed; the claim says from where the next batch starts.
    Claimed(Claim),
    /// Somebody else took it, or commits were lost: claimed again after a poll that does not revoke it, when this
    /// much time has passed. Two workers that both believe to own a partition would else steal it from each other.
    Lost { since: Timer },
    /// A record must wait for an operator.
    Paused,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tried {
    /// It is written.
    Written,
    /// Others are the rules now; they were loaded.
    UnderOldRules,
    /// The store is away, or the batch too much for it.
    Failed,
    /// It is not this worker's to write any more, or must wait for an operator.
    NotOurs,
}

/// How often positions are compared with the store, whether records come or not.
const COMPARE_EVERY: Duration = Duration::from_secs(2);
const RECLAIM_AFTER: Duration = Duration::from_secs(1);
/// Smaller ones cost no less time: what a transaction costs whatever is in it outweighs them.
const SMALLEST_BATCH: usize = 64;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

impl Worker {
    /// A worker over a log and a store, with the rules that are active.
    #[must_use]
    pub fn new<S>(
        subscription: Box<dyn EventSubscription>,
        store: Arc<S>,
        secret: IdentitySecret,
        rules: Rules,
        settings: WorkerSettings,
    ) -> Self
    where
        S: ProjectionStore + GenerationStore + 'static,
    {
        let projector = Projector::new(store.clone(), secret.clone());
        let batch_size = settings.max_records;
        let (generations, owned, compared) = (store.clone(), BTreeMap::new(), Timer::now());
        Self {
            subscription,
            store,
            generations,
            projector,
            secret,
            rules,
            settings,
            batch_size,
            owned,
            compared,
        }
    }

    /// Works until it is told to stop, then leaves the log so that others can take over at once.
    ///
    /// # Errors
    /// When going on would lose facts or write wrong rows.
    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), WorkerError> {
        let mut pause = FIRST_PAUSE;
        while !shutdown.is_requested() {
            match self.step(&shutdown).await {
                Ok(()) => pause = FIRST_PAUSE,
                Err(WorkerError::Log(SubscriptionError::Unavailable(reason))) => {
                    tracing::warn!(reason, "the log is not available, trying again");
                    wait(&mut pause, &shutdown).await;
                }
                Err(error) => {
                    self.subscription.close().await;
                    return Err(error);
                }
            }
        }
        self.subscription.close().await;
        Ok(())
    }

    /// Takes in one delivery.
    async fn step(&mut self, shutdown: &Shutdown) -> Result<(), WorkerError> {
        match self.subscription.next(self.batch_size).await? {
            Delivery::Assigned(partitions) => self.claim(&partitions, shutdown).await?,
            Delivery::Revoked(partitions) => self.give_up(&partitions),
            Delivery::Records { partition, records } => self.project(partition, records, shutdown).await?,
            Delivery::Idle => {}
        }
        self.compare().await;
        self.reclaim(shutdown).await
    }

    /// A database that fell may have lost commits that it had confirmed. The fence tells with the next batch, but
    /// nobody knows when that comes.
    async fn compare(&mut self) {
        if self.compared.elapsed() < COMPARE_EVERY {
            return;
        }
        self.compared = Timer::now();
        // When the store is away, the next batch waits for it.
        let claims = self.store.claims().await.unwrap_or_default();
        for (partition, stands) in claims {
            let Some(Held::Claimed(ours)) = self.owned.get(&partition) else { continue };
            // A newer claim is another owner's: the log tells who is right.
            if stands.epoch <= ours.epoch && stands != *ours {
                tracing::warn!(partition, "the store lost commits; claiming the partition again");
                self.owned.insert(partition, Held::Lost { since: Timer::now() });
            }
        }
    }

    fn give_up(&mut self, partitions: &[i32]) {
        for partition in partitions {
            self.owned.remove(partition);
            gauge!("batea_partition_owned", "partition" => partition.to_string()).set(0.0);
        }
        tracing::info!(?partitions, "partitions were revoked");
    }

    async fn claim(&mut self, partitions: &[i32], shutdown: &Shutdown) -> Result<(), WorkerError> {
        let mut starts = Vec::with_capacity(partitions.len());
        for partition in partitions {
            let Some(claim) =
                claim_one(self.store.as_ref(), &self.settings.owner, *partition, shutdown).await?
            else {
                return Ok(());
            };
            self.owned.insert(*partition, Held::Claimed(claim));
            starts.push(Start { partition: *partition, offset: claim.next_offset });
            gauge!("batea_partition_owned", "partition" => partition.to_string()).set(1.0);
        }
        tracing::info!(?starts, "partitions were claimed");
        Ok(self.subscription.start(&starts).await?)
    }

    async fn reclaim(&mut self, shutdown: &Shutdown) -> Result<(), WorkerError> {
        let due = |held: &Held| matches!(held, Held::Lost { since } if since.elapsed() >= RECLAIM_AFTER);
        let lost: Vec<i32> =
            self.owned.iter().filter(|(_, held)| due(held)).map(|(partition, _)| *partition).collect();
        if lost.is_empty() { Ok(()) } else { self.claim(&lost, shutdown).await }
    }

    /// Writes what was delivered, however often that takes: half as much at once after each try that failed, as it may be
    /// too much for one transaction; more again when it goes well.
    async fn project(
        &mut self,
        partition: i32,
        records: Vec<LogRecord>,
        shutdown: &Shutdown,
    ) -> Result<(), WorkerError> {
        let (mut rest, mut most, mut pause) = (records.as_slice(), records.len(), FIRST_PAUSE);
        while !rest.is_empty() && !shutdown.is_requested() {
            let (some, others) = rest.split_at(most.min(rest.len()));
            match self.project_some(partition, some, shutdown).await? {
                Tried::Written => {
                    (rest, most, pause) = (others, most.saturating_mul(2), FIRST_PAUSE);
                }
                Tried::UnderOldRules => {}
                Tried::Failed => {
                    most = (some.len() / 2).max(1);
                    wait(&mut pause, shutdown).await;
                }
                Tried::NotOurs => return Ok(()),
            }
        }
        Ok(())
    }

    /// Writes one batch, or tells why not.
    async fn project_some(
        &mut self,
        partition: i32,
        records: &[LogRecord],
        shutdown: &Shutdown,
    ) -> Result<Tried, WorkerError> {
        let Some(Held::Claimed(claim)) = self.owned.get(&partition).copied() else {
            return Ok(Tried::NotOurs);
        };
        let batch = Decoded::of(partition, records.to_vec(), &self.secret);
        if let Some(to) = batch.next_offset {
            let (epoch, from, latest_fact) = (claim.epoch, claim.next_offset, batch.latest_fact());
            let position = PositionMove { partition, epoch, from, to, latest_fact };
            let tried = self.try_project(position, &batch, shutdown).await?;
            if tried != Tried::Written {
                return Ok(tried);
            }
        }
        match batch.stop {
            Some(stop) => self.pause(partition, stop).await.map(|()| Tried::NotOurs),
            None => Ok(Tried::Written),
        }
    }

    async fn try_project(
        &mut self,
        position: PositionMove,
        batch: &Decoded,
        shutdown: &Shutdown,
    ) -> Result<Tried, WorkerError> {
        let began = Timer::now();
        match self.projector.project(position, batch, &self.rules).await {
            Ok(projected) => {
                self.done(position, projected, began.elapsed());
                Ok(Tried::Written)
            }
            Err(StoreError::Fenced { partition }) => {
                tracing::warn!(
                    partition,
                    "the position is not where it was left; claiming the partition again"
                );
                self.owned.insert(partition, Held::Lost { since: Timer::now() });
                Ok(Tried::NotOurs)
            }
            Err(StoreError::Superseded { .. }) => {
                self.rules = follow(self.generations.as_ref(), shutdown).await?;
                Ok(Tried::UnderOldRules)
            }
            Err(StoreError::Broken(reason)) => Err(StoreError::Broken(reason).into()),
            Err(error @ (StoreError::Conflict(_) | StoreError::Unavailable(_))) => {
                counter!("batea_projection_retries_total").increment(1);
                let (partition, records) = (position.partition, batch.facts.len());
                tracing::warn!(partition, records, %error, "the batch was not written, trying again");
                Ok(Tried::Failed)
            }
        }
    }

    fn done(&mut self, position: PositionMove, projected: Projected, took: Duration) {
        let claim = Claim { epoch: position.epoch, next_offset: Some(position.to) };
        self.owned.insert(position.partition, Held::Claimed(claim));
        self.subscription.projected(position.partition, position.to);
        self.adapt(projected.lasted);
        report(position, projected, took);
    }

    /// A batch that lasted too long is followed by smaller ones.
    fn adapt(&mut self, lasted: Duration) {
        let limit = self.settings.longest;
        if lasted > limit {
            self.batch_size = (self.batch_size / 2).max(SMALLEST_BATCH);
        } else if lasted * 2 < limit {
            self.batch_size = (self.batch_size * 2).min(self.settings.max_records);
        }
    }

    async fn pause(&mut self, partition: i32, stop: Stop) -> Result<(), WorkerError> {
        tracing::error!(partition, reason = %stop, "the partition is paused");
        gauge!("batea_partition_paused", "partition" => partition.to_string()).set(1.0);
        self.owned.insert(partition, Held::Paused);
        Ok(self.subscription.pause(partition).await?)
    }
}

/// Claims a partition, however long that takes; none when the process is to stop.
async fn claim_one(
    store: &dyn ProjectionStore,
    owner: &str,
    partition: i32,
    shutdown: &Shutdown,
) -> Result<Option<Claim>, WorkerError> {
    let mut pause = FIRST_PAUSE;
    while !shutdown.is_requested() {
        match store.claim(partition, owner).await {
            Ok(claim) => return Ok(Some(claim)),
            Err(StoreError::Broken(reason)) => return Err(StoreError::Broken(reason).into()),
            Err(error) => {
                tracing::warn!(partition, %error, "cannot claim the partition, trying again");
                wait(&mut pause, shutdown).await;
            }
        }
    }
    Ok(None)
}

/// The rules that took over, however long it takes to ask for them.
async fn follow(generations: &dyn GenerationStore, shutdown: &Shutdown) -> Result<Rules, WorkerError> {
    let mut pause = FIRST_PAUSE;
    loop {
        match Rules::standing(generations).await {
            Err(RulesError::Store(StoreError::Unavailable(_))) if !shutdown.is_requested() => {
                wait(&mut pause, shutdown).await;
            }
            Ok(rules) => {
                let (policy, beside) = (rules.active.policy.version(), rules.beside.len());
                tracing::info!(policy, beside, "the rules changed; following them");
                return Ok(rules);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Waits a little longer each time, but not beyond the end of the process.
async fn wait(pause: &mut Duration, shutdown: &Shutdown) {
    shutdown.pause(*pause).await;
    *pause = (*pause * 2).min(LONGEST_PAUSE);
}

#[expect(clippy::cast_precision_loss, reason = "metrics are floating point numbers")]
fn report(position: PositionMove, projected: Projected, took: Duration) {
    counter!("batea_facts_projected_total", "outcome" => "new").increment(projected.new as u64);
    counter!("batea_facts_projected_total", "outcome" => "duplicate").increment(projected.duplicates as u64);
    counter!("batea_dead_letters_total").increment(projected.dead_letters as u64);
    counter!("batea_leads_written_total").increment(projected.leads as u64);
    gauge!("batea_projection_next_offset", "partition" => position.partition.to_string())
        .set(position.to as f64);
    gauge!("batea_lead_identifiers_largest").set(projected.largest_lead as f64);
    histogram!("batea_projection_batch_seconds").record(took.as_secs_f64());
}
