//! The course of one lead under one policy: its scores at fixed ages, and where it came to.

use crate::fact::Fact;
use crate::instant::{DAY_MS, Instant};
use crate::lead::{Disposition, Lead};
use crate::policy::Policy;

/// The ages at which leads are scored, in days after their first fact.
pub const AGES_DAYS: [u32; 4] = [1, 7, 14, 30];

/// Number of ages.
pub(super) const AGES: usize = AGES_DAYS.len();

/// How a lead stood at an age.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stop {
    /// The score.
    pub(super) score: f64,
    /// No purchase, and neither disqualified nor refused.
    pub(super) undecided: bool,
}

/// A lead on its way.
#[derive(Debug)]
pub(super) struct Course {
    /// Where it came to.
    pub(super) lead: Lead,
    /// How it stood at each age, as far as it is old enough.
    pub(super) stops: [Option<Stop>; AGES],
}

impl Course {
    /// Folds the facts up to `at`, which must stand in order; none if there are none. What an age tells follows from the
    /// facts up to that age alone: it is noted before the first fact after it is folded.
    pub(super) fn of(facts: &[&Fact], at: Instant, policy: &Policy) -> Option<Self> {
        let (mut lead, mut stops) = (None, [None; AGES]);
        for fact in facts.iter().take_while(|fact| fact.occurred_at <= at) {
            if let Some(lead) = &lead {
                note(&mut stops, lead, policy, |age| age < fact.occurred_at);
            }
            Lead::fold_on(&mut lead, fact, policy);
        }
        let lead = lead?;
        note(&mut stops, &lead, policy, |age| age <= at);
        Some(Self { lead, stops })
    }
}

/// Notes how the lead stands at each age that has passed and was not noted yet.
fn note(stops: &mut [Option<Stop>; AGES], lead: &Lead, policy: &Policy, passed: impl Fn(Instant) -> bool) {
    for (stop, days) in stops.iter_mut().zip(AGES_DAYS).filter(|(stop, _)| stop.is_none()) {
        let age = lead.created_at.plus_millis(i64::from(days) * DAY_MS);
        if !passed(age) {
            return;
        }
        // There is only one zero, so that equal scores tie.
        let score = lead.score.at(age, policy) + 0.0;
        *stop = Some(Stop { score, undecided: is_undecided(lead) });
    }
}

/// `contact_later` and `nurture` may still buy: they are neither of the two that POLICY §4 names.
const fn is_undecided(lead: &Lead) -> bool {
    lead.sales.purchases() == 0
        && !matches!(lead.disposition, Disposition::Disqualified | Disposition::Refused)
}
