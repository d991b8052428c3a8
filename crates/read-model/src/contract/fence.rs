//! Who may write, and from where.

use super::Stand;
use super::sample::{at, email, fact, lead, letter, member, row};
use super::stand::{Owner, activate, owner};
use crate::{BatchWrite, DeadLetter, PositionMove, StoreError};

pub async fn a_claim_finds_where_the_one_before_left_off_and_has_a_greater_epoch(stand: &dyn Stand) {
    let generation = activate(stand, "first").await;
    let store = stand.projection();
    let first = store.claim(3, "one").await.expect("claimed");
    assert_eq!(first.next_offset, None);

    let step = PositionMove { partition: 3, epoch: first.epoch, from: None, to: 40, latest_fact: None };
    let batch = store.begin(step, &[generation]).await.expect("begun");
    batch.commit(BatchWrite::default()).await.expect("committed");

    let second = stand.projection().claim(3, "two").await.expect("claimed");
    assert_eq!(second.next_offset, Some(40));
    assert!(second.epoch > first.epoch);
}

pub async fn a_position_moves_only_from_where_its_owner_left_it(stand: &dyn Stand) {
    let generation = activate(stand, "first").await;
    let store = stand.projection();
    let epoch = store.claim(0, "one").await.expect("claimed").epoch;
    let begin = async |from, to| {
        store
            .begin(PositionMove { partition: 0, epoch, from, to, latest_fact: None }, &[generation])
            .await
            .err()
    };

    let lost = begin(Some(4), 5).await;
    assert!(matches!(lost, Some(StoreError::Fenced { partition: 0 })), "the store lost commits: {lost:?}");
    let step = PositionMove { partition: 0, epoch, from: None, to: 10, latest_fact: None };
    store
        .begin(step, &[generation])
        .await
        .expect("begun")
        .commit(BatchWrite::default())
        .await
        .expect("committed");
    for from in [None, Some(4), Some(11)] {
        let refused = begin(from, 12).await;
        assert!(matches!(refused, Some(StoreError::Fenced { partition: 0 })), "{from:?}: {refused:?}");
    }
    let unclaimed = PositionMove { partition: 9, epoch: 1, from: None, to: 1, latest_fact: None };
    let refused = store.begin(unclaimed, &[generation]).await.err();
    assert!(matches!(refused, Some(StoreError::Fenced { partition: 9 })), "{refused:?}");
    assert_eq!(stand.reader().positions().await.expect("read"), [(0, 10)]);
}

pub async fn the_batch_of_an_older_claim_is_fenced(stand: &dyn Stand) {
    let old = owner(stand).await;
    let mut new = Owner::of(stand, 0, old.generation()).await;
    let refused = old.try_begin().await.err();
    assert!(matches!(refused, Some(StoreError::Fenced { partition: 0 })), "{refused:?}");
    new.project(&[], &[], BatchWrite::default()).await;
}

pub async fn a_dropped_batch_leaves_nothing(stand: &dyn Stand) {
    let owner = owner(stand).await;
    let before = stand.dump().await;
    let mut batch = owner.try_begin().await.expect("begun");
    batch.lock_identities(&[email(1)]).await.expect("locked");
    batch.append(&[row(1, fact(1))]).await.expect("appended");
    drop(batch);

    assert_eq!(stand.dump().await, before);
    assert_eq!(stand.reader().positions().await.expect("read"), []);
    owner.try_begin().await.expect("the position is where it was");
}

pub async fn a_claim_waits_for_the_open_batch(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let batch = owner.begin().await;
    let other = stand.projection();
    let claim = tokio::spawn(async move { other.claim(0, "other").await });
    stand.until_somebody_waits().await;
    assert!(!claim.is_finished());

    batch.commit(BatchWrite::default()).await.expect("committed");
    let claim = claim.await.expect("it ends").expect("claimed");
    assert_eq!(claim.next_offset, Some(1));
    let refused = owner.try_begin().await.err();
    assert!(matches!(refused, Some(StoreError::Fenced { .. })), "{refused:?}");
}

pub async fn positions_are_told_per_partition(stand: &dyn Stand) {
    let generation = activate(stand, "first").await;
    for partition in [2, 0, 1] {
        let mut owner = Owner::of(stand, partition, generation).await;
        for _ in 0..=partition {
            owner.project(&[], &[], BatchWrite::default()).await;
        }
    }
    Owner::of(stand, 3, generation).await;
    let positions = stand.reader().positions().await.expect("read");
    assert_eq!(positions, [(0, 1), (1, 2), (2, 3)], "what was only claimed has none");

    let again = stand.projection().claim(2, "another").await.expect("claimed");
    let claims = stand.projection().claims().await.expect("read");
    let offsets: Vec<_> = claims.iter().map(|(partition, claim)| (*partition, claim.next_offset)).collect();
    assert_eq!(offsets, [(0, Some(1)), (1, Some(2)), (2, Some(3)), (3, None)]);
    assert_eq!(claims.get(2), Some(&(2, again)));
}

pub async fn a_batch_of_a_generation_that_is_not_active_is_superseded(stand: &dyn Stand) {
    let store = stand.projection();
    let epoch = store.claim(0, "one").await.expect("claimed").epoch;
    let step = PositionMove { partition: 0, epoch, from: None, to: 1, latest_fact: None };
    let none = store.begin(step, &[1]).await.err();
    assert!(matches!(none, Some(StoreError::Superseded { generation: 1 })), "{none:?}");

    let first = activate(stand, "first").await;
    let second = activate(stand, "second").await;
    let old = store.begin(step, &[first]).await.err();
    assert!(matches!(old, Some(StoreError::Superseded { .. })), "{old:?}");
    let batch = store.begin(step, &[second]).await.expect("the position did not move meanwhile");
    let write = BatchWrite {
        identifiers: vec![member(1, 1)],
        leads: vec![lead(1)],
        dead_letters: vec![letter(1, DeadLetter::ID_CONFLICT, None)],
        ..BatchWrite::default()
    };
    batch.commit(write).await.expect("committed");
}

pub async fn the_latest_instant_of_all_facts_is_told(stand: &dyn Stand) {
    let generation = activate(stand, "first").await;
    let reader = stand.reader();
    assert_eq!(reader.latest_fact().await.expect("read"), None);
    for (partition, batches, latest) in [(0, [Some(5), None, Some(3)], 5), (1, [Some(9), Some(4), None], 9)] {
        let store = stand.projection();
        let epoch = store.claim(partition, "owner").await.expect("claimed").epoch;
        for (index, fact) in (0_i64..).zip(batches) {
            let from = (index > 0).then_some(index);
            let step = PositionMove { partition, epoch, from, to: index + 1, latest_fact: fact.map(at) };
            let batch = store.begin(step, &[generation]).await.expect("begun");
            batch.commit(BatchWrite::default()).await.expect("committed");
        }
        assert_eq!(reader.latest_fact().await.expect("read"), Some(at(latest)));
    }
}
