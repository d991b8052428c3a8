//! What time alone changed in stored leads.

use lead_domain::{IdentitySecret, Instant, LeadId};
use read_model::{ChangeRow, StoreError, StoredLead};

use crate::fold::{announced, read};
use crate::generation::Generation;

/// What is to be announced of some leads, and when there is more.
#[derive(Debug, Default)]
pub(crate) struct Due {
    /// In the order of their instants.
    pub(crate) changes: Vec<ChangeRow>,
    /// When time changes each of the leads next; none: never.
    pub(crate) next: Vec<(LeadId, Option<Instant>)>,
}

impl Due {
    /// What time changed in these leads up to `now` that is not announced yet.
    pub(crate) fn of(
        leads: &[StoredLead],
        now: Instant,
        generation: &Generation,
        secret: &IdentitySecret,
    ) -> Result<Self, StoreError> {
        let mut due = Self::default();
        for stored in leads {
            let (lead, policy) = (read(stored)?, &generation.policy);
            let before = stored.next_change.unwrap_or(now).plus_millis(-1);
            let steps = lead.steps_by_time(before, now, policy);
            due.changes.extend(steps.iter().map(|step| announced(stored.id, step, policy, secret)));
            due.next.push((stored.id, lead.next_step_by_time(now, policy)));
        }
        due.changes.sort_by_key(|change| (change.at, change.lead_id));
        Ok(due)
    }
}
