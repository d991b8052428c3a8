//! The rules that rows are folded with: the policy that is answered from, and those that are filled beside it.

use std::sync::Arc;

use lead_domain::Instant;
use lead_domain::policy::{FOLD_VERSION, Policy};
use read_model::{GenerationKey, GenerationState, GenerationStore, Standing, StoreError, Wish};

use crate::fill::Filler;

/// A policy, and the generation of rows that it makes.
#[derive(Clone, Debug)]
pub struct Generation {
    /// Its number.
    pub number: i64,
    /// The policy.
    pub policy: Arc<Policy>,
}

/// The generations that a batch writes.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The one that is answered from.
    pub active: Generation,
    /// Those that are filled beside it, in the order in which they were wished for.
    pub beside: Vec<Generation>,
}

/// Why this process cannot fold.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Rows are folded by other code.
    #[error(
        "the rows are folded by version {found} of the fold, and this build has {}: run the newer one",
        FOLD_VERSION
    )]
    OtherFold {
        /// The version that is found.
        found: u32,
    },
    /// The text of a policy cannot be read by this build.
    #[error("the policy {0} cannot be read by this build")]
    UnreadablePolicy(String),
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
        filler: &Filler,
        now: Instant,
    ) -> Result<Self, RulesError> {
        let registered = store.register(&key_of(policy), &policy.canonical_text(), Wish::Start).await?;
        if registered.state == GenerationState::Superseded {
            tracing::warn!(policy = %policy.version(), "this policy was superseded before; following the active one");
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

/// What rows of this policy are folded with by this build.
#[must_use]
pub fn key_of(policy: &Policy) -> GenerationKey {
    GenerationKey { policy_version: policy.version().to_owned(), fold_version: FOLD_VERSION }
}

/// A generation that this build can fold.
pub(crate) fn generation(
    number: i64,
    key: &GenerationKey,
    policy_text: &str,
) -> Result<Generation, RulesError> {
    if key.fold_version != FOLD_VERSION {
        return Err(RulesError::OtherFold { found: key.fold_version });
    }
    let text = serde_json::from_str(policy_text).ok();
    let policy = text.and_then(|text| Policy::parse(&text).ok());
    let policy = policy.ok_or_else(|| RulesError::UnreadablePolicy(key.policy_version.clone()))?;
    Ok(Generation { number, policy: Arc::new(policy) })
}
