//! Short words for what the cases do again and again.

use lead_domain::LeadId;

use super::Stand;
use super::sample::{at, lead_id};
use crate::{
    BatchWrite, Found, GenerationKey, IdentifierRow, LeadView, NamedIdentifier, PositionMove,
    ProjectionStore, ProjectionTransaction, Registered, StoreError, TimelineRow, Wish,
};

/// The key of a policy and a version of the fold.
pub(super) fn generation_key(policy: &str, fold_version: u32) -> GenerationKey {
    GenerationKey { policy_version: policy.to_owned(), fold_version }
}

/// Registers a policy and makes it the active one, over no leads.
pub(super) async fn activate(stand: &dyn Stand, policy: &str) -> i64 {
    let registered = register(stand, policy, Wish::Start).await;
    let switch = stand.generations().begin_switch(registered.generation).await.expect("begun");
    switch.activate(at(0)).await.expect("activated");
    registered.generation
}

/// Wishes for a policy.
pub(super) async fn register(stand: &dyn Stand, policy: &str, wish: Wish) -> Registered {
    let registered = stand.generations().register(&generation_key(policy, 1), policy, wish).await;
    registered.expect("registered")
}

/// A process that owns a partition and steps it on by one with each batch.
pub(super) struct Owner {
    store: Box<dyn ProjectionStore>,
    partition: i32,
    epoch: i64,
    next: Option<i64>,
    generations: Vec<i64>,
}

impl Owner {
    pub(super) async fn of(stand: &dyn Stand, partition: i32, generation: i64) -> Self {
        let store = stand.projection();
        let claim = store.claim(partition, "owner").await.expect("claimed");
        Self { store, partition, epoch: claim.epoch, next: claim.next_offset, generations: vec![generation] }
    }

    /// The step that the next batch makes.
    pub(super) fn step(&self) -> PositionMove {
        let to = self.next.map_or(1, |next| next + 1);
        PositionMove { partition: self.partition, epoch: self.epoch, from: self.next, to, latest_fact: None }
    }

    pub(super) async fn try_begin(&self) -> Result<Box<dyn ProjectionTransaction>, StoreError> {
        self.store.begin(self.step(), &self.generations).await
    }

    /// Begins a batch, which counts on its commit.
    pub(super) async fn begin(&mut self) -> Box<dyn ProjectionTransaction> {
        let batch = self.try_begin().await.expect("begun");
        self.stepped();
        batch
    }

    /// A batch that [`Self::try_begin`] began has been committed.
    pub(super) fn stepped(&mut self) {
        self.next = Some(self.step().to);
    }

    /// One whole batch: locks, appends, writes.
    pub(super) async fn project(
        &mut self,
        named: &[NamedIdentifier],
        facts: &[TimelineRow],
        write: BatchWrite,
    ) {
        let mut batch = self.begin().await;
        batch.lock_identities(named).await.expect("locked");
        batch.append(facts).await.expect("appended");
        batch.commit(write).await.expect("committed");
    }
}

/// A read model with an active generation, and the owner of its partition 0.
pub(super) async fn owner(stand: &dyn Stand) -> Owner {
    let generation = activate(stand, "first").await;
    Owner::of(stand, 0, generation).await
}

impl Owner {
    /// The active one.
    pub(super) fn generation(&self) -> i64 {
        self.generations[0]
    }

    /// The rules were loaded anew.
    pub(super) fn follow(&mut self, generations: &[i64]) {
        self.generations = generations.to_vec();
    }

    /// What the reader finds under the id of this number.
    pub(super) async fn find(&self, stand: &dyn Stand, number: u128) -> Found {
        stand.reader().find(self.generation(), lead_id(number)).await.expect("read")
    }
}

/// Only these identifiers change.
pub(super) fn identifiers(identifiers: Vec<IdentifierRow>) -> BatchWrite {
    BatchWrite { identifiers, ..BatchWrite::default() }
}

/// A lead as the reader shows it.
pub(super) fn found(id: LeadId, state: &str, incomplete: bool) -> Found {
    Found::Lead(Box::new(LeadView { id, state: state.to_owned(), incomplete }))
}
