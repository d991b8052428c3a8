//! The event store.

use lead_domain::fact::LeadEvent;

use super::Stand;
use super::sample::{email, event, fact, key, lead_id, member, row};
use super::stand::{identifiers, owner};
use crate::{Appended, BatchWrite, TimelineRow};

pub async fn a_fact_goes_in_once_and_the_first_content_stays(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let mut batch = owner.begin().await;
    let appended = batch.append(&[row(1, fact(2)), row(1, fact(1))]).await.expect("appended");
    assert_eq!(appended, [Appended::New, Appended::New]);
    let again = batch.append(&[row(1, fact(1))]).await.expect("appended");
    assert_eq!(again, [Appended::Duplicate], "within one batch");
    batch.commit(BatchWrite::default()).await.expect("committed");

    let mut batch = owner.begin().await;
    let other_content = event(2, "page.viewed", 2, "other");
    let other_instant = event(1, "page.viewed", 9, "same");
    let rows = [row(1, other_content), row(1, fact(3)), row(1, other_instant), row(7, fact(4))];
    let appended = batch.append(&rows).await.expect("appended");
    assert_eq!(appended, [Appended::Conflict, Appended::New, Appended::Duplicate, Appended::New]);
    assert_eq!(batch.append(&[]).await.expect("appended"), []);

    let facts = batch.facts(&[lead_id(1)]).await.expect("read");
    assert_eq!(facts, [row(1, fact(1)), row(1, fact(2)), row(1, fact(3))]);
}

pub async fn facts_of_subjects_come_in_the_order_of_facts(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let late = event(1, "email.opened", 0, "same");
    let early = event(9, "page.viewed", 0, "same");
    let same_rank = event(3, "page.viewed", 0, "same");
    let before_1970 = event(5, "page.viewed", -1_770_000_000_001, "same");
    let rows = [
        row(2, late),
        row(2, early),
        row(2, same_rank),
        row(1, fact(8)),
        row(3, fact(7)),
        row(2, before_1970),
    ];
    owner.project(&[], &rows, BatchWrite::default()).await;

    let mut batch = owner.begin().await;
    let facts = batch.facts(&[lead_id(2), lead_id(1), lead_id(4)]).await.expect("read");
    let expected = [rows[3].clone(), rows[5].clone(), rows[2].clone(), rows[1].clone(), rows[0].clone()];
    assert_eq!(facts, expected);
}

/// Lead 1 with the identifiers 1 and 2, and facts 1 to 6 that stand under them by turns.
async fn two_subjects(stand: &dyn Stand) -> Vec<LeadEvent> {
    let mut owner = owner(stand).await;
    let facts: Vec<LeadEvent> = (1..=6).map(fact).collect();
    let mut rows: Vec<TimelineRow> = facts
        .iter()
        .cloned()
        .zip([1, 2].into_iter().cycle())
        .map(|(fact, subject)| row(subject, fact))
        .collect();
    rows.push(row(3, fact(7)));
    let members = identifiers(vec![member(1, 1), member(2, 1), member(3, 3)]);
    owner.project(&[email(1), email(2), email(3)], &rows, members).await;
    facts
}

pub async fn the_facts_of_a_lead_are_those_of_all_its_identifiers(stand: &dyn Stand) {
    let facts = two_subjects(stand).await;
    let reader = stand.reader();
    assert_eq!(reader.facts(lead_id(1)).await.expect("read"), facts);
    assert_eq!(reader.facts(lead_id(2)).await.expect("read"), [], "it is no lead");
    assert_eq!(reader.facts(lead_id(9)).await.expect("read"), []);
}

pub async fn a_timeline_is_paged_newest_first(stand: &dyn Stand) {
    let mut facts = two_subjects(stand).await;
    facts.reverse();
    let reader = stand.reader();
    let first = reader.timeline(lead_id(1), None, 4).await.expect("read");
    assert_eq!(first, facts[..4]);
    let second = reader.timeline(lead_id(1), Some(key(3)), 4).await.expect("read");
    assert_eq!(second, facts[4..]);
    assert_eq!(reader.timeline(lead_id(1), Some(key(1)), 4).await.expect("read"), []);
}

pub async fn a_fact_comes_back_as_it_was_stored(stand: &dyn Stand) {
    let stored = two_subjects(stand).await[0].to_json();
    let read = stand.reader().facts(lead_id(1)).await.expect("read")[0].to_json();
    assert_eq!(read, stored);
}
