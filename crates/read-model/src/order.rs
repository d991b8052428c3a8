//! Order columns: what lists are sorted by, so encoded that every order ascends and no key is null.
//!
//! A page then starts behind a place with `(order, id) > (…)`, one range of one index.

use lead_domain::{Instant, LeadId};

use crate::reader::{After, LeadSort};

/// The order of an instant that is missing: behind all others.
const NO_INSTANT: i64 = i64::MAX;
/// Before each name that is there …
const NAMED: &str = "0";
/// … and instead of one that is not.
const NO_NAME: &str = "1";

/// The value of an order column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Order {
    Score(f64),
    Instant(i64),
    Name(String),
}

/// Highest first, none last.
pub(crate) fn score_order(rank_key: Option<f64>) -> f64 {
    rank_key.filter(|key| key.is_finite()).map_or(f64::INFINITY, |key| 0.0 - key)
}

/// The rank key again, with the same bits; there is only one zero.
pub(crate) fn rank_key(order: f64) -> Option<f64> {
    order.is_finite().then_some(0.0 - order)
}

/// Latest first, none last.
pub(crate) fn instant_order(at: Option<Instant>) -> i64 {
    at.map_or(NO_INSTANT, |at| -at.millis())
}

/// Leads created in `[from, to)`: their order of creation is at most the first, and above the second.
pub(crate) fn created_between(from: Option<Instant>, to: Option<Instant>) -> (i64, i64) {
    let order = |at: Instant| instant_order(Some(at));
    (from.map_or(i64::MAX, order), to.map_or(i64::MIN, order))
}

/// The instant again.
pub(crate) fn instant(order: i64) -> Option<Instant> {
    (order != NO_INSTANT).then(|| Instant::from_millis(order.saturating_neg()))
}

/// By code point, none last.
pub(crate) fn name_order(name: Option<&str>) -> String {
    name.map_or_else(|| NO_NAME.to_owned(), |name| format!("{NAMED}{name}"))
}

/// The name again.
pub(crate) fn name(order: &str) -> Option<String> {
    order.strip_prefix(NAMED).map(str::to_owned)
}

/// The row behind which a page starts; none when it is a place in another order.
pub(crate) fn start_of(sort: LeadSort, after: &After) -> Option<(Order, LeadId)> {
    match (sort, after) {
        (LeadSort::Score, After::Score(key, id)) => Some((Order::Score(score_order(*key)), *id)),
        (LeadSort::LastActivity | LeadSort::Created, After::Instant(at, id)) => {
            Some((Order::Instant(instant_order(*at)), *id))
        }
        (LeadSort::Name, After::Name(name, id)) => Some((Order::Name(name_order(name.as_deref())), *id)),
        (LeadSort::Score | LeadSort::LastActivity | LeadSort::Created | LeadSort::Name, _) => None,
    }
}

/// The place of a row, as the next page takes it.
pub(crate) fn place_of(order: Order, id: LeadId) -> After {
    match order {
        Order::Score(order) => After::Score(rank_key(order), id),
        Order::Instant(order) => After::Instant(instant(order), id),
        Order::Name(order) => After::Name(name(&order), id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_ascends_where_the_list_descends_and_puts_what_is_missing_last() {
        let keys = [Some(700.25), Some(1.5), Some(0.0), Some(-3.0), None];
        let orders: Vec<f64> = keys.iter().map(|key| score_order(*key)).collect();
        assert!(orders.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(orders.iter().map(|order| rank_key(*order)).collect::<Vec<_>>(), keys);
        assert_eq!(rank_key(score_order(Some(0.0))).map(f64::to_bits), Some(0.0_f64.to_bits()));

        let (early, late) = (Instant::from_millis(-5), Instant::from_millis(7));
        assert!(instant_order(Some(late)) < instant_order(Some(early)));
        assert!(instant_order(Some(early)) < instant_order(None));
        assert_eq!(instant(instant_order(Some(early))), Some(early));
        assert_eq!(instant(instant_order(None)), None);

        assert!(name_order(Some("\u{10ffff}\u{10ffff}")) < name_order(None));
        assert_eq!(name(&name_order(Some("1"))), Some("1".to_owned()));
        assert_eq!(name(&name_order(None)), None);
    }
}
