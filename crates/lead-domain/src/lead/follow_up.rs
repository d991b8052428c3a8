//! Whom to contact, why, and by when (DOMAIN §4, Follow-up): a set of candidates, of which the queue shows one at an
//! instant.
//!
//! The state keeps what only the order of facts tells: what was promised, asked, offered and agreed, and what was
//! answered once it was due. Everything else follows from the other parts of the state.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Disposition, Lead, Sales};
use crate::fact::{Body, CallOutcome, Fact, FactType};
use crate::instant::Instant;
use crate::policy::{Policy, Stage};

/// Why somebody is to be contacted; in the order in which those that are due are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A call was promised.
    CallbackPromised,
    /// The person asked something.
    InboundUnanswered,
    /// A quote is open.
    QuoteOpen,
    /// A warm or hot lead misses one or two criteria.
    MissingCriteria,
    /// They agreed to be asked again from a date.
    ContactAgain,
    /// The latest purchase is long ago.
    Reactivate,
}

impl Reason {
    /// In the order in which those that are due are shown.
    pub const ALL: [Self; 6] = [
        Self::CallbackPromised,
        Self::InboundUnanswered,
        Self::QuoteOpen,
        Self::MissingCriteria,
        Self::ContactAgain,
        Self::Reactivate,
    ];

    /// The code in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CallbackPromised => "callback_promised",
            Self::InboundUnanswered => "inbound_unanswered",
            Self::QuoteOpen => "quote_open",
            Self::MissingCriteria => "missing_criteria",
            Self::ContactAgain => "contact_again",
            Self::Reactivate => "reactivate",
        }
    }
}

/// A reason to contact somebody, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Candidate {
    /// Why.
    pub reason: Reason,
    /// By when.
    pub due_at: Instant,
    /// Since when somebody waits for it.
    pub waiting_since: Instant,
    /// When time alone ends it, exclusive; none: only a fact does.
    pub until: Option<Instant>,
}

/// What the queue shows of a lead from one instant to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shown {
    /// From then on.
    pub from: Instant,
    /// Until then, exclusive; none: for ever.
    pub to: Option<Instant>,
    /// What is shown.
    pub candidate: Candidate,
}

/// A question, as answer times are measured: the first asking fact since the last answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// The lead's question of this number came up.
    Asked {
        /// Counts from 1 per lead.
        number: u64,
        /// When.
        at: Instant,
    },
    /// It was answered.
    Answered {
        /// Which.
        number: u64,
        /// When it came up.
        asked_at: Instant,
        /// When it was answered.
        at: Instant,
    },
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Waiting {
    since: Instant,
    due_at: Instant,
}

/// What is to be followed up, as far as only the order of facts tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FollowUps {
    /// The promise of a call that stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    promise: Option<Waiting>,
    /// The question that is not answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    question: Option<Waiting>,
    /// How many questions there were.
    questions: u64,
    /// Open quotes, by their ids.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    quotes: BTreeMap<String, Waiting>,
    /// The date agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    agreed: Option<Waiting>,
    /// The follow-up of missing criteria after the last inbound fact was answered once due.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    missing_answered: bool,
    /// Instant of the latest answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_at: Option<Instant>,
}

/// What a fact did to the rest of the state, as far as follow-ups depend on it.
pub(super) struct Happened<'a> {
    pub(super) fact: &'a Fact,
    pub(super) is_asking: bool,
    pub(super) is_inbound: bool,
    /// The lead is hot right after it.
    pub(super) is_hot: bool,
    /// The last inbound fact before it.
    pub(super) last_inbound: Option<Instant>,
    pub(super) disposition: Disposition,
    pub(super) sales: &'a Sales,
}

impl FollowUps {
    /// Takes in a fact: first as an answer to what waits, then for what it makes wait.
    pub(super) fn hear(&mut self, happened: &Happened<'_>, policy: &Policy) -> Option<Question> {
        let answered = is_answer(happened.fact).then(|| self.answer(happened, policy)).flatten();
        if happened.is_inbound {
            self.missing_answered = false;
        }
        self.promise(happened.fact);
        self.offer(happened, policy);
        self.agree(happened);
        answered.or_else(|| happened.is_asking.then(|| self.ask(happened, policy)).flatten())
    }

    /// Ends what was due, and the question whether due or not.
    fn answer(&mut self, happened: &Happened<'_>, policy: &Policy) -> Option<Question> {
        let at = happened.fact.occurred_at;
        let still_ahead = |waiting: &Waiting| waiting.due_at > at;
        self.promise = self.promise.filter(still_ahead);
        self.agreed = self.agreed.filter(still_ahead);
        for quote in self.quotes.values_mut().filter(|quote| quote.due_at <= at) {
            quote.due_at = at.plus_millis(policy.follow_up.quote);
        }
        let due = happened.last_inbound.map(|last| last.plus_millis(policy.follow_up.missing_criteria));
        self.missing_answered |= due.is_some_and(|due| due <= at);
        self.answered_at = Some(at);
        let asked = self.question.take();
        asked.map(|asked| Question::Answered { number: self.questions, asked_at: asked.since, at })
    }

    /// A newer promise takes the place of the one before.
    fn promise(&mut self, fact: &Fact) {
        if let Body::Call { outcome: CallOutcome::Callback, callback_at: Some(due_at), .. } = fact.body {
            self.promise = Some(Waiting { since: fact.occurred_at, due_at });
        }
    }

    /// A later asking fact can only move the answer nearer.
    fn ask(&mut self, happened: &Happened<'_>, policy: &Policy) -> Option<Question> {
        let at = happened.fact.occurred_at;
        let patience = if happened.is_hot { policy.follow_up.hot } else { policy.follow_up.inbound };
        let due_at = at.plus_millis(patience);
        if let Some(question) = &mut self.question {
            question.due_at = question.due_at.min(due_at);
            return None;
        }
        self.question = Some(Waiting { since: at, due_at });
        self.questions += 1;
        Some(Question::Asked { number: self.questions, at })
    }

    fn offer(&mut self, happened: &Happened<'_>, policy: &Policy) {
        let (fact, at) = (happened.fact, happened.fact.occurred_at);
        let Body::Sale(sale) = &fact.body else { return };
        if fact.kind == FactType::QuoteIssued {
            let due_at = at.plus_millis(policy.follow_up.quote);
            self.quotes.insert(sale.document.id.clone(), Waiting { since: at, due_at });
        }
        self.quotes.retain(|quote, _| happened.sales.has_open_quote(quote));
    }

    /// The date holds as long as the disposition that the fact set, unless an answer comes once it is due.
    fn agree(&mut self, happened: &Happened<'_>) {
        let date = happened.disposition.date();
        if date.is_none() || happened.disposition.is_set_by(happened.fact) {
            let since = happened.fact.occurred_at;
            self.agreed = date.map(|due_at| Waiting { since, due_at });
        }
    }
}

/// Somebody of ours dealt with the person.
fn is_answer(fact: &Fact) -> bool {
    use FactType as T;
    if let Body::Call { outcome, .. } = fact.body {
        return matches!(outcome, CallOutcome::Answered | CallOutcome::Callback | CallOutcome::Refused);
    }
    matches!(fact.kind, T::MeetingBooked | T::MeetingHeld | T::QuoteIssued | T::FollowUpDone)
}

impl Lead {
    /// What the queue shows of this lead at `t`, which must not come before its last fact: of the candidates that are
    /// due the first in the order of reasons, else the one that is due earliest.
    #[must_use]
    pub fn follow_up_at(&self, t: Instant, policy: &Policy) -> Option<Candidate> {
        shown_at(&self.candidates(policy), t)
    }

    /// What the queue shows of this lead from its last fact, at `since`, on: each entry until the next one, so that a
    /// read needs nothing but a comparison.
    #[must_use]
    pub fn schedule(&self, since: Instant, policy: &Policy) -> Vec<Shown> {
        let candidates = self.candidates(policy);
        let turns = candidates.iter().flat_map(|one| std::iter::once(one.due_at).chain(one.until));
        let mut turns: Vec<Instant> = turns.filter(|turn| *turn > since).collect();
        turns.sort_unstable();
        turns.dedup();
        let mut schedule: Vec<Shown> = Vec::new();
        for (from, seen_at) in std::iter::once((Instant::MIN, since)).chain(turns.iter().map(|t| (*t, *t))) {
            go_on(&mut schedule, from, shown_at(&candidates, seen_at));
        }
        schedule
    }

    /// All candidates, but for those that the side state of the sale or the stage keeps out of the queue.
    fn candidates(&self, policy: &Policy) -> Vec<Candidate> {
        let plain = |reason| {
            move |waiting: Waiting| Candidate {
                reason,
                due_at: waiting.due_at,
                waiting_since: waiting.since,
                until: None,
            }
        };
        let waits = &self.follow_ups;
        let promised = waits.promise.map(plain(Reason::CallbackPromised));
        let asked = waits.question.map(plain(Reason::InboundUnanswered));
        let quotes = waits.quotes.values().copied().map(plain(Reason::QuoteOpen));
        let agreed = waits.agreed.map(plain(Reason::ContactAgain));
        let all = promised.into_iter().chain(asked).chain(quotes).chain(self.missing_criteria(policy));
        let all = all.chain(agreed).chain(self.reactivation(policy));
        all.filter(|candidate| self.may_be_followed_up(candidate.reason)).collect()
    }

    fn missing_criteria(&self, policy: &Policy) -> Option<Candidate> {
        let wanted = self.stage == Some(Stage::Lead) && matches!(self.criteria.missing().len(), 1 | 2);
        let since = self.last_activity_at.filter(|_| wanted && !self.follow_ups.missing_answered)?;
        let until = Some(self.score.warm_until.max(self.score.hot_until)?);
        let due_at = since.plus_millis(policy.follow_up.missing_criteria);
        Some(Candidate { reason: Reason::MissingCriteria, due_at, waiting_since: since, until })
    }

    fn reactivation(&self, policy: &Policy) -> Option<Candidate> {
        let (waiting_since, due_at) = (self.sales.last_purchase_at()?, self.sales.active_until(policy)?);
        let answered = self.follow_ups.answered_at.is_some_and(|at| at >= due_at);
        let candidate = Candidate { reason: Reason::Reactivate, due_at, waiting_since, until: None };
        (!answered).then_some(candidate)
    }

    const fn may_be_followed_up(&self, reason: Reason) -> bool {
        let promised = matches!(reason, Reason::CallbackPromised);
        let later = promised || matches!(reason, Reason::ContactAgain | Reason::Reactivate);
        match self.disposition {
            Disposition::Disqualified | Disposition::Refused => false,
            Disposition::Nurture { .. } if self.stage.is_some() => later,
            Disposition::Nurture { .. } | Disposition::Open | Disposition::ContactLater { .. } => {
                promised || self.stage.is_some()
            }
        }
    }
}

fn shown_at(candidates: &[Candidate], t: Instant) -> Option<Candidate> {
    let standing = || candidates.iter().copied().filter(|one| one.until.is_none_or(|until| t < until));
    let due = standing().filter(|one| one.due_at <= t);
    let first_due = due.min_by_key(|one| (one.reason, one.due_at, one.waiting_since));
    first_due.or_else(|| standing().min_by_key(|one| (one.due_at, one.reason, one.waiting_since)))
}

/// From `from` on, `shown` is shown.
fn go_on(schedule: &mut Vec<Shown>, from: Instant, shown: Option<Candidate>) {
    if let Some(last) = schedule.last_mut().filter(|last| last.to.is_none()) {
        if shown == Some(last.candidate) {
            return;
        }
        last.to = Some(from);
    }
    schedule.extend(shown.map(|candidate| Shown { from, to: None, candidate }));
}
