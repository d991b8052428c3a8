use uuid::Uuid;

use super::*;
use crate::ids::EventId;
use crate::instant::Instant;

/// Identifiers are named by kind and number: e1, x1 (external), p1, a1.
fn id(name: &str) -> LeadId {
    let mut bytes = [0; 16];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    LeadId(Uuid::from_bytes(bytes))
}

fn kind(name: &str) -> IdentifierKind {
    match name.as_bytes()[0] {
        b'e' => IdentifierKind::Email,
        b'x' => IdentifierKind::ExternalId,
        b'p' => IdentifierKind::Phone,
        _ => IdentifierKind::AnonymousId,
    }
}

fn at(minute: i64) -> OrderKey {
    OrderKey { at: Instant::from_millis(minute * 60_000), rank: 0, event_id: EventId(Uuid::nil()) }
}

enum Said {
    Seen(&'static str, &'static str, i64),
    /// lead, other
    Linked(&'static str, &'static str, i64),
    Unlinked(&'static str, &'static str, i64),
}
use Said::{Linked, Seen, Unlinked};

/// The persons, each as its sorted names, sorted.
fn persons(names: &[&'static str], said: &[Said]) -> Vec<String> {
    let mut pairs: BTreeMap<(LeadId, LeadId), Pair> = BTreeMap::new();
    for one in said {
        let (a, b, when, event) = match *one {
            Seen(a, b, when) => (a, b, when, PairEvent::Sighted),
            Linked(lead, other, when) => {
                let given = if kind(lead) > kind(other) { lead } else { other };
                (lead, other, when, PairEvent::Linked { given: id(given) })
            }
            Unlinked(a, b, when) => (a, b, when, PairEvent::Unlinked),
        };
        let pair = Pair::new(id(a), id(b));
        pairs.entry(pair.ends).or_insert(pair).add(at(when), event);
    }
    let kinds: BTreeMap<_, _> = names.iter().map(|name| (id(name), kind(name))).collect();
    let members = kinds.keys().copied().collect();
    let grouping = group(&members, &kinds, &pairs.into_values().collect::<Vec<_>>());
    assert!(grouping.outside.is_empty());
    let mut persons: BTreeMap<LeadId, Vec<&str>> = BTreeMap::new();
    for name in names {
        persons.entry(grouping.roots[&id(name)]).or_default().push(name);
    }
    let mut shown: Vec<String> = persons.into_values().map(|names| names.join("+")).collect();
    shown.sort();
    shown
}

#[test]
fn two_emails_under_one_external_id_are_one_person() {
    assert_eq!(persons(&["e1", "e2", "x1"], &[Seen("e1", "x1", 1), Seen("e2", "x1", 2)]), ["e1+e2+x1"]);
}

#[test]
fn a_weak_identifier_belongs_to_the_first_person_it_was_seen_with() {
    assert_eq!(persons(&["e1", "e2", "p1"], &[Seen("e2", "p1", 2), Seen("e1", "p1", 1)]), ["e1+p1", "e2"]);
}

#[test]
fn a_later_sighting_of_an_anonymous_id_beside_a_phone_follows_the_phone() {
    assert_eq!(persons(&["e1", "p1", "a1"], &[Seen("p1", "a1", 1), Seen("e1", "p1", 2)]), ["e1+p1+a1"]);
}

#[test]
fn the_latest_standing_link_counts_before_any_sighting() {
    let said = [Seen("e1", "p1", 1), Linked("e2", "p1", 5), Linked("e3", "p1", 4)];
    assert_eq!(persons(&["e1", "e2", "e3", "p1"], &said), ["e1", "e2+p1", "e3"]);
}

#[test]
fn an_unlink_parts_what_was_linked_before_and_what_later_facts_merely_show() {
    let said = [Linked("e1", "e2", 1), Unlinked("e1", "e2", 2), Seen("e1", "e2", 3)];
    assert_eq!(persons(&["e1", "e2"], &said), ["e1", "e2"]);
    let again = [Linked("e1", "e2", 1), Unlinked("e1", "e2", 2), Linked("e2", "e1", 3)];
    assert_eq!(persons(&["e1", "e2"], &again), ["e1+e2"]);
}

#[test]
fn an_unlinked_weak_identifier_goes_to_the_next_person_it_was_seen_with() {
    let said = [Seen("e1", "p1", 1), Seen("e2", "p1", 2), Unlinked("e1", "p1", 3)];
    assert_eq!(persons(&["e1", "e2", "p1"], &said), ["e1", "e2+p1"]);
}

#[test]
fn of_links_in_a_circle_the_oldest_does_not_count() {
    let said = [Linked("a2", "a1", 1), Linked("a3", "a2", 2), Linked("a1", "a3", 3), Seen("e1", "a1", 9)];
    assert_eq!(persons(&["e1", "a1", "a2", "a3"], &said), ["e1+a1+a2+a3"]);
}

#[test]
fn of_two_weak_identifiers_the_weaker_goes_to_the_stronger() {
    let said = [Seen("e1", "a1", 1), Seen("e2", "p1", 1), Linked("a1", "p1", 2)];
    assert_eq!(persons(&["e1", "e2", "p1", "a1"], &said), ["e1", "e2+p1+a1"]);
}

#[test]
fn an_owner_that_was_not_asked_about_is_named() {
    let mut pair = Pair::new(id("e1"), id("p1"));
    pair.add(at(1), PairEvent::Sighted);
    let kinds = BTreeMap::from([(id("e1"), kind("e1")), (id("p1"), kind("p1"))]);
    let grouping = group(&BTreeSet::from([id("p1")]), &kinds, &[pair]);
    assert_eq!(grouping.outside, BTreeSet::from([id("e1")]));
}
