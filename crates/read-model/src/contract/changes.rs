//! The change feed.

use lead_domain::EventId;

use super::Stand;
use super::sample::{change, event_id};
use super::stand::{Owner, activate, owner};
use crate::{BatchWrite, ChangeRow};

/// Numbers and ids of the whole feed.
async fn feed(stand: &dyn Stand) -> Vec<(i64, EventId)> {
    let feed = stand.reader().changes(0, 1_000).await.expect("read");
    feed.into_iter().map(|one| (one.number, one.change.id)).collect()
}

fn announcing(changes: Vec<ChangeRow>) -> BatchWrite {
    BatchWrite { changes, ..BatchWrite::default() }
}

pub async fn changes_are_numbered_in_their_order_and_announced_once(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    owner.project(&[], &[], announcing(vec![change(5), change(3), change(4)])).await;
    let by_time = ChangeRow { because_event: None, from: Some("hot".to_owned()), to: None, ..change(1) };
    owner.project(&[], &[], announcing(vec![change(4), by_time, change(5)])).await;

    let feed = feed(stand).await;
    let ids: Vec<EventId> = feed.iter().map(|(_, id)| *id).collect();
    assert_eq!(ids, [5, 3, 4, 1].map(event_id));
    assert!(feed.windows(2).all(|pair| pair[0].0 < pair[1].0));
}

pub async fn a_reader_never_sees_a_number_below_one_it_has_seen(stand: &dyn Stand) {
    const BATCHES: u128 = 20;
    let generation = activate(stand, "first").await;
    let mut owners = tokio::task::JoinSet::new();
    for partition in 0..3_u8 {
        let mut owner = Owner::of(stand, i32::from(partition), generation).await;
        owners.spawn(async move {
            for batch in 0..BATCHES {
                let first = u128::from(partition) * 1000 + batch * 2;
                owner.project(&[], &[], announcing(vec![change(first), change(first + 1)])).await;
            }
        });
    }
    let mut seen = Vec::new();
    loop {
        let all_done = owners.is_empty();
        let feed = feed(stand).await;
        assert_eq!(feed[..seen.len()], seen, "what was seen is the beginning of what is there");
        seen = feed;
        if all_done {
            break;
        }
        while let Some(done) = owners.try_join_next() {
            done.expect("all announced");
        }
    }
    assert_eq!(seen.len(), 120);
}

pub async fn a_change_comes_back_as_it_was_announced(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let by_policy = ChangeRow {
        because_event: None,
        because_rule: None,
        because_policy: Some("second".to_owned()),
        policy: "second".to_owned(),
        what: "customer_state",
        from: Some("active".to_owned()),
        to: None,
        ..change(2)
    };
    let told = vec![change(1), by_policy, change(3)];
    owner.project(&[], &[], announcing(told.clone())).await;

    let reader = stand.reader();
    let feed = reader.changes(0, 9).await.expect("read");
    assert_eq!(feed.iter().map(|one| one.change.clone()).collect::<Vec<_>>(), told);
    let rest = reader.changes(feed[0].number, 1).await.expect("read");
    assert_eq!(rest, feed[1..2]);
    assert_eq!(reader.changes(feed[2].number, 9).await.expect("read"), []);
}
