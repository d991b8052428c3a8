//! What is known of fit, means, authority and need: per criterion, what the latest fact says that speaks on it.

use serde::{Deserialize, Serialize};

use super::changed::Changed;
use super::known::Known;
use super::profile::Profile;
use crate::fact::{Body, Criterion, Fact, Verdict};
use crate::ids::EventId;
use crate::policy::{Condition, CriterionRule, Grade, Policy};

/// The name of what decides where the grade answers the criterion `fit`.
const GRADE: &str = "grade";

/// A verdict, and what says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Whether the criterion is met.
    pub verdict: Verdict,
    /// The latest fact that speaks on it; none if no fact does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// What decided: the rule of the policy that answered, `grade`, else the type of the fact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

/// As long as nobody speaks on a criterion.
const NOT_SPOKEN_OF: Finding = Finding { verdict: Verdict::Unknown, event_id: None, rule: None };

impl Default for Finding {
    fn default() -> Self {
        NOT_SPOKEN_OF
    }
}

impl Finding {
    fn is_silence(&self) -> bool {
        *self == NOT_SPOKEN_OF
    }
}

/// The findings on the four criteria.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Criteria {
    #[serde(skip_serializing_if = "Finding::is_silence")]
    fit: Finding,
    #[serde(skip_serializing_if = "Finding::is_silence")]
    means: Finding,
    #[serde(skip_serializing_if = "Finding::is_silence")]
    authority: Finding,
    #[serde(skip_serializing_if = "Finding::is_silence")]
    need: Finding,
}

/// What a fact did to the profile, and the grades before and after it.
pub(super) struct Heard<'a> {
    pub(super) fact: &'a Fact,
    pub(super) known: Known<'a>,
    pub(super) changed: &'a Changed,
    pub(super) grades: (Option<Grade>, Option<Grade>),
}

impl Criteria {
    /// What is known of one criterion.
    #[must_use]
    pub const fn of(&self, criterion: Criterion) -> &Finding {
        match criterion {
            Criterion::Fit => &self.fit,
            Criterion::Means => &self.means,
            Criterion::Authority => &self.authority,
            Criterion::Need => &self.need,
        }
    }

    /// Those that are not met, in the order fit, means, authority, need.
    #[must_use]
    pub fn missing(&self) -> Vec<Criterion> {
        let not_met = |criterion: &Criterion| self.of(*criterion).verdict != Verdict::Met;
        Criterion::ALL.iter().copied().filter(not_met).collect()
    }

    /// Takes in what a fact says, in words or by what it tells of the profile.
    pub(super) fn hear(&mut self, heard: &Heard<'_>, policy: &Policy) {
        for criterion in Criterion::ALL {
            if let Some((verdict, rule)) = heard.answer(*criterion, self.of(*criterion), policy) {
                let rule = Some(rule.unwrap_or_else(|| heard.fact.kind.name().to_owned()));
                *self.slot(*criterion) = Finding { verdict, event_id: Some(heard.fact.event_id), rule };
            }
        }
    }

    const fn slot(&mut self, criterion: Criterion) -> &mut Finding {
        match criterion {
            Criterion::Fit => &mut self.fit,
            Criterion::Means => &mut self.means,
            Criterion::Authority => &mut self.authority,
            Criterion::Need => &mut self.need,
        }
    }
}

impl Heard<'_> {
    /// What the fact says of a criterion, and the rule that decides; none if it does not speak on it.
    fn answer(
        &self,
        criterion: Criterion,
        before: &Finding,
        policy: &Policy,
    ) -> Option<(Verdict, Option<String>)> {
        if let Body::Assessment { criterion: judged, verdict } = &self.fact.body
            && *judged == criterion
        {
            return Some((*verdict, None));
        }
        let rules = || policy.criteria.iter().filter(|rule| rule.criterion == criterion);
        let graded =
            criterion == Criterion::Fit && policy.fit.iter().any(|rule| self.reads_changed(&rule.when));
        if !graded && !rules().any(|rule| self.speaks_to(&rule.when)) {
            return None;
        }
        let by_rule = rules().find(|rule| rule.when.holds(&self.known));
        let by_rule = by_rule.map(|rule| (rule.verdict, Some(rule.rule.clone())));
        let by_grade = || if graded { self.by_grade(policy) } else { None };
        by_rule.or_else(by_grade).or_else(|| self.no_longer(before, rules()))
    }

    /// A field changed that the condition reads, or the fact carries an intent and the condition reads that.
    fn speaks_to(&self, condition: &Condition) -> bool {
        self.reads_changed(condition)
            || (self.known.has_intent() && condition.names(|path| path == ["intent"]))
    }

    fn reads_changed(&self, condition: &Condition) -> bool {
        !self.changed.is_empty() && condition.names(|path| self.changed.touches(path))
    }

    /// A grade that becomes null answers, too: nothing is known any more.
    fn by_grade(&self, policy: &Policy) -> Option<(Verdict, Option<String>)> {
        match self.grades {
            (_, Some(grade)) => Some((policy.fit_criterion.verdict(grade), Some(GRADE.to_owned()))),
            (Some(_), None) => Some((Verdict::Unknown, Some(GRADE.to_owned()))),
            (None, None) => None,
        }
    }

    /// Unknown, if the verdict came from a rule over a field that changed and none matches any more.
    fn no_longer<'r>(
        &self,
        before: &Finding,
        mut rules: impl Iterator<Item = &'r CriterionRule>,
    ) -> Option<(Verdict, Option<String>)> {
        let name = before.rule.as_deref()?;
        let over_changed = rules.any(|rule| rule.rule == name && self.reads_changed(&rule.when));
        over_changed.then_some((Verdict::Unknown, None))
    }
}

/// The grade that fits a profile: the points of all fit rules that match, held to 0 to 100; none while no field of any
/// of them is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit<'p> {
    /// The grade.
    pub grade: Option<Grade>,
    /// The points, 0 while nothing is known.
    pub points: f64,
    /// The rules that match, and their points.
    pub rules: Vec<(&'p str, f64)>,
}

impl<'p> Fit<'p> {
    /// The fit of a profile, with the age it has at an instant.
    #[must_use]
    pub fn of(profile: &Profile, at: crate::instant::Instant, policy: &'p Policy) -> Self {
        let known = Known::of(profile, at);
        if !policy.fit.iter().any(|rule| rule.when.names(|path| known.tells(path))) {
            return Self { grade: None, points: 0.0, rules: Vec::new() };
        }
        let matching = policy.fit.iter().filter(|rule| rule.when.holds(&known));
        let rules: Vec<(&str, f64)> = matching.map(|rule| (rule.rule.as_str(), rule.points)).collect();
        // An empty sum of floats is -0.
        let sum = rules.iter().fold(0.0, |sum, (_, points)| sum + points);
        let points = sum.clamp(0.0, 100.0);
        Self { grade: Some(Grade::of_points(points)), points, rules }
    }
}
