//! What the commands on a store have in common: they say what they do, and how it went.

use std::io::{self, Write};
use std::sync::Arc;

use lead_domain::IdentitySecret;
use lead_domain::policy::Policy;
use read_model::{AuditStore, GenerationStore, ReadModelStatus};
use service_kit::clock::Clock;
use service_kit::process::StartError;

use crate::anew::{activate, rebuild};
use crate::fill::Filler;
use crate::verify::{Difference, verify};

/// How often progress is told, in leads.
const TELL_EVERY: u64 = 10_000;

/// Folds everything anew and prints each row that differs. False if one does.
///
/// # Errors
/// When the store cannot be read.
pub async fn verify_store(store: &dyn AuditStore, secret: &IdentitySecret) -> Result<bool, StartError> {
    let found = |Difference { id, what }: Difference| {
        say(&mut io::stdout().lock(), &format!("{id} {}", what.join(" ")))
    };
    let mut told = 0;
    let progress = move |leads: u64| {
        if leads / TELL_EVERY > told / TELL_EVERY {
            told = leads;
            say(&mut io::stderr().lock(), &format!("{leads} leads …"));
        }
    };
    let verified = verify(store, secret, found, progress).await?;
    let (leads, facts, differences) = (verified.leads, verified.facts, verified.differences);
    let rows = if differences == 1 { "row differs" } else { "rows differ" };
    say(
        &mut io::stdout().lock(),
        &format!("{leads} leads of {facts} facts folded anew: {differences} {rows}"),
    );
    Ok(differences == 0)
}

/// Folds every lead anew beside the rows that are answered from, and lets the new ones take over.
///
/// # Errors
/// When the store cannot be used.
pub async fn rebuild_store(
    store: &Arc<dyn GenerationStore>,
    secret: IdentitySecret,
    clock: Clock,
) -> Result<(), StartError> {
    rebuild(store.as_ref(), &Filler::new(Arc::clone(store), secret, clock)).await?;
    say(&mut io::stdout().lock(), "all leads were folded anew");
    Ok(())
}

/// Brings a known policy to power.
///
/// # Errors
/// When no such policy is known, or the store cannot be used.
pub async fn activate_policy(
    store: &Arc<dyn GenerationStore>,
    status: &dyn ReadModelStatus,
    version: &str,
    (secret, clock): (IdentitySecret, Clock),
) -> Result<(), StartError> {
    let text = status.policy_text(version).await?.ok_or("no policy of this version is known")?;
    let active = status.active_policy().await?;
    if active.is_some_and(|active| active.key.policy_version == version) {
        say(&mut io::stdout().lock(), "this policy is active already");
        return Ok(());
    }
    let policy = Policy::parse(&serde_json::from_str(&text)?);
    let policy = policy.map_err(|_| "this build cannot read the policy of this version")?;
    activate(store.as_ref(), &Filler::new(Arc::clone(store), secret, clock), &policy).await?;
    say(&mut io::stdout().lock(), "the policy is active; a process that starts with another file follows it");
    Ok(())
}

/// Nobody may be listening any more.
fn say(to: &mut impl Write, line: &str) {
    drop(writeln!(to, "{line}"));
}
