//! The campaigns themselves: what they are called, on which channel they are, and what they cost.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::fact::{Amounts, Fact, FactType, Money};
use crate::identity::Subject;
use crate::instant::{Date, Instant};

/// The events that count: those at or after `from` and before `to`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// The first instant; none: since ever.
    pub from: Option<Instant>,
    /// The first instant that does not count any more; none: for ever.
    pub to: Option<Instant>,
}

impl Period {
    pub(super) fn has(self, at: Instant) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }
}

/// One campaign as its own facts tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Campaign {
    pub name: Option<String>,
    pub channel: Option<String>,
    /// What was paid for it within the period.
    pub cost: Amounts,
}

/// The campaigns that were defined or paid for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Campaigns {
    period: Period,
    known: BTreeMap<String, Campaign>,
}

impl Campaigns {
    /// No campaigns yet. Costs count within `period`, definitions always.
    #[must_use]
    pub fn within(period: Period) -> Self {
        Self { period, known: BTreeMap::new() }
    }

    /// Takes in what a fact says of a campaign; other facts say nothing of it. The facts of one campaign must come in
    /// their order: of name and channel the latest that was told counts.
    pub fn learn(&mut self, fact: &Fact) {
        let Subject::Campaign(campaign) = &fact.subject else { return };
        let campaign = self.known.entry(campaign.clone()).or_default();
        if fact.kind == FactType::CampaignDefined {
            campaign.define(fact);
        } else if let Some(cost) = cost_of(fact).filter(|_| self.period.has(paid_at(fact))) {
            campaign.cost.add(&cost);
        }
    }

    /// Whether a fact defined this campaign or told a cost of it.
    #[must_use]
    pub fn has(&self, campaign: &str) -> bool {
        self.known.contains_key(campaign)
    }

    pub(super) const fn period(&self) -> Period {
        self.period
    }

    pub(super) fn get(&self, campaign: &str) -> Option<&Campaign> {
        self.known.get(campaign)
    }

    /// The channel of the campaign itself.
    pub(super) fn channel_of(&self, campaign: &str) -> Option<&String> {
        self.known.get(campaign)?.channel.as_ref()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&String, &Campaign)> {
        self.known.iter()
    }
}

impl Campaign {
    fn define(&mut self, fact: &Fact) {
        let told = |key: &str| fact.data.get(key).and_then(Value::as_str).map(str::to_owned);
        self.name = told("name").or_else(|| self.name.take());
        self.channel = told("channel").or_else(|| self.channel.take());
    }
}

fn cost_of(fact: &Fact) -> Option<Money> {
    let amount = fact.data.get("amount")?;
    let currency = amount.get("currency")?.as_str()?.to_owned();
    Some(Money { amount_minor: amount.get("amount_minor")?.as_i64()?, currency })
}

/// A cost counts on its day, at midnight, else at the instant of the fact.
fn paid_at(fact: &Fact) -> Instant {
    let on = fact.data.get("on").and_then(Value::as_str).and_then(|day| day.parse().ok());
    on.map_or(fact.occurred_at, Date::midnight)
}
