//! What the read model can be asked beforehand for a segment: fewer leads to look at, and none of its members missed.
//!
//! The condition itself is asked of every lead that comes back, so this may only ever ask for too little.

use lead_domain::Instant;
use lead_domain::lead::{Score, Temperature};
use lead_domain::policy::{Condition, Policy};
use read_model::LeadFilter;

/// The filter with what the temperatures need that are asked for: whoever is warm or hot has points, and the index of scores
/// finds them where no other does.
pub(crate) fn with_rank_bound(mut filter: LeadFilter, at: Instant, policy: &Policy) -> LeadFilter {
    let known = [Temperature::Cold, Temperature::Warm, Temperature::Hot];
    let asked = known.into_iter().find(|one| filter.temperature.iter().any(|name| name == one.name()));
    if let Some(implied) = asked.and_then(|coldest| Score::rank_bound_of(coldest, at, policy)) {
        filter.min_rank_key = Some(filter.min_rank_key.map_or(implied, |least| least.max(implied)));
    }
    filter
}

/// The filter with what the condition needs at the least, where nothing else is asked of the same column.
pub(crate) fn added(mut filter: LeadFilter, condition: &Condition) -> LeadFilter {
    let coded = |texts: Vec<String>| texts.into_iter().map(Some).collect();
    needed(condition, "stage", &mut filter.stage, coded);
    // Conditions compare without case; grades are the only codes that have any.
    needed(condition, "grade", &mut filter.grade, |texts| {
        coded(texts.iter().map(|text| text.to_uppercase()).collect())
    });
    needed(condition, "temperature", &mut filter.temperature, |texts| texts);
    needed(condition, "disposition", &mut filter.disposition, |texts| texts);
    // The column is lower-cased and trimmed as conditions compare.
    needed(condition, "country", &mut filter.country, |texts| texts);
    filter
}

fn needed<T>(
    condition: &Condition,
    field: &str,
    column: &mut Vec<T>,
    asked: impl FnOnce(Vec<String>) -> Vec<T>,
) {
    // An empty list asks for any.
    if column.is_empty()
        && let Some(texts) = condition.needed_texts(field)
    {
        *column = asked(texts.into_iter().map(str::to_owned).collect());
    }
}

#[cfg(test)]
mod tests {
    use lead_domain::segment::Segments;
    use serde_json::{Value, json};

    use super::*;

    fn with(filter: LeadFilter, when: Value) -> LeadFilter {
        let segments = Segments::parse(&json!([{"name": "x", "when": when}])).unwrap();
        added(filter, &segments.named("x").unwrap().when)
    }

    fn texts(all: &[&str]) -> Vec<String> {
        all.iter().copied().map(str::to_owned).collect()
    }

    #[test]
    fn codes_are_asked_for_as_the_columns_have_them() {
        let when = json!({"stage": "Lead", "grade": ["a", "B"], "temperature": "HOT", "country": " Fr",
            "disposition": {"in": ["open"]}, "score": {"gte": 5}, "owner": "kim"});
        let expected = LeadFilter {
            stage: vec![Some("lead".to_owned())],
            grade: vec![Some("A".to_owned()), Some("B".to_owned())],
            temperature: texts(&["hot"]),
            disposition: texts(&["open"]),
            country: texts(&["fr"]),
            ..LeadFilter::default()
        };
        assert_eq!(with(LeadFilter::default(), when), expected);
    }

    #[test]
    fn who_is_to_be_warm_is_asked_for_by_score_as_well() {
        let (policy, at) = (Policy::default_policy(), Instant::from_millis(1_770_000_000_000));
        let bound = |temperatures: &[&str], least: Option<f64>| {
            let min_rank_key = least.and_then(|least| Score::rank_bound(least, at, &policy));
            let filter =
                LeadFilter { temperature: texts(temperatures), min_rank_key, ..LeadFilter::default() };
            with_rank_bound(filter, at, &policy).min_rank_key
        };
        let scored = |least: f64| Score::rank_bound(least, at, &policy);
        assert_eq!(bound(&["hot"], None), scored(45.0 - 1e-6));
        assert_eq!(bound(&["hot", "warm"], None), scored(20.0 - 1e-6));
        assert_eq!(bound(&["hot"], Some(60.0)), scored(60.0), "what the caller asks for is more");
        assert_eq!([bound(&[], None), bound(&["cold", "hot"], None)], [None, None]);
    }

    #[test]
    fn what_the_caller_asks_for_stays() {
        let asked = LeadFilter { country: texts(&["be"]), ..LeadFilter::default() };
        assert_eq!(with(asked.clone(), json!({"country": ["fr", "be"]})), asked);
    }

    #[test]
    fn nothing_is_asked_for_where_a_member_might_be_missed() {
        for when in [
            json!({"any": [{"stage": "lead"}, {"country": "FR"}]}),
            json!({"not": {"stage": "lead"}}),
            json!({"stage": {"ne": "lead"}}),
            json!({"country": {"matches": "fr"}}),
        ] {
            assert_eq!(with(LeadFilter::default(), when.clone()), LeadFilter::default(), "{when}");
        }
    }
}
