//! The state of a lead: a left fold over its facts in order, under a policy (DOMAIN §4).
//!
//! One implementation for everybody: qualification folds a newer fact on, query folds a timeline up to an instant or
//! under another policy, rebuilds and tests fold everything. Nothing in a state depends on "now".

mod changed;
mod consent;
mod criteria;
mod disposition;
mod effects;
mod follow_up;
mod history;
mod known;
mod profile;
mod reached;
mod sale;
mod score;
mod stage;
mod touch;

pub use consent::{Consent, ConsentStatus, Consents};
pub use criteria::{Criteria, Finding, Fit};
pub use disposition::Disposition;
pub use effects::{Effects, Transition, What};
pub use follow_up::{Candidate, FollowUps, Question, Reason, Shown};
pub use history::{Replay, Replayed, Step, StepKey, history};
pub use profile::Profile;
pub use reached::Reached;
pub use sale::{CustomerState, Purchase, Sales};
pub use score::{Contribution, Score, Temperature};
pub use touch::{Touch, Touches};

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use criteria::Heard;
use known::Known;

use crate::fact::{Body, Fact, FactType, Intent, intent_of};
use crate::identity::IdentifierKind;
use crate::instant::Instant;
use crate::policy::{Grade, Policy, Stage};

/// Everything that the facts of one lead say, under one policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lead {
    /// How many facts were folded.
    pub facts: u64,
    /// How many of them the person made.
    pub inbound_facts: u64,
    /// An e-mail, phone or external id stood in `lead` of one of them.
    pub identified: bool,
    /// Instant of the first fact.
    pub created_at: Instant,
    /// Instant of the last inbound fact.
    pub last_activity_at: Option<Instant>,
    /// What is known of the person or organisation.
    pub profile: Profile,
    /// How well the profile fits the target; none while nothing is known of it.
    pub grade: Option<Grade>,
    /// What is known of fit, means, authority and need.
    pub criteria: Criteria,
    /// The highest stage whose condition holds.
    pub stage: Option<Stage>,
    /// Side state of the sale.
    pub disposition: Disposition,
    /// Taken over by sales.
    pub accepted: bool,
    /// Quotes and purchases.
    pub sales: Sales,
    /// What else the person is.
    pub roles: BTreeSet<String>,
    /// Sets that the person is in.
    pub groups: BTreeSet<String>,
    /// Who looks after the lead.
    pub owner: Option<String>,
    /// Consents and their refusals.
    pub consents: Consents,
    /// Points, and until when they make the lead warm and hot.
    pub score: Score,
    /// First and last touch.
    pub touches: Touches,
    /// When each stage was first reached.
    pub reached: Reached,
    /// What is to be followed up.
    pub follow_ups: FollowUps,
}

impl Lead {
    /// The lead before any fact; it exists from the first one on.
    fn unborn(created_at: Instant) -> Self {
        Self {
            facts: 0,
            inbound_facts: 0,
            identified: false,
            created_at,
            last_activity_at: None,
            profile: Profile::default(),
            grade: None,
            criteria: Criteria::default(),
            stage: None,
            disposition: Disposition::Open,
            accepted: false,
            sales: Sales::default(),
            roles: BTreeSet::new(),
            groups: BTreeSet::new(),
            owner: None,
            consents: Consents::default(),
            score: Score::default(),
            touches: Touches::default(),
            reached: Reached::default(),
            follow_ups: FollowUps::default(),
        }
    }

    /// The state after all these facts, which must stand in the order of facts; none if there is nothing to fold.
    #[must_use]
    pub fn fold<'f>(facts: impl IntoIterator<Item = &'f Fact>, policy: &Policy) -> Option<Self> {
        let mut lead = None;
        for fact in facts {
            Self::fold_on(&mut lead, fact, policy);
        }
        lead
    }

    /// Folds one more fact on, which must come after all that were folded. A lead is born with its first fact.
    ///
    /// A form post in quarantine is kept beside the leads: neither it nor its release is folded here.
    pub fn fold_on(lead: &mut Option<Self>, fact: &Fact, policy: &Policy) -> Effects {
        if matches!(fact.kind, FactType::FormQuarantined | FactType::FormReleased) {
            return Effects::default();
        }
        lead.get_or_insert_with(|| Self::unborn(fact.occurred_at)).apply(fact, policy)
    }

    fn apply(&mut self, fact: &Fact, policy: &Policy) -> Effects {
        let before = effects::Snapshot::of(self, fact.occurred_at, policy);
        let last_inbound = self.last_activity_at;
        self.count(fact, policy);
        self.learn(fact, policy);
        self.join_and_leave(fact);
        self.consents.hear(fact);
        self.touches.add(fact);
        let sale = self.sales.record(fact, self.facts);
        self.accept(fact.kind);
        self.disposition = self.disposition.after(fact, is_asking(fact), sale.reopens());
        let contribution = self.score.add(fact, policy);
        self.stage = stage::highest(self, policy);
        self.reached.note(self.stage, fact.occurred_at);
        let question = self.follow_up(fact, last_inbound, policy);
        let transitions = before.transitions(self, fact, contribution.as_ref(), policy);
        Effects { transitions, contribution, question }
    }

    fn follow_up(&mut self, fact: &Fact, last_inbound: Option<Instant>, policy: &Policy) -> Option<Question> {
        let happened = follow_up::Happened {
            fact,
            is_asking: is_asking(fact),
            is_inbound: is_inbound(fact, policy),
            is_hot: self.score.temperature_at(fact.occurred_at) == Temperature::Hot,
            last_inbound,
            disposition: self.disposition,
            sales: &self.sales,
        };
        self.follow_ups.hear(&happened, policy)
    }

    /// Profile, grade and criteria.
    fn learn(&mut self, fact: &Fact, policy: &Policy) {
        let changed = self.profile.learn(fact);
        let grade = Fit::of(&self.profile, fact.occurred_at, policy).grade;
        let known = Known::of(&self.profile, fact.occurred_at).with_intent(intent(fact));
        let heard = Heard { fact, known, changed: &changed, grades: (self.grade, grade) };
        self.criteria.hear(&heard, policy);
        self.grade = grade;
    }

    fn count(&mut self, fact: &Fact, policy: &Policy) {
        self.facts += 1;
        let named = fact.subject.identifiers();
        self.identified |= named.iter().any(|one| one.kind() != IdentifierKind::AnonymousId);
        if is_inbound(fact, policy) {
            self.inbound_facts += 1;
            self.last_activity_at = Some(fact.occurred_at);
        }
    }

    fn join_and_leave(&mut self, fact: &Fact) {
        match (&fact.body, fact.kind) {
            (Body::Role(role), FactType::RoleRemoved) => {
                self.roles.remove(role);
            }
            (Body::Role(role), _) => {
                self.roles.insert(role.clone());
            }
            (Body::Group(group), FactType::GroupLeft) => {
                self.groups.remove(group);
            }
            (Body::Group(group), _) => {
                self.groups.insert(group.clone());
            }
            (Body::Owner(owner), _) => self.owner.clone_from(owner),
            _ => {}
        }
    }

    const fn accept(&mut self, kind: FactType) {
        let taken_over = matches!(kind, FactType::LeadAccepted);
        self.accepted = taken_over || (self.accepted && !matches!(kind, FactType::LeadDisqualified));
    }

    /// The canonical text of the state: equal states have equal texts, byte for byte.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self)
            .unwrap_or_else(|_| unreachable!("a state has only string keys and finite numbers"))
    }

    /// Reads a state that this version of the fold wrote.
    ///
    /// # Errors
    /// When the text is something else.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

/// Something the person did: by its type, or an activity that the policy lists. A machine is nobody.
fn is_inbound(fact: &Fact, policy: &Policy) -> bool {
    let listed = matches!(&fact.body, Body::Activity { name } if policy.inbound_activities.contains(name));
    (fact.kind.is_inbound() || listed) && !fact.is_machine()
}

/// What the person wants; a machine wants nothing.
fn intent(fact: &Fact) -> Option<Intent> {
    if fact.is_machine() { None } else { intent_of(fact.kind, &fact.body) }
}

/// An asking fact expects an answer (DOMAIN §3).
pub(crate) fn is_asking(fact: &Fact) -> bool {
    intent(fact).is_some_and(|intent| matches!(intent, Intent::Contact | Intent::Demo | Intent::Quote))
}

#[cfg(test)]
pub(crate) mod tests;
