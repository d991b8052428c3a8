//! The explanation of a score: every point, the fact and the rule behind it, and what it is worth now.

use lead_domain::fact::Fact;
use lead_domain::lead::{Contribution, Fit, Lead};
use lead_domain::policy::{Grade, Policy};
use lead_domain::{EventId, Instant};
use serde::Serialize;
use utoipa::ToSchema;

use super::names::{GradeName, TemperatureName};
use super::why::why;
use crate::language::Language;

/// Why the score is what it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Score)]
pub(crate) struct ScoreView {
    /// The instant of the answer. RFC 3339, UTC.
    #[schema(value_type = String, format = DateTime, example = "2026-06-01T08:00:00.000Z")]
    as_of: Instant,
    /// All points at that instant: the sum of `points_now`. Can be negative. Full precision.
    #[schema(example = 1.371_141_220_515_153_9)]
    sum: f64,
    /// `sum`, but never below 0. Full precision.
    #[schema(example = 1.371_141_220_515_153_9)]
    score: f64,
    /// How ready the lead is at that instant.
    #[schema(value_type = TemperatureName)]
    temperature: &'static str,
    /// Hot until then (exclusive) unless something happens; null if it never was.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-03-01T14:37:02.032Z")]
    hot_until: Option<Instant>,
    /// Warm or hot until then (exclusive) unless something happens; null if it never was.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-04-05T16:57:47.636Z")]
    warm_until: Option<Instant>,
    /// After how many days points are worth half.
    #[schema(example = 30)]
    half_life_days: f64,
    /// Where the points come from, in the order of facts. Facts worth 0 are left out.
    contributions: Vec<ContributionView>,
    /// How well the profile fits the target, as of the lead's last fact up to that instant; null while no field of any
    /// fit rule is known. It is no part of the score.
    #[schema(value_type = Option<GradeName>)]
    grade: Option<&'static str>,
    /// The points of the fit rules that match, held to 0 to 100: A from 75, B from 50, C from 25, else D.
    #[schema(example = 60)]
    fit_points: f64,
    /// The fit rules of the policy that match, in its order.
    fit_rules: Vec<FitRuleView>,
    /// Version of the policy under which this was computed: the hash of its canonical text.
    #[schema(example = "5d398d8394eb61e16789a5a6823bd7c691355f951ba69bd83d254645c10ddffb")]
    policy: String,
}

/// A fit rule that matches the profile.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FitRule)]
struct FitRuleView {
    /// Its name in the policy.
    #[schema(example = "size")]
    rule: String,
    /// Its points.
    #[schema(example = 60)]
    points: f64,
}

/// The points of one fact.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Contribution)]
struct ContributionView {
    /// The fact.
    #[schema(value_type = uuid::Uuid, example = "098fab5a-d613-8ff8-af96-4dc89f560d47")]
    event_id: EventId,
    /// Its type.
    #[schema(example = "ad.clicked")]
    r#type: &'static str,
    /// When it happened.
    #[schema(value_type = String, format = DateTime, example = "2026-02-05T08:05:00.000Z")]
    occurred_at: Instant,
    /// The rule of the policy that gave the points.
    #[schema(example = "ad-click")]
    rule: String,
    /// Points at the instant of the fact, after the cut.
    #[schema(example = 0.456_800_631)]
    points: f64,
    /// Points that the cap of the rule's group cut off.
    #[schema(example = 2.543_199_369)]
    cut: f64,
    /// What the points are worth at the instant of the answer.
    #[schema(example = 0.031_316_909)]
    points_now: f64,
    /// The same as a sentence, in the language of the answer.
    #[schema(
        example = "Clicked an advertisement: 0.5 points (2.5 cut by the cap of the group), worth 0.0 now"
    )]
    why: String,
}

impl ScoreView {
    /// Folds the facts, which must stand in order and not come after `at`; none if there is nothing to fold.
    pub(crate) fn fold<'f>(
        facts: impl IntoIterator<Item = &'f Fact>,
        at: Instant,
        policy: &Policy,
        language: Language,
    ) -> Option<Self> {
        let (mut lead, mut last) = (None, at);
        let mut contributions = Vec::new();
        for fact in facts {
            let effects = Lead::fold_on(&mut lead, fact, policy);
            last = fact.occurred_at;
            contributions
                .extend(effects.contribution.map(|one| ContributionView::new(one, at, policy, language)));
        }
        lead.map(|lead| Self::new(&lead, contributions, &Fit::of(&lead.profile, last, policy), at, policy))
    }

    fn new(
        lead: &Lead,
        contributions: Vec<ContributionView>,
        fit: &Fit<'_>,
        at: Instant,
        policy: &Policy,
    ) -> Self {
        let sum = lead.score.sum_at(at, policy) + 0.0;
        Self {
            as_of: at,
            sum,
            score: sum.max(0.0),
            temperature: lead.score.temperature_at(at).name(),
            hot_until: lead.score.hot_until,
            warm_until: lead.score.warm_until,
            half_life_days: policy.half_life_ms / MS_PER_DAY,
            contributions,
            grade: fit.grade.map(Grade::name),
            fit_points: fit.points,
            fit_rules: fit.rules.iter().map(FitRuleView::new).collect(),
            policy: policy.version().to_owned(),
        }
    }
}

const MS_PER_DAY: f64 = 86_400_000.0;

impl FitRuleView {
    fn new((rule, points): &(&str, f64)) -> Self {
        Self { rule: (*rule).to_owned(), points: *points }
    }
}

impl ContributionView {
    fn new(one: Contribution, at: Instant, policy: &Policy, language: Language) -> Self {
        // What decayed to nothing is 0, whatever it was.
        let points_now = one.points_at(at, policy) + 0.0;
        Self {
            event_id: one.event_id,
            r#type: one.kind.name(),
            occurred_at: one.at,
            why: why(language, one.kind, one.points, one.cut, points_now),
            rule: one.rule,
            points: one.points,
            cut: one.cut,
            points_now,
        }
    }
}
