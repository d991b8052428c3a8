//! Policies and folds: which one is answered from.

use super::Stand;
use super::sample::{at, email, fact, lead, lead_id, member, only_id, row};
use super::stand::{activate, found, generation_key, identifiers, owner};
use crate::{
    ActivePolicy, BatchWrite, Found, GenerationState, LeadFilter, LeadRow, LeadSort, Refold, Registered,
    StoreError,
};

pub async fn a_generation_is_registered_once_and_becomes_active(stand: &dyn Stand) {
    let generations = stand.generations();
    assert_eq!(generations.active().await.expect("read"), None);
    assert_eq!(stand.status().active_policy().await.expect("read"), None);

    let key = generation_key("first", 3);
    let registered = generations.register(&key, "the text").await.expect("registered");
    assert_eq!(registered.state, GenerationState::New);
    let again = generations.register(&key, "another text").await.expect("registered");
    assert_eq!(again, registered);
    let switch = generations.begin_switch(registered.generation).await.expect("begun");
    switch.activate(at(7)).await.expect("activated");

    let again = generations.register(&key, "the text").await.expect("registered");
    assert_eq!(again, Registered { state: GenerationState::Active, ..registered });
    let policy_text = "the text".to_owned();
    let active = ActivePolicy { generation: registered.generation, key, policy_text, active_from: at(7) };
    assert_eq!(generations.active().await.expect("read"), Some(active.clone()));
    assert_eq!(stand.status().active_policy().await.expect("read"), Some(active));
    stand.status().ready().await.expect("ready");
}

pub async fn an_old_policy_does_not_come_back(stand: &dyn Stand) {
    activate(stand, "first").await;
    activate(stand, "second").await;
    let generations = stand.generations();
    for (policy, fold_version, state) in [
        ("first", 1, GenerationState::Superseded),
        ("first", 2, GenerationState::Superseded),
        ("second", 1, GenerationState::Active),
        ("second", 2, GenerationState::New),
        ("third", 1, GenerationState::New),
        ("third", 0, GenerationState::Superseded),
    ] {
        let registered =
            generations.register(&generation_key(policy, fold_version), policy).await.expect("registered");
        assert_eq!(registered.state, state, "{policy} {fold_version}");
    }
}

pub async fn a_switch_refolds_every_lead_and_takes_over_whole(stand: &dyn Stand) {
    let mut old = owner(stand).await;
    let leads: Vec<LeadRow> = vec![lead(1), lead(3), lead(4)];
    let members = vec![member(1, 1), member(2, 1), member(3, 3), member(4, 4)];
    let facts = [row(1, fact(1)), row(2, fact(2)), row(3, fact(3)), row(4, fact(4))];
    let write = BatchWrite { leads, ..identifiers(members) };
    old.project(&[email(1), email(2), email(3), email(4), only_id(5)], &facts, write).await;

    let generations = stand.generations();
    let new = generations.register(&generation_key("second", 1), "second").await.expect("registered");
    let mut switch = generations.begin_switch(new.generation).await.expect("begun");
    let first = switch.leads_after(None, 2).await.expect("read");
    let refold = |id, subjects: &[u128]| Refold {
        id: lead_id(id),
        subjects: subjects.iter().map(|subject| lead_id(*subject)).collect(),
    };
    assert_eq!(first, [refold(1, &[1, 2]), refold(3, &[3])]);
    let rest = switch.leads_after(Some(lead_id(3)), 2).await.expect("read");
    assert_eq!(rest, [refold(4, &[4]), refold(5, &[5])]);
    assert_eq!(switch.leads_after(Some(lead_id(5)), 2).await.expect("read"), []);
    assert_eq!(switch.facts(&first[0].subjects).await.expect("read"), facts[..2]);
    let refolded = |number| LeadRow { state: format!("{{\"new\":{number}}}"), ..lead(number) };
    switch.fill(&[refolded(1), refolded(3)]).await.expect("filled");
    switch.fill(&[]).await.expect("filled");
    switch.fill(&[refolded(4)]).await.expect("filled");
    switch.activate(at(9)).await.expect("activated");

    let reader = stand.reader();
    for number in [1, 3, 4] {
        let found_lead = reader.find(new.generation, lead_id(number)).await.expect("read");
        assert_eq!(found_lead, found(lead_id(number), &format!("{{\"new\":{number}}}"), false));
    }
    assert_eq!(reader.find(new.generation, lead_id(5)).await.expect("read"), Found::Nothing);
    let gone = reader.find(old.generation(), lead_id(1)).await;
    assert!(matches!(gone, Err(StoreError::Superseded { .. })), "{gone:?}");
    let gone = reader.list(old.generation(), &LeadFilter::default(), LeadSort::Score, None, 9).await;
    assert!(matches!(gone, Err(StoreError::Superseded { .. })), "{gone:?}");
    assert_eq!(stand.changes().await, []);
}

pub async fn a_dropped_switch_leaves_nothing(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let write = BatchWrite { leads: vec![lead(1)], ..identifiers(vec![member(1, 1)]) };
    owner.project(&[email(1)], &[row(1, fact(1))], write).await;
    let before = stand.dump().await;

    let generations = stand.generations();
    let key = generation_key("second", 1);
    let new = generations.register(&key, "second").await.expect("registered");
    let mut switch = generations.begin_switch(new.generation).await.expect("begun");
    switch.fill(&[lead(1)]).await.expect("filled");
    drop(switch);

    assert_eq!(stand.dump().await, before);
    assert_eq!(generations.register(&key, "second").await.expect("registered"), new);
    owner.project(&[], &[], BatchWrite::default()).await;
}

pub async fn only_a_new_generation_takes_over(stand: &dyn Stand) {
    let first = activate(stand, "first").await;
    let second = activate(stand, "second").await;
    for generation in [first, second, 99] {
        let refused = stand.generations().begin_switch(generation).await.err();
        assert!(matches!(refused, Some(StoreError::Superseded { .. })), "{generation}: {refused:?}");
    }
}

pub async fn a_switch_waits_for_the_open_batch_and_holds_off_the_next(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let generations = stand.generations();
    let new = generations.register(&generation_key("second", 1), "second").await.expect("registered");

    let mut batch = owner.begin().await;
    batch.lock_identities(&[email(1)]).await.expect("locked");
    let switching = tokio::spawn(async move { generations.begin_switch(new.generation).await });
    stand.until_somebody_waits().await;
    assert!(!switching.is_finished());
    batch.commit(BatchWrite::default()).await.expect("committed");
    let mut switch = switching.await.expect("it ends").expect("begun");
    let seen = switch.leads_after(None, 9).await.expect("read");
    assert_eq!(seen, [Refold { id: lead_id(1), subjects: vec![lead_id(1)] }]);

    let next = tokio::spawn(async move { owner.try_begin().await.err() });
    stand.until_somebody_waits().await;
    assert!(!next.is_finished());
    switch.activate(at(1)).await.expect("activated");
    let refused = next.await.expect("it ends");
    assert!(matches!(refused, Some(StoreError::Superseded { .. })), "{refused:?}");
}
