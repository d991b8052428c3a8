//! `rebuild` and `policy activate`: a generation that an operator wishes for, filled to the end whoever helps.

use std::time::Duration;

use lead_domain::policy::Policy;
use read_model::{GenerationStore, StoreError, Wish};

use crate::fill::Filler;
use crate::generation::{RulesError, key_of};
use crate::rules::Rules;

const REST: Duration = Duration::from_millis(100);

/// Folds every lead anew under the active policy, beside the rows that are answered from, and lets the new rows take over
/// in one step. Nothing is announced.
///
/// # Errors
/// When the store cannot be used by this build.
pub async fn rebuild(store: &dyn GenerationStore, filler: &Filler) -> Result<(), RulesError> {
    let active = Rules::standing(store).await?.active;
    activate(store, filler, &active.policy).await
}

/// Brings a policy to power, also one that was superseded; what it sees otherwise is announced as its doing.
///
/// # Errors
/// When the store cannot be used by this build.
pub async fn activate(
    store: &dyn GenerationStore,
    filler: &Filler,
    policy: &Policy,
) -> Result<(), RulesError> {
    store.register(&key_of(policy), &policy.canonical_text(), Wish::Command).await?;
    loop {
        match filler.advance().await {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            // Another process fills the same generation, or a batch stood in the way.
            Err(RulesError::Store(StoreError::Conflict(_) | StoreError::Superseded { .. })) => {
                tokio::time::sleep(REST).await;
            }
            Err(error) => return Err(error),
        }
    }
}
