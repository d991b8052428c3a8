//! What time changes, and who announces it.

use super::Stand;
use super::sample::{at, change, email, lead, lead_id, member};
use super::stand::{Owner, owner};
use crate::{BatchWrite, LeadRow, StoreError};

async fn due_at(owner: &mut Owner, due: &[(u128, Option<i64>)]) {
    let lead = |(number, due): &(u128, Option<i64>)| LeadRow { next_change: due.map(at), ..lead(*number) };
    let write = BatchWrite {
        identifiers: due.iter().map(|(number, _)| member(*number, *number)).collect(),
        leads: due.iter().map(lead).collect(),
        ..BatchWrite::default()
    };
    let named: Vec<_> = due.iter().map(|(number, _)| email(*number)).collect();
    owner.project(&named, &[], write).await;
}

pub async fn what_is_due_is_taken_once_and_noted_anew(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    due_at(&mut owner, &[(1, Some(10)), (2, Some(20)), (3, None), (4, Some(5))]).await;
    let clock = stand.clockwork();
    let generation = owner.generation();
    assert!(clock.due(generation, at(4), 9).await.expect("read").is_none());
    let batch = clock.due(generation, at(10), 9).await.expect("read").expect("due");
    let mut due: Vec<_> = batch.leads().iter().map(|due| (due.id, due.next_change)).collect();
    due.sort();
    assert_eq!(due, [(lead_id(1), Some(at(10))), (lead_id(4), Some(at(5)))]);
    batch.commit(&[change(1)], &[(lead_id(1), Some(at(12))), (lead_id(4), None)]).await.expect("announced");

    assert_eq!(stand.reader().changes(0, 9).await.expect("read").len(), 1);
    assert!(clock.due(generation, at(11), 9).await.expect("read").is_none());
    let batch = clock.due(generation, at(30), 1).await.expect("read").expect("due");
    assert_eq!(
        batch.leads().iter().map(|due| due.id).collect::<Vec<_>>(),
        [lead_id(1)],
        "the earliest first"
    );
    drop(batch);
    due_at(&mut owner, &[(1, None)]).await;
    let batch = clock.due(generation, at(30), 9).await.expect("read").expect("due");
    assert_eq!(batch.leads().iter().map(|due| due.id).collect::<Vec<_>>(), [lead_id(2)]);
    drop(batch);
    let other = clock.due(generation + 1, at(30), 9).await.err();
    assert!(other.is_none_or(|error| matches!(error, StoreError::Superseded { .. })));
}

pub async fn two_processes_do_not_take_the_same_lead(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    due_at(&mut owner, &[(1, Some(1)), (2, Some(2))]).await;
    let (clock, generation) = (stand.clockwork(), owner.generation());
    let first = clock.due(generation, at(9), 1).await.expect("read").expect("due");
    let taken = first.leads()[0].id;
    let other = stand.clockwork();
    let second = tokio::spawn(async move {
        let batch = other.due(generation, at(9), 9).await.expect("read");
        batch.map(|batch| batch.leads().iter().map(|due| due.id).collect::<Vec<_>>())
    });
    // Where there is one writer, the second waits for the first.
    stand.until_somebody_waits_or_ends(&second).await;
    first.commit(&[], &[(taken, None)]).await.expect("announced");
    assert_eq!(second.await.expect("it ends"), Some(vec![lead_id(2)]));
}
