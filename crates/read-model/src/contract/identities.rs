//! Identifiers, pairs, and whose turn it is.

use lead_domain::identity::{IdentifierKind, Pair};

use super::Stand;
use super::sample::{email, key, lead_id, member, named, only_id};
use super::stand::{Owner, identifiers, owner};
use crate::{BatchWrite, IdentifierRow, LockedIdentities};

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
