//! Leads as the projector and the reader see them.

use super::Stand;
use super::sample::{at, email, key, lead, lead_id, letter, member};
use super::stand::{found, owner};
use crate::{BatchWrite, DeadLetter, Found, LeadFilter, LeadRow, LeadSort, StoredLead};

fn write(leads: Vec<LeadRow>) -> BatchWrite {
    let identifiers = leads.iter().map(|lead| member(lead.id.0.as_u128(), lead.id.0.as_u128())).collect();
    BatchWrite { identifiers, leads, ..BatchWrite::default() }
}

fn stored(lead: &LeadRow) -> StoredLead {
    let LeadRow { id, last_fact, ref state, next_change, .. } = *lead;
    StoredLead { id, last_fact, state: state.clone(), next_change }
}

pub async fn a_lead_comes_back_as_written(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let strange = LeadRow {
        next_change: Some(at(7)),
        state: "{\"name\":\"O'\\\"é\u{1f33b}\\n\"}".to_owned(),
        ..lead(2)
    };
    owner.project(&[email(1), email(2)], &[], write(vec![strange.clone(), lead(1)])).await;

    let mut batch = owner.begin().await;
    let leads = batch.leads(owner.generation(), &[lead_id(2), lead_id(1), lead_id(9)]).await.expect("read");
    assert_eq!(leads, [stored(&lead(1)), stored(&strange)]);
    drop(batch);
    assert_eq!(owner.find(stand, 2).await, found(lead_id(2), &strange.state, false));
}

pub async fn a_lead_is_replaced_whole(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    owner.project(&[email(1)], &[], write(vec![lead(1)])).await;
    let mut newer = LeadRow { last_fact: key(5), state: "{}".to_owned(), ..lead(1) };
    newer.columns.stage = Some("prospect");
    newer.columns.roles = vec!["press".to_owned()];
    newer.columns.last_activity_at = Some(at(5));
    owner.project(&[email(1)], &[], write(vec![newer.clone()])).await;
    let same_facets = LeadRow { last_fact: key(6), ..newer.clone() };
    owner.project(&[email(1)], &[], write(vec![same_facets.clone()])).await;

    let mut batch = owner.begin().await;
    assert_eq!(batch.leads(owner.generation(), &[lead_id(1)]).await.expect("read"), [stored(&same_facets)]);
    drop(batch);
    let filter = LeadFilter {
        stage: vec![Some("prospect".to_owned())],
        role: vec!["press".to_owned()],
        ..LeadFilter::default()
    };
    let reader = stand.reader();
    let listed =
        reader.list(owner.generation(), &filter, LeadSort::LastActivity, None, 9).await.expect("read");
    assert_eq!(listed.len(), 1);
}

pub async fn a_lead_that_is_gone_is_found_no_more(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    owner.project(&[email(1), email(2)], &[], write(vec![lead(1), lead(2)])).await;
    let gone = BatchWrite { gone: vec![lead_id(1), lead_id(8)], ..BatchWrite::default() };
    owner.project(&[email(1)], &[], gone).await;

    assert_eq!(owner.find(stand, 1).await, Found::Nothing);
    let all = LeadFilter::default();
    for sort in [LeadSort::Score, LeadSort::Created] {
        let listed = stand.reader().list(owner.generation(), &all, sort, None, 9).await.expect("read");
        assert_eq!(listed.iter().map(|listed| listed.lead.id).collect::<Vec<_>>(), [lead_id(2)]);
    }
}

pub async fn an_id_that_was_merged_leads_to_the_lead(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let merged = BatchWrite {
        identifiers: vec![member(1, 2), member(2, 2)],
        leads: vec![lead(2)],
        gone: vec![lead_id(1)],
        ..BatchWrite::default()
    };
    owner.project(&[email(1), email(2)], &[], merged).await;
    assert_eq!(owner.find(stand, 1).await, Found::MovedTo(lead_id(2)));
    assert_eq!(owner.find(stand, 2).await, found(lead_id(2), "{\"lead\":2}", false));
}

pub async fn an_identifier_without_facts_is_no_lead(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let mut silent = member(1, 2);
    silent.first_fact = None;
    let write =
        BatchWrite { identifiers: vec![silent, member(2, 2)], leads: vec![lead(2)], ..BatchWrite::default() };
    owner.project(&[email(1), email(2), email(3)], &[], write).await;
    for number in [1, 3, 4] {
        assert_eq!(owner.find(stand, number).await, Found::Nothing, "{number}");
    }
}

pub async fn a_lead_that_misses_a_record_is_incomplete(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let mut write = write((1..=4).map(lead).collect());
    write.identifiers.push(member(5, 4));
    owner.project(&[email(1), email(2), email(3), email(4), email(5)], &[], write).await;
    let letters = vec![
        letter(1, DeadLetter::UNREADABLE, Some(1)),
        letter(2, DeadLetter::ID_CONFLICT, Some(2)),
        letter(3, DeadLetter::UNREADABLE, None),
        letter(4, DeadLetter::UNFOLDABLE, Some(5)),
    ];
    for _ in 0..2 {
        let write = BatchWrite { dead_letters: letters.clone(), ..BatchWrite::default() };
        owner.project(&[], &[], write).await;
    }

    let listed =
        stand.reader().list(owner.generation(), &LeadFilter::default(), LeadSort::Score, None, 9).await;
    for (row, incomplete) in listed.expect("read").iter().zip([true, false, false, true]) {
        assert_eq!(row.lead.incomplete, incomplete, "{}", row.lead.id);
        let id = row.lead.id;
        assert_eq!(owner.find(stand, id.0.as_u128()).await, found(id, &row.lead.state, incomplete));
    }
}
