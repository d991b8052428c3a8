//! Engagement points that decay with one half-life, and the temperature that follows from them (DOMAIN §4).
//!
//! As every point decays alike, two leads keep their order: `log2(sum) + t/H` never changes between facts, so it sorts
//! and filters without a nightly job (forward decay: Cormode, Shkapenyuk, Srivastava, Xu, ICDE 2009). Powers and
//! logarithms come from `libm`, never from the platform: the same bits everywhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::fact::{Fact, FactType};
use crate::ids::EventId;
use crate::instant::Instant;
use crate::policy::{Operand, PointsRule, Policy, Scope};

/// A score meets a bound if it is at least the bound minus this.
const TOLERANCE: f64 = 1e-9;
/// More than rounding ever makes of a score.
const ROUNDED: f64 = 1e-6;

/// How ready the lead is. Depends on time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Temperature {
    /// Little interest, or long ago.
    Cold,
    /// To be called with priority.
    Warm,
    /// To be called now.
    Hot,
}

impl Temperature {
    /// The code in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
            Self::Hot => "hot",
        }
    }
}

/// A sum of points and the instant at which it is worth that.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Worth {
    points: f64,
    at: Instant,
}

impl Worth {
    fn at(self, t: Instant, half_life_ms: f64) -> f64 {
        self.points * decay(self.at, t, half_life_ms)
    }
}

/// What is left at `t` of one point of `from`.
fn decay(from: Instant, t: Instant, half_life_ms: f64) -> f64 {
    libm::exp2(-millis(t.millis() - from.millis()) / half_life_ms)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the instants of ten thousand years stay below 2^53 milliseconds"
)]
const fn millis(span: i64) -> f64 {
    span as f64
}

/// The points of a lead.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    sum: Option<Worth>,
    groups: BTreeMap<String, Worth>,
    peak: f64,
    /// The last fact that changed the points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    counted_last: Option<EventId>,
    /// Hot until then, exclusive; none if it never was.
    pub hot_until: Option<Instant>,
    /// Warm (or hot) until then, exclusive; none if it never was.
    pub warm_until: Option<Instant>,
}

/// The points of one fact, for the explanation.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution {
    /// The fact.
    pub event_id: EventId,
    /// Its type.
    pub kind: FactType,
    /// When it happened.
    pub at: Instant,
    /// The rule of the policy that gave the points.
    pub rule: String,
    /// Points at that instant, after the cut.
    pub points: f64,
    /// What the cap of the group cut off.
    pub cut: f64,
}

impl Contribution {
    /// What the points are worth at `t`.
    #[must_use]
    pub fn points_at(&self, t: Instant, policy: &Policy) -> f64 {
        self.points * decay(self.at, t, policy.half_life_ms)
    }
}

impl Score {
    /// All points at `t`, which must not come before the last fact; can be negative.
    #[must_use]
    pub fn sum_at(&self, t: Instant, policy: &Policy) -> f64 {
        self.sum.map_or(0.0, |sum| sum.at(t, policy.half_life_ms))
    }

    /// The score at `t`: the sum, but never below 0.
    #[must_use]
    pub fn at(&self, t: Instant, policy: &Policy) -> f64 {
        self.sum_at(t, policy).max(0.0)
    }

    /// The highest score that was reached at a fact.
    #[must_use]
    pub const fn peak(&self) -> f64 {
        self.peak
    }

    /// The last fact that changed the points.
    pub(super) const fn counted_last(&self) -> Option<EventId> {
        self.counted_last
    }

    /// The temperature at `t`, by comparison alone.
    #[must_use]
    pub fn temperature_at(&self, t: Instant) -> Temperature {
        let before = |until: Option<Instant>| until.is_some_and(|until| t < until);
        if before(self.hot_until) {
            Temperature::Hot
        } else if before(self.warm_until) {
            Temperature::Warm
        } else {
            Temperature::Cold
        }
    }

    /// The key by which scores sort at any instant; none if the sum is not above 0.
    #[must_use]
    pub fn rank_key(&self, policy: &Policy) -> Option<f64> {
        let sum = self.sum.filter(|sum| sum.points > 0.0)?;
        Some(libm::log2(sum.points) + millis(sum.at.millis()) / policy.half_life_ms)
    }

    /// The least rank key of a lead whose score at `t` meets `min_score`; none if every score does.
    #[must_use]
    pub fn rank_bound(min_score: f64, t: Instant, policy: &Policy) -> Option<f64> {
        let least = min_score - TOLERANCE;
        (least > 0.0).then(|| libm::log2(least) + millis(t.millis()) / policy.half_life_ms)
    }

    /// A rank key that every lead has that is at least this warm at `t`, so that an index finds them; none where a lead may
    /// be so without points.
    #[must_use]
    pub fn rank_bound_of(temperature: Temperature, t: Instant, policy: &Policy) -> Option<f64> {
        let bounds = policy.temperature;
        let bound = match temperature {
            Temperature::Hot => bounds.hot,
            Temperature::Warm => bounds.warm,
            Temperature::Cold => return None,
        };
        Self::rank_bound(bound - bounds.hysteresis - ROUNDED, t, policy)
    }

    /// Adds the points of the first rule that the fact matches. Rules worth 0 add nothing, and machines never score.
    pub(super) fn add(&mut self, fact: &Fact, policy: &Policy) -> Option<Contribution> {
        let rule = policy.points.iter().find(|rule| rule.when.holds(&Happened(fact)))?;
        if rule.points == 0.0 || fact.is_machine() {
            return None;
        }
        let at = fact.occurred_at;
        let points = self.fitting(rule, at, policy);
        self.put(rule.group.as_deref(), points, fact, policy);
        let (event_id, kind, cut) = (fact.event_id, fact.kind, rule.points - points);
        Some(Contribution { event_id, kind, at, rule: rule.rule.clone(), points, cut })
    }

    /// What still fits under the cap of the rule's group; negative points ignore caps.
    fn fitting(&self, rule: &PointsRule, at: Instant, policy: &Policy) -> f64 {
        let cap = rule.group.as_ref().and_then(|group| Some((group, *policy.caps.get(group)?)));
        let Some((group, cap)) = cap.filter(|_| rule.points > 0.0) else { return rule.points };
        let worth = self.groups.get(group).map_or(0.0, |worth| worth.at(at, policy.half_life_ms));
        rule.points.min((cap - worth).max(0.0))
    }

    fn put(&mut self, group: Option<&str>, points: f64, fact: &Fact, policy: &Policy) {
        if points == 0.0 {
            return;
        }
        let at = fact.occurred_at;
        self.counted_last = Some(fact.event_id);
        let half_life = policy.half_life_ms;
        if let Some(group) = group {
            let before = self.groups.get(group).map_or(0.0, |worth| worth.at(at, half_life));
            self.groups.insert(group.to_owned(), Worth { points: before + points, at });
        }
        let sum = self.sum.map_or(0.0, |sum| sum.at(at, half_life)) + points;
        self.sum = Some(Worth { points: sum, at });
        self.peak = self.peak.max(sum);
        let bounds = policy.temperature;
        self.hot_until = until(self.hot_until, bounds.hot, bounds.hysteresis, sum, at, half_life);
        self.warm_until = until(self.warm_until, bounds.warm, bounds.hysteresis, sum, at, half_life);
    }
}

/// Until when a temperature holds after the sum became `sum` at `at`: from the bound on, and on until the score falls
/// below the bound less the hysteresis. A fact that ends it sets the instant to its own.
fn until(
    before: Option<Instant>,
    bound: f64,
    hysteresis: f64,
    sum: f64,
    at: Instant,
    half_life: f64,
) -> Option<Instant> {
    let held = before.is_some_and(|until| at < until);
    let end = bound - hysteresis;
    let holds = sum >= bound - TOLERANCE || (held && sum >= end - TOLERANCE);
    if holds {
        let lasts = libm::floor(half_life * libm::log2(sum / end));
        #[expect(
            clippy::cast_possible_truncation,
            reason = "`as` saturates, and instants are held to the year 9999"
        )]
        return Some(at.plus_millis(lasts.max(0.0) as i64));
    }
    if held { Some(at) } else { before }
}

/// A fact as conditions of points rules see it.
struct Happened<'a>(&'a Fact);

impl Scope for Happened<'_> {
    fn operand(&self, path: &[String]) -> Operand<'_> {
        let fact = self.0;
        match path.split_first().map(|(first, rest)| (first.as_str(), rest)) {
            Some(("type", _)) => Operand::Text(fact.kind.name().into()),
            Some(("campaign", _)) => Operand::text(fact.campaign.as_deref()),
            Some(("channel", _)) => Operand::text(fact.channel.as_deref()),
            Some(("source", _)) => Operand::Text(fact.source.as_str().into()),
            Some(("data", [first, rest @ ..])) => {
                let found = fact.data.get(first);
                Operand::of(rest.iter().fold(found, |value, key| value.and_then(|value| value.get(key))))
            }
            _ => Operand::Missing,
        }
    }
}
