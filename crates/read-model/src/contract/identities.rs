//! Identifiers, pairs, and whose turn it is.

use std::collections::BTreeMap;

use lead_domain::LeadId;
use lead_domain::identity::{IdentifierKind, Pair};

use super::Stand;
use super::sample::{email, key, lead, lead_id, member, named, only_id};
use super::stand::{Owner, identifiers, owner};
use crate::{BatchWrite, IdentifierRow, LeadRow, LockedIdentities, ProjectionTransaction, StoreError};

fn alone(number: u128, kind: Option<IdentifierKind>) -> IdentifierRow {
    IdentifierRow { id: lead_id(number), kind, lead_id: lead_id(number), first_fact: None }
}

pub async fn an_identifier_is_inserted_once_and_completed_later(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let mut batch = owner.begin().await;
    let locked = batch.lock_identities(&[email(2), only_id(1), only_id(2), email(2)]).await.expect("locked");
    let expected = vec![alone(1, None), alone(2, Some(IdentifierKind::Email))];
    assert_eq!(locked, LockedIdentities { identifiers: expected, ..LockedIdentities::default() });
    batch.commit(identifiers(vec![member(2, 2)])).await.expect("committed");

    let mut batch = owner.begin().await;
    let phone = named(1, IdentifierKind::Phone, "+33612345678");
    let locked = batch.lock_identities(&[only_id(2), phone]).await.expect("locked");
    assert_eq!(locked.identifiers, [alone(1, Some(IdentifierKind::Phone)), member(2, 2)]);
    let nothing = batch.lock_identities(&[]).await.expect("locked");
    assert_eq!(nothing, LockedIdentities::default());
}

pub async fn one_identifier_locks_all_of_its_lead(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let all = [email(1), email(2), email(3), email(4)];
    let group = vec![member(1, 2), member(2, 2), member(3, 2)];
    owner.project(&all, &[], identifiers(group.clone())).await;

    let mut batch = owner.begin().await;
    let locked = batch.lock_identities(&[email(3)]).await.expect("locked");
    assert_eq!(locked.identifiers, group);
}

fn full_pair(one: u128, other: u128) -> Pair {
    let linked = Some((key(12), lead_id(other)));
    Pair { ends: (lead_id(one), lead_id(other)), sighted: Some(key(11)), linked, unlinked: Some(key(13)) }
}

pub async fn pairs_come_back_whole(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let bare = Pair::new(lead_id(1), lead_id(3));
    let write = BatchWrite { pairs: vec![bare, full_pair(1, 2), full_pair(2, 3)], ..BatchWrite::default() };
    owner.project(&[email(1), email(2), email(3)], &[], write).await;

    let replaced = Pair { sighted: Some(key(9)), ..Pair::new(lead_id(1), lead_id(3)) };
    let write = BatchWrite { pairs: vec![replaced.clone()], ..BatchWrite::default() };
    owner.project(&[email(1), email(3)], &[], write).await;

    let mut batch = owner.begin().await;
    let locked = batch.lock_identities(&[email(1), email(2), email(3)]).await.expect("locked");
    assert_eq!(locked.pairs, [full_pair(1, 2), replaced, full_pair(2, 3)]);
    assert_eq!(locked.other_ends, []);
}

pub async fn a_pair_with_an_end_outside_tells_its_kind(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let phone = named(5, IdentifierKind::Phone, "+33612345678");
    let write = BatchWrite { pairs: vec![full_pair(1, 5), full_pair(2, 5)], ..BatchWrite::default() };
    owner.project(&[email(1), email(2), phone], &[], write).await;

    let mut batch = owner.begin().await;
    let locked = batch.lock_identities(&[email(2)]).await.expect("locked");
    assert_eq!(locked.identifiers, [alone(2, Some(IdentifierKind::Email))]);
    assert_eq!(locked.pairs, [full_pair(2, 5)]);
    assert_eq!(locked.other_ends, [(lead_id(5), IdentifierKind::Phone)]);
}

/// Both bring a new identifier 1; the first gives it, and 2, to lead 3 while the second waits.
pub async fn two_batches_about_one_person_take_turns(stand: &dyn Stand) {
    let mut first = owner(stand).await;
    first.project(&[email(2), email(3)], &[], BatchWrite::default()).await;
    let mut second = Owner::of(stand, 1, first.generation()).await;

    let mut batch = first.begin().await;
    batch.lock_identities(&[email(3), email(2), email(1)]).await.expect("locked");
    let waiting = tokio::spawn(async move {
        let mut batch = second.begin().await;
        let locked = batch.lock_identities(&[email(4), email(1)]).await.expect("locked");
        batch.commit(BatchWrite::default()).await.expect("committed");
        locked
    });
    stand.until_somebody_waits().await;
    assert!(!waiting.is_finished());

    let joined = vec![member(1, 3), member(2, 3), member(3, 3)];
    batch.commit(identifiers(joined.clone())).await.expect("committed");
    let locked = waiting.await.expect("it ends");
    let fourth = alone(4, Some(IdentifierKind::Email));
    assert_eq!(locked.identifiers, [joined[0], joined[1], joined[2], fourth]);
}

/// Three leads of two identifiers each, and a batch after the other that names some of them and adds one to each of
/// their leads: an addition is lost when two batches have one lead at a time.
pub async fn many_batches_about_the_same_people_lose_nothing(stand: &dyn Stand) {
    const BATCHES: u128 = 15;
    let mut first = owner(stand).await;
    let all: Vec<_> = (1..=6).map(email).collect();
    let members = (1..=6).map(|number| member(number, (number - 1) / 2 * 2 + 1)).collect();
    first.project(&all, &[], identifiers(members)).await;

    let mut owners = tokio::task::JoinSet::new();
    for partition in 1..=3_u8 {
        let mut owner = Owner::of(stand, i32::from(partition), first.generation()).await;
        owners.spawn(async move {
            let mut added = BTreeMap::new();
            for batch in 0..BATCHES {
                let names = some_of_six(u128::from(partition) * 1000 + batch);
                for lead in add_until_it_holds(&mut owner, &names).await {
                    *added.entry(lead).or_insert(0) += 1;
                }
            }
            added
        });
    }
    let mut expected = BTreeMap::new();
    while let Some(added) = owners.join_next().await {
        for (lead, times) in added.expect("all added") {
            *expected.entry(lead).or_insert(0) += times;
        }
    }
    let mut batch = first.begin().await;
    let leads = batch.leads(first.generation(), &[1, 3, 5].map(lead_id)).await.expect("read");
    let found: BTreeMap<LeadId, u64> = leads.iter().map(|lead| (lead.id, counted(&lead.state))).collect();
    assert_eq!(found, expected);
}

/// Two to three of the numbers 1 to 6, in no order.
fn some_of_six(seed: u128) -> Vec<u128> {
    let mixed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) >> 33;
    let mut numbers = vec![mixed % 6 + 1, mixed / 6 % 6 + 1, mixed / 36 % 6 + 1];
    numbers.dedup();
    numbers
}

async fn add_until_it_holds(owner: &mut Owner, numbers: &[u128]) -> Vec<LeadId> {
    loop {
        let batch = owner.try_begin().await.expect("begun");
        match add(batch, owner.generation(), numbers).await {
            Ok(leads) => {
                owner.stepped();
                return leads;
            }
            Err(error) => assert!(matches!(error, StoreError::Conflict(_)), "{error}"),
        }
    }
}

async fn add(
    mut batch: Box<dyn ProjectionTransaction>,
    generation: i64,
    numbers: &[u128],
) -> Result<Vec<LeadId>, StoreError> {
    let named: Vec<_> = numbers.iter().map(|number| email(*number)).collect();
    let locked = batch.lock_identities(&named).await?;
    let mut ids: Vec<LeadId> = locked.identifiers.iter().map(|row| row.lead_id).collect();
    ids.sort();
    ids.dedup();
    let stored = batch.leads(generation, &ids).await?;
    let so_far = |id: LeadId| stored.iter().find(|lead| lead.id == id).map_or(0, |lead| counted(&lead.state));
    let leads = ids.iter().map(|id| LeadRow { state: (so_far(*id) + 1).to_string(), ..lead(id.0.as_u128()) });
    batch.commit(BatchWrite { leads: leads.collect(), ..BatchWrite::default() }).await?;
    Ok(ids)
}

fn counted(state: &str) -> u64 {
    state.parse().expect("a number")
}
