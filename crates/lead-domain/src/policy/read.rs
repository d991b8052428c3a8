//! From the text of a policy to the policy; every mistake at once, with a pointer to it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Number, Value};

use super::condition::Condition;
use super::fields::{CRITERIA, FACT, FieldNames, PROFILE, STATE};
use super::suggest::unknown_key;
use super::{CriterionRule, Delays, FitCriterion, FitRule, Grade, PointsRule, Policy, Stage, Thresholds};
use crate::fact::{Criterion, Verdict};
use crate::instant::DAY_MS;
use crate::problem::{Problem, pointer_to};

/// Keys that are merged with the default instead of replacing it.
const MERGED: [&str; 4] = ["temperature", "customer", "follow_up", "stages"];

/// Lays what is given over the default.
pub(super) fn merged(default: Value, given: &Value, problems: &mut Vec<Problem>) -> Value {
    let (Value::Object(mut merged), given) = (default, given) else { return Value::Null };
    let given = match given {
        Value::Object(given) => &with_all_groups(given, &merged, problems),
        Value::Null => return merged.into(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            problems.push(Problem::new("", "wrong_type", "A policy is a mapping."));
            return merged.into();
        }
    };
    for (key, value) in given {
        let pointer = pointer_to("", key);
        match merged.get_mut(key) {
            None => problems.push(unknown_key(
                &pointer,
                key,
                merged.keys().map(String::as_str),
                "key of a policy",
            )),
            Some(default) if MERGED.contains(&key.as_str()) => merge_keys(default, value, &pointer, problems),
            Some(default) => *default = value.clone(),
        }
    }
    with_plain_numbers(merged.into())
}

/// Groups that are given replace the default ones, but the default rules still name these: told once, where they are given.
fn with_all_groups(
    given: &Map<String, Value>,
    default: &Map<String, Value>,
    problems: &mut Vec<Problem>,
) -> Map<String, Value> {
    let mut given = given.clone();
    if given.contains_key("points") {
        return given;
    }
    let Some(Value::Object(groups)) = given.get_mut("groups") else { return given };
    let rules = default.get("points").and_then(Value::as_array).into_iter().flatten();
    let grouped = rules.filter_map(|rule| Some((rule["group"].as_str()?, rule["rule"].as_str()?)));
    let missing: Vec<(&str, &str)> = grouped.filter(|(group, _)| !groups.contains_key(*group)).collect();
    if !missing.is_empty() {
        let used: Vec<String> =
            missing.iter().map(|(group, rule)| format!("`{group}` (by the rule `{rule}`)")).collect();
        let detail = format!(
            "These groups replace the default ones, and the default points use more: {}. Give them here, too, or give \
             `points`.",
            used.join(", ")
        );
        problems.push(Problem::new("/groups", "required", detail));
        groups.extend(
            missing.iter().map(|(group, _)| ((*group).to_owned(), default["groups"][*group].clone())),
        );
    }
    given
}

/// A number is one number, however it is written: `30.0` is `30`.
fn with_plain_numbers(value: Value) -> Value {
    match value {
        Value::Number(number) => plain(number).into(),
        Value::Array(list) => list.into_iter().map(with_plain_numbers).collect(),
        Value::Object(mapping) => mapping
            .into_iter()
            .map(|(key, value)| (key, with_plain_numbers(value)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Null | Value::Bool(_) | Value::String(_) => value,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
fn plain(number: Number) -> Number {
    let whole = number.as_f64().filter(|n| number.is_f64() && n.fract() == 0.0 && n.abs() < 9.0e15);
    whole.map_or(number, |whole| (whole as i64).into())
}

fn merge_keys(default: &mut Value, given: &Value, pointer: &str, problems: &mut Vec<Problem>) {
    let (Value::Object(default), Value::Object(given)) = (default, given) else {
        problems.push(Problem::new(pointer, "wrong_type", "This must be a mapping."));
        return;
    };
    for (key, value) in given {
        let pointer = pointer_to(pointer, key);
        match default.get_mut(key) {
            Some(slot) => *slot = value.clone(),
            None => problems.push(unknown_key(&pointer, key, default.keys().map(String::as_str), "key here")),
        }
    }
}

pub(super) fn policy(canonical: Value, problems: &mut Vec<Problem>) -> Policy {
    let mut root = Mapping { object: object_of(&canonical), pointer: String::new(), problems };
    let half_life_ms = root.positive("half_life_days") * DAY_MS as f64;
    let temperature = root.inside("temperature", thresholds);
    let inactive_days = root.inside("customer", |customer| customer.positive("inactive_after_days"));
    let follow_up = root.inside("follow_up", |delays| Delays {
        hot: delays.duration("hot"),
        inbound: delays.duration("inbound"),
        quote: delays.duration("quote"),
        missing_criteria: delays.duration("missing_criteria"),
    });
    let caps = root.caps("groups");
    let points = root.rules("points", &["rule", "when", "points", "group"], |rule| points_rule(rule, &caps));
    let criteria = root.rules("criteria", &["criterion", "rule", "verdict", "when"], criterion_rule);
    let fit = root.rules("fit", &["rule", "when", "points"], |rule| FitRule {
        rule: rule.text("rule"),
        when: rule.condition("when", PROFILE),
        points: rule.number("points"),
    });
    let fit_criterion = root.inside("fit_criterion", |lists| {
        lists.known(&["met", "unmet"]);
        FitCriterion { met: lists.grades("met"), unmet: lists.grades("unmet") }
    });
    let inbound_activities = root.texts("inbound_activities");
    let stages = root.inside("stages", |stages| {
        Stage::DOWNWARDS.map(|stage| (stage, stages.condition(stage.name(), STATE))).to_vec()
    });
    Policy {
        half_life_ms,
        temperature,
        inactive_after_ms: (inactive_days * DAY_MS as f64) as i64,
        follow_up,
        inbound_activities,
        caps,
        points,
        criteria,
        fit,
        fit_criterion,
        stages,
        version: Policy::version_of(&canonical),
        canonical,
    }
}

fn object_of(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn thresholds(keys: &mut Mapping<'_>) -> Thresholds {
    let thresholds = Thresholds {
        warm: keys.positive("warm"),
        hot: keys.positive("hot"),
        hysteresis: keys.number("hysteresis"),
    };
    if thresholds.hot < thresholds.warm {
        keys.problem("hot", "out_of_range", "Hot cannot begin below warm.");
    }
    if thresholds.hysteresis < 0.0 || thresholds.hysteresis >= thresholds.warm {
        keys.problem("hysteresis", "out_of_range", "The hysteresis is at least 0 and less than `warm`.");
    }
    thresholds
}

fn points_rule(rule: &mut Mapping<'_>, caps: &BTreeMap<String, f64>) -> PointsRule {
    let group = rule.optional_text("group");
    if group.as_ref().is_some_and(|group| !caps.contains_key(group)) {
        let given = group.as_deref().unwrap_or_default();
        let problem =
            unknown_key(&rule.pointer_to("group"), given, caps.keys().map(String::as_str), "group of points");
        rule.problems.push(problem);
    }
    PointsRule {
        rule: rule.text("rule"),
        when: rule.condition("when", FACT),
        points: rule.number("points"),
        group,
    }
}

fn criterion_rule(rule: &mut Mapping<'_>) -> CriterionRule {
    CriterionRule {
        criterion: rule.one_of("criterion", Criterion::NAMES).unwrap_or(Criterion::Fit),
        rule: rule.text("rule"),
        verdict: rule.one_of("verdict", Verdict::NAMES).unwrap_or(Verdict::Unknown),
        when: rule.condition("when", CRITERIA),
    }
}

/// One mapping of the text, and where it stands.
struct Mapping<'p> {
    object: Map<String, Value>,
    pointer: String,
    problems: &'p mut Vec<Problem>,
}

impl Mapping<'_> {
    fn pointer_to(&self, key: &str) -> String {
        pointer_to(&self.pointer, key)
    }

    fn problem(&mut self, key: &str, code: &'static str, detail: &str) {
        let pointer = self.pointer_to(key);
        self.problems.push(Problem::new(pointer, code, detail));
    }

    fn known(&mut self, keys: &[&str]) {
        let unknown: Vec<String> =
            self.object.keys().filter(|key| !keys.contains(&key.as_str())).cloned().collect();
        for key in unknown {
            let problem = unknown_key(&self.pointer_to(&key), &key, keys.iter().copied(), "key here");
            self.problems.push(problem);
        }
    }

    fn inside<T>(&mut self, key: &str, read: impl FnOnce(&mut Mapping<'_>) -> T) -> T {
        let value = self.object.get(key).cloned().unwrap_or_default();
        if !value.is_object() {
            self.problem(key, "wrong_type", "This must be a mapping.");
        }
        let pointer = self.pointer_to(key);
        read(&mut Mapping { object: object_of(&value), pointer, problems: self.problems })
    }

    fn number(&mut self, key: &str) -> f64 {
        let number = self.object.get(key).and_then(Value::as_f64).filter(|number| number.abs() <= 1e9);
        if number.is_none() {
            self.problem(key, "wrong_type", "This must be a number, at most 10^9 in size.");
        }
        number.unwrap_or_default()
    }

    fn positive(&mut self, key: &str) -> f64 {
        let before = self.problems.len();
        let number = self.number(key);
        if number <= 0.0 && self.problems.len() == before {
            self.problem(key, "out_of_range", "This must be more than 0.");
        }
        // What stands in for a wrong number is never used, as its problem refuses the policy.
        if number > 0.0 { number } else { 1.0 }
    }

    /// `30m`, `1h`, `3d` in milliseconds.
    fn duration(&mut self, key: &str) -> i64 {
        let text = self.object.get(key).and_then(Value::as_str).map(str::to_owned);
        let parsed = text.as_deref().and_then(duration_ms);
        if parsed.is_none() {
            self.problem(key, "invalid_duration", "This must be a duration such as 30m, 1h or 3d.");
        }
        parsed.unwrap_or_default()
    }

    fn optional_text(&mut self, key: &str) -> Option<String> {
        let value = self.object.get(key)?;
        let text = value.as_str().map(str::to_owned);
        if text.is_none() {
            self.problem(key, "wrong_type", "This must be a text.");
        }
        text
    }

    fn text(&mut self, key: &str) -> String {
        let text =
            self.object.get(key).and_then(Value::as_str).map(str::to_owned).filter(|text| !text.is_empty());
        if text.is_none() {
            self.problem(key, "required", "This must be a text that is not empty.");
        }
        text.unwrap_or_default()
    }

    fn one_of<T: std::str::FromStr>(&mut self, key: &str, names: &str) -> Option<T> {
        let parsed = self.object.get(key).and_then(Value::as_str).and_then(|text| text.parse().ok());
        if parsed.is_none() {
            let detail = format!("This must be one of {}.", names.trim_end().replace(' ', ", "));
            self.problem(key, "unknown_value", &detail);
        }
        parsed
    }

    fn condition(&mut self, key: &str, names: FieldNames) -> Condition {
        let Some(value) = self.object.get(key).cloned() else {
            self.problem(key, "required", &format!("The key `{key}` is required."));
            return Condition::All(Vec::new());
        };
        let pointer = self.pointer_to(key);
        Condition::parse(&value, &pointer, names, self.problems)
    }

    fn rules<T>(&mut self, key: &str, known: &[&str], mut read: impl FnMut(&mut Mapping<'_>) -> T) -> Vec<T> {
        let Some(Value::Array(list)) = self.object.get(key).cloned() else {
            self.problem(key, "wrong_type", "This must be a list of rules.");
            return Vec::new();
        };
        let pointer = self.pointer_to(key);
        let mut rule = |(index, item): (usize, &Value)| {
            let pointer = format!("{pointer}/{index}");
            if !item.is_object() {
                self.problems.push(Problem::new(&pointer, "wrong_type", "A rule is a mapping."));
                return None;
            }
            let mut mapping = Mapping { object: object_of(item), pointer, problems: self.problems };
            mapping.known(known);
            Some(read(&mut mapping))
        };
        list.iter().enumerate().filter_map(&mut rule).collect()
    }

    fn caps(&mut self, key: &str) -> BTreeMap<String, f64> {
        self.inside(key, |groups| {
            let names: Vec<String> = groups.object.keys().cloned().collect();
            let cap = |name: String| {
                let cap = groups.inside(&name, |group| {
                    group.known(&["cap"]);
                    group.positive("cap")
                });
                (name, cap)
            };
            names.into_iter().map(cap).collect()
        })
    }

    fn texts(&mut self, key: &str) -> BTreeSet<String> {
        let list = self.object.get(key).and_then(Value::as_array);
        let texts = list.and_then(|list| list.iter().map(|item| item.as_str().map(str::to_owned)).collect());
        if texts.is_none() {
            self.problem(key, "wrong_type", "This must be a list of texts.");
        }
        texts.unwrap_or_default()
    }

    fn grades(&mut self, key: &str) -> BTreeSet<Grade> {
        let value = self.object.get(key).cloned().unwrap_or_else(|| Value::Array(Vec::new()));
        let grades = serde_json::from_value(value);
        if grades.is_err() {
            self.problem(key, "unknown_value", "This must be a list of the grades A, B, C, D.");
        }
        grades.unwrap_or_default()
    }
}

fn duration_ms(text: &str) -> Option<i64> {
    let unit = match text.chars().last()? {
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => DAY_MS,
        _ => return None,
    };
    let digits = text.strip_suffix(|_: char| true)?;
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let count: i64 = if all_digits { digits.parse().ok()? } else { return None };
    (count <= 36_525).then(|| count * unit)
}
