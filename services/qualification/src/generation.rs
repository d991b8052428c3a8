//! A policy as this build folds it, and why it cannot.

use std::sync::Arc;

use lead_domain::policy::{FOLD_VERSION, Policy};
use read_model::{GenerationKey, StoreError};

/// A policy, and the generation of rows that it makes.
#[derive(Clone, Debug)]
pub struct Generation {
    /// Its number.
    pub number: i64,
    /// The policy.
    pub policy: Arc<Policy>,
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
