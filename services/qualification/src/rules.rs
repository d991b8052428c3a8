//! The rules that rows are folded with: the policy of the file, or the one that took over from it.

use std::sync::Arc;

use lead_domain::fact::Fact;
use lead_domain::lead::Lead;
use lead_domain::policy::{FOLD_VERSION, Policy};
use lead_domain::{Instant, LeadId};
use read_model::{
    ActivePolicy, GenerationKey, GenerationState, GenerationStore, GenerationSwitch, LeadRow, Refold,
    StoreError, TimelineRow,
};

/// A policy, and the generation of rows that it makes.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The number of the generation.
    pub generation: i64,
    /// The policy.
    pub policy: Arc<Policy>,
}

/// Why this process cannot fold.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rows that are answered from were folded by other code.
    #[error(
        "the rows are folded by version {active} of the fold, and this build has {}: run the newer one",
        FOLD_VERSION
    )]
    OtherFold {
        /// The version that is active.
        active: u32,
    },
    /// The text of the active policy cannot be read by this build.
    #[error("the active policy {0} cannot be read by this build")]
    UnreadablePolicy(String),
}

/// How many leads are folded at a time when a new policy takes over.
const PAGE: u32 = 500;

impl Rules {
    /// Makes the policy the active one, if no later one took over from it already; a new one refolds every lead
    /// first, in the transaction in which it takes over.
    ///
    /// # Errors
    /// When the store is away, or a newer build's fold is active.
    pub async fn establish(
        store: &dyn GenerationStore,
        policy: Policy,
        now: Instant,
    ) -> Result<Self, RulesError> {
        let key = GenerationKey { policy_version: policy.version().to_owned(), fold_version: FOLD_VERSION };
        let registered = store.register(&key, &policy.canonical_text()).await?;
        let rules = Self { generation: registered.generation, policy: Arc::new(policy) };
        match registered.state {
            GenerationState::Active => Ok(rules),
            GenerationState::New => rules.take_over(store, now).await,
            GenerationState::Superseded => {
                tracing::warn!(policy = %rules.policy.version(), "this policy was superseded before; following the active one");
                Self::active(store).await
            }
        }
    }

    /// The rules that are active now.
    ///
    /// # Errors
    /// When there are none, or this build cannot follow them.
    pub async fn active(store: &dyn GenerationStore) -> Result<Self, RulesError> {
        let active = store.active().await?;
        active.ok_or_else(|| StoreError::Broken("no policy is active".to_owned()).into()).and_then(Self::of)
    }

    fn of(active: ActivePolicy) -> Result<Self, RulesError> {
        if active.key.fold_version != FOLD_VERSION {
            return Err(RulesError::OtherFold { active: active.key.fold_version });
        }
        let text = serde_json::from_str(&active.policy_text).ok();
        let policy = text.and_then(|text| Policy::parse(&text).ok());
        let policy = policy.ok_or(RulesError::UnreadablePolicy(active.key.policy_version))?;
        Ok(Self { generation: active.generation, policy: Arc::new(policy) })
    }

    async fn take_over(self, store: &dyn GenerationStore, now: Instant) -> Result<Self, RulesError> {
        let mut switch = match store.begin_switch(self.generation).await {
            Err(StoreError::Superseded { .. }) => return Self::active(store).await,
            opened => opened?,
        };
        let leads = self.refold_all(switch.as_mut()).await?;
        switch.activate(now).await?;
        tracing::info!(policy = %self.policy.version(), generation = self.generation, leads, "the policy took over");
        Ok(self)
    }

    async fn refold_all(&self, switch: &mut dyn GenerationSwitch) -> Result<usize, StoreError> {
        let mut after = None;
        let mut count = 0;
        loop {
            let page = switch.leads_after(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(count) };
            after = Some(last.id);
            let subjects: Vec<LeadId> =
                page.iter().flat_map(|refold| refold.subjects.iter().copied()).collect();
            let facts = switch.facts(&subjects).await?;
            let rows: Vec<LeadRow> = page.iter().filter_map(|refold| self.row_of(refold, &facts)).collect();
            count += rows.len();
            switch.fill(&rows).await?;
        }
    }

    /// Facts come subject by subject, sorted: each subject's are one run of them.
    fn row_of(&self, refold: &Refold, facts: &[TimelineRow]) -> Option<LeadRow> {
        let run = |subject: &LeadId| {
            let from = facts.partition_point(|row| row.subject < *subject);
            let to = facts.partition_point(|row| row.subject <= *subject);
            facts.get(from..to).unwrap_or_default()
        };
        let mut own: Vec<&Fact> = refold.subjects.iter().flat_map(run).map(|row| &row.event.fact).collect();
        own.sort_by_key(|fact| fact.order_key());
        let lead = Lead::fold(own.iter().copied(), &self.policy)?;
        Some(LeadRow::of(refold.id, own.last()?.order_key(), &lead, &self.policy))
    }
}
