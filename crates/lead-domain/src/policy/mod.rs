//! The company's own written definitions (POLICY): parsed once into something that cannot be wrong.

mod condition;
pub mod fields;
mod read;
mod suggest;

pub use condition::{Condition, Operand, Scope};
pub use fields::FieldNames;
pub(crate) use suggest::unknown_key;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fact::{Criterion, Verdict};
use crate::ids::sha256_hex;
use crate::problem::Problem;

/// The version of the fold's code: a mended fold is a new generation of rows.
pub const FOLD_VERSION: u32 = 4;

/// The default policy, in the form of a `policy:` mapping.
const DEFAULT: &str = include_str!("default.json");

/// What makes a suspect, a lead, a prospect, a customer; points, half-life, thresholds, delays.
#[derive(Clone, Debug)]
pub struct Policy {
    /// After how many milliseconds points are worth half.
    pub half_life_ms: f64,
    /// When a lead is warm and hot.
    pub temperature: Thresholds,
    /// After how many milliseconds without a purchase a customer is inactive.
    pub inactive_after_ms: i64,
    /// How long an answer may take.
    pub follow_up: Delays,
    /// Names of `activity.recorded` that count as inbound.
    pub inbound_activities: BTreeSet<String>,
    /// Caps of the groups of points rules.
    pub caps: BTreeMap<String, f64>,
    /// The first matching one counts.
    pub points: Vec<PointsRule>,
    /// Per criterion, the first matching one answers.
    pub criteria: Vec<CriterionRule>,
    /// All matching ones add up to the grade.
    pub fit: Vec<FitRule>,
    /// What a known grade says of the criterion `fit`.
    pub fit_criterion: FitCriterion,
    /// From the highest down.
    pub stages: Vec<(Stage, Condition)>,
    canonical: Value,
    version: String,
}

/// Bounds of the temperatures, in points.
#[derive(Clone, Copy, Debug)]
pub struct Thresholds {
    /// A score from here on is warm.
    pub warm: f64,
    /// A score from here on is hot.
    pub hot: f64,
    /// How far below its bound a score may fall before the temperature ends.
    pub hysteresis: f64,
}

/// Delays in milliseconds until a follow-up is due.
#[derive(Clone, Copy, Debug)]
pub struct Delays {
    /// After an asking fact of a hot lead.
    pub hot: i64,
    /// After any other asking fact.
    pub inbound: i64,
    /// After a quote was issued.
    pub quote: i64,
    /// After the last inbound fact of a lead that misses one or two criteria.
    pub missing_criteria: i64,
}

/// Points for facts that match.
#[derive(Clone, Debug)]
pub struct PointsRule {
    /// Its name.
    pub rule: String,
    /// Which facts.
    pub when: Condition,
    /// How many, negative ones included.
    pub points: f64,
    /// The group whose cap holds for it.
    pub group: Option<String>,
}

/// A verdict on a criterion for profiles that match.
#[derive(Clone, Debug)]
pub struct CriterionRule {
    /// Which criterion.
    pub criterion: Criterion,
    /// Its name.
    pub rule: String,
    /// What it says.
    pub verdict: Verdict,
    /// Of which profiles.
    pub when: Condition,
}

/// Points of fit for profiles that match.
#[derive(Clone, Debug)]
pub struct FitRule {
    /// Its name.
    pub rule: String,
    /// Which profiles.
    pub when: Condition,
    /// How many, negative ones included.
    pub points: f64,
}

/// What a known grade says of the criterion `fit`; a grade in neither list says `unknown`.
#[derive(Clone, Debug, Default)]
pub struct FitCriterion {
    /// Grades that meet it.
    pub met: BTreeSet<Grade>,
    /// Grades that do not.
    pub unmet: BTreeSet<Grade>,
}

impl FitCriterion {
    /// What a grade says of the criterion.
    #[must_use]
    pub fn verdict(&self, grade: Grade) -> Verdict {
        if self.met.contains(&grade) {
            Verdict::Met
        } else if self.unmet.contains(&grade) {
            Verdict::Unmet
        } else {
            Verdict::Unknown
        }
    }
}

/// Fit with the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Grade {
    /// 75 points of fit or more.
    A,
    /// 50 or more.
    B,
    /// 25 or more.
    C,
    /// Less.
    D,
}

impl Grade {
    /// The grade of so many points of fit (0 to 100).
    #[must_use]
    pub fn of_points(points: f64) -> Self {
        match points {
            p if p >= 75.0 => Self::A,
            p if p >= 50.0 => Self::B,
            p if p >= 25.0 => Self::C,
            _ => Self::D,
        }
    }

    /// The letter.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
        }
    }
}

/// Where a lead stands on the way to buying.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// In the target, no interest shown.
    Suspect,
    /// Interest shown.
    Lead,
    /// Fits, can pay and decide; or taken over by sales; or a quote is open.
    Prospect,
    /// Has purchased.
    Customer,
}

impl Stage {
    /// From the highest down.
    pub const DOWNWARDS: [Self; 4] = [Self::Customer, Self::Prospect, Self::Lead, Self::Suspect];

    /// From the lowest up.
    pub const UPWARDS: [Self; 4] = [Self::Suspect, Self::Lead, Self::Prospect, Self::Customer];

    /// The code in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Suspect => "suspect",
            Self::Lead => "lead",
            Self::Prospect => "prospect",
            Self::Customer => "customer",
        }
    }
}

impl Policy {
    /// The default policy with the given mapping laid over it: `temperature`, `customer`, `follow_up` and `stages` are
    /// merged key by key, any other key replaces the default.
    ///
    /// # Errors
    /// Everything that is wrong with it, with pointers from the root of the mapping.
    pub fn parse(given: &Value) -> Result<Self, Vec<Problem>> {
        let default: Value = serde_json::from_str(DEFAULT).unwrap_or_default();
        let mut problems = Vec::new();
        let canonical = read::merged(default, given, &mut problems);
        let policy = read::policy(canonical, &mut problems);
        if problems.is_empty() { Ok(policy) } else { Err(problems) }
    }

    /// The default policy.
    #[must_use]
    pub fn default_policy() -> Self {
        Self::parse(&Value::Null).unwrap_or_else(|_| unreachable!("a test parses the embedded default"))
    }

    /// The `policy:` mapping with defaults filled in.
    #[must_use]
    pub const fn canonical(&self) -> &Value {
        &self.canonical
    }

    /// The canonical text: keys sorted, no blanks.
    #[must_use]
    pub fn canonical_text(&self) -> String {
        self.canonical.to_string()
    }

    /// Hash of the canonical text.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    fn version_of(canonical: &Value) -> String {
        sha256_hex(canonical.to_string().as_bytes())
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
