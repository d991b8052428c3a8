//! The rules that rows are folded with: the policy that is answered from, and those that are filled beside it.

use std::sync::Arc;

use lead_domain::Instant;
use lead_domain::policy::{FOLD_VERSION, Policy};
use read_model::{GenerationState, GenerationStore, Standing, StoreError, Wish};

use crate::fill::Filler;
use crate::generation::{Generation, RulesError, generation, key_of};

/// The generations that a batch writes.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The one that is answered from.
    pub active: Generation,
    /// Those that are filled beside it, in the order in which they were wished for.
    pub beside: Vec<Generation>,
}

impl Rules {
    /// Wishes for a policy, as a process does that starts with it, and tells the rules to begin with. A policy that is
    /// new to the rows of this build's fold is filled beside the active one later; where no rows of this fold are
    /// answered from, all are folded first.
    ///
    /// # Errors
    /// When the store is away, or a newer build's fold is at work.
    pub async fn establish(
        store: &Arc<dyn GenerationStore>,
        policy: &Policy,
        wish: Wish,
        filler: &Filler,
        now: Instant,
    ) -> Result<Self, RulesError> {
        let registered = store.register(&key_of(policy), &policy.canonical_text(), wish).await?;
        if registered.state == GenerationState::Superseded {
            let (policy, active) = (policy.version(), registered.generation);
            tracing::warn!(
                policy,
                active,
                "this policy was superseded before: following the active one; `policy activate` brings it back"
            );
        }
        let standing = store.standing().await?;
        let folded = standing.active.as_ref().map(|active| active.key.fold_version);
        if registered.state == GenerationState::Filling && folded != Some(FOLD_VERSION) {
            filler.fill(registered.generation, now).await?;
        }
        Self::standing(store.as_ref()).await
    }

    /// The rules as they stand now.
    ///
    /// # Errors
    /// When there are none, or this build cannot follow them.
    pub async fn standing(store: &dyn GenerationStore) -> Result<Self, RulesError> {
        let Standing { active, filling } = store.standing().await?;
        let active = active.ok_or_else(|| StoreError::Broken("no policy is active".to_owned()))?;
        let beside = filling.iter().map(|one| generation(one.generation, &one.key, &one.policy_text));
        Ok(Self {
            active: generation(active.generation, &active.key, &active.policy_text)?,
            beside: beside.collect::<Result<_, _>>()?,
        })
    }

    /// The numbers of all generations, the active one first.
    #[must_use]
    pub fn numbers(&self) -> Vec<i64> {
        std::iter::once(&self.active).chain(&self.beside).map(|generation| generation.number).collect()
    }
}
