//! Leads come in, by the product's own projector on a database.

use std::sync::Arc;

use event_log::LogRecord;
use lead_domain::policy::Policy;
use lead_domain::{IdentitySecret, Instant};
use qualification::{Decoded, Filler, Projector, Rules};
use read_model::postgres::PostgresProjection;
use read_model::{GenerationStore, PositionMove, ProjectionStore, Wish};
use serde_json::Value;
use service_kit::clock::Clock;
use tokio::runtime::Runtime;

use super::people::{first_facts, later_fact};
use crate::Outcome;
use crate::corpus::{Body, Dice};
use crate::records;

/// People whose first facts make a batch.
const PEOPLE: usize = 2_000;

/// A database that is being filled.
pub(super) struct Filling {
    /// Facts that were projected.
    pub(super) facts: u64,
    people: usize,
    projector: Projector,
    rules: Rules,
    epoch: i64,
    next_offset: Option<i64>,
    secret: IdentitySecret,
    dice: Dice,
    runtime: Runtime,
}

impl Filling {
    /// Takes over the only partition of an empty database.
    ///
    /// # Errors
    /// When PostgreSQL refuses.
    pub(super) fn begin(url: &str) -> Outcome<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let secret = records::secret()?;
        let (store, rules, epoch) = runtime.block_on(async {
            let store = Arc::new(PostgresProjection::new(url, "lead-events")?);
            let now = Instant::from_millis(0);
            let generations: Arc<dyn GenerationStore> = store.clone();
            let clock = Clock::starting_at(now.millis());
            let filler = Filler::new(generations.clone(), secret.clone(), clock);
            let rules =
                Rules::establish(&generations, &Policy::default_policy(), Wish::Start, &filler, now).await?;
            let claim = store.claim(0, "bench").await?;
            Outcome::Ok((store, rules, claim.epoch))
        })?;
        let projector = Projector::new(store, secret.clone());
        let dice = Dice(0);
        Ok(Self { facts: 0, people: 0, projector, rules, epoch, next_offset: None, secret, dice, runtime })
    }

    /// Lets people come in until there are so many.
    ///
    /// # Errors
    /// When a batch cannot be projected.
    pub(super) fn up_to(&mut self, people: usize) -> Outcome<()> {
        while self.people < people {
            let until = people.min(self.people + PEOPLE);
            let facts: Vec<Value> = (self.people..until).flat_map(first_facts).collect();
            self.project(&facts)?;
            self.people = until;
        }
        Ok(())
    }

    /// One batch of facts of people who are known.
    ///
    /// # Errors
    /// When it cannot be projected.
    pub(super) fn known(&mut self, facts: usize) -> Outcome<()> {
        let people = self.people as u64;
        let serial = self.facts;
        let mut one = |number: u64| {
            let person = usize::try_from(self.dice.below(people.max(1))).unwrap_or_default();
            later_fact(person, serial + number)
        };
        let facts: Vec<Value> = (0..facts as u64).map(&mut one).collect();
        self.project(&facts)
    }

    fn project(&mut self, facts: &[Value]) -> Outcome<()> {
        let first = self.next_offset.unwrap_or_default();
        let record = |(offset, fact): (i64, &Value)| -> Outcome<LogRecord> {
            let body = Body { text: fact.to_string(), serial_at: 0 };
            let payload = records::record(&body, &self.secret)?.payload.into_bytes();
            Ok(LogRecord { offset, payload })
        };
        let records: Vec<LogRecord> = (first..).zip(facts).map(record).collect::<Outcome<_>>()?;
        let to = first + i64::try_from(records.len())?;
        let batch = Decoded::of(0, records, &self.secret);
        let at = PositionMove {
            partition: 0,
            epoch: self.epoch,
            from: self.next_offset,
            to,
            latest_fact: batch.latest_fact(),
        };
        let done = self.runtime.block_on(self.projector.project(at, &batch, &self.rules))?;
        if done.new != facts.len() {
            return Err(format!("{} of {} facts were new", done.new, facts.len()).into());
        }
        self.next_offset = Some(to);
        self.facts += done.new as u64;
        Ok(())
    }
}
