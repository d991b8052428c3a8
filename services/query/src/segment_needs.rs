//! What the read model can be asked beforehand for a segment: fewer leads to look at, and none of its members missed.
//!
//! The condition itself is asked of every lead that comes back, so this may only ever ask for too little.

use lead_domain::policy::Condition;
use read_model::LeadFilter;

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
