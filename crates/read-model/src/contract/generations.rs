//! Policies and folds: which one is answered from, and how the next one is filled beside it.

use super::Stand;
use super::sample::{at, email, fact, key, lead, lead_id, member, only_id, row};
use super::stand::{Owner, activate, found, generation_key, identifiers, owner, register};
use crate::{
    ActivePolicy, BatchWrite, Found, GenerationState, KnownPolicy, LeadFilter, LeadRow, LeadSort, Moved,
    Refold, Registered, Standing, StoreError, Wish,
};

pub async fn a_generation_is_registered_once_and_becomes_active(stand: &dyn Stand) {
    let generations = stand.generations();
    assert_eq!(generations.standing().await.expect("read"), Standing::default());
    assert_eq!(stand.reader().active_policy().await.expect("read"), None);

    let key = generation_key("first", 3);
    let registered = generations.register(&key, "the text", Wish::Start).await.expect("registered");
    assert_eq!(registered.state, GenerationState::Filling);
    let again = generations.register(&key, "another text", Wish::Start).await.expect("registered");
    assert_eq!(again, registered);
    let standing = generations.standing().await.expect("read");
    assert_eq!((standing.active, standing.filling.len()), (None, 1));
    assert_eq!(standing.filling[0].policy_text, "the text");
    let switch = generations.begin_switch(registered.generation).await.expect("begun");
    switch.activate(at(7)).await.expect("activated");

    let again = generations.register(&key, "the text", Wish::Start).await.expect("registered");
    assert_eq!(again, Registered { state: GenerationState::Active, ..registered });
    let policy_text = "the text".to_owned();
    let active = ActivePolicy { generation: registered.generation, key, policy_text, active_from: at(7) };
    let standing = generations.standing().await.expect("read");
    assert_eq!(standing, Standing { active: Some(active.clone()), filling: Vec::new() });
    assert_eq!(stand.reader().active_policy().await.expect("read"), Some(active));
    stand.reader().ready().await.expect("ready");
}

pub async fn an_old_policy_comes_back_by_command_only(stand: &dyn Stand) {
    activate(stand, "first").await;
    let second = activate(stand, "second").await;
    let generations = stand.generations();
    for (policy, fold_version) in [("first", 1), ("first", 2), ("third", 0)] {
        let key = generation_key(policy, fold_version);
        let registered = generations.register(&key, policy, Wish::Start).await.expect("registered");
        let superseded = Registered { generation: second, state: GenerationState::Superseded };
        assert_eq!(registered, superseded, "{policy} {fold_version}");
    }
    let back = register(stand, "first", Wish::Command).await;
    assert_eq!(back.state, GenerationState::Filling);
    let switch = generations.begin_switch(back.generation).await.expect("begun");
    switch.activate(at(3)).await.expect("activated");
    assert_eq!(
        register(stand, "first", Wish::Start).await,
        Registered { state: GenerationState::Active, ..back }
    );
}

/// Three leads, the first of two identifiers, and an identifier without facts.
async fn three_leads(stand: &dyn Stand) -> Owner {
    let mut old = owner(stand).await;
    let members = vec![member(1, 1), member(2, 1), member(3, 3), member(4, 4)];
    let facts = [row(1, fact(1)), row(2, fact(2)), row(3, fact(3)), row(4, fact(4))];
    let write = BatchWrite { leads: vec![lead(1), lead(3), lead(4)], ..identifiers(members) };
    old.project(&[email(1), email(2), email(3), email(4), only_id(5)], &facts, write).await;
    old
}

fn refold(id: u128, subjects: &[u128]) -> Refold {
    Refold { id: lead_id(id), subjects: subjects.iter().map(|subject| lead_id(*subject)).collect() }
}

fn refolded(number: u128) -> LeadRow {
    LeadRow { state: format!("{{\"new\":{number}}}"), ..lead(number) }
}

pub async fn a_generation_is_filled_page_by_page_and_takes_over_whole(stand: &dyn Stand) {
    let old = three_leads(stand).await;
    let generations = stand.generations();
    let new = register(stand, "second", Wish::Start).await.generation;
    let mut page = generations.begin_page(new, 2).await.expect("begun").expect("leads");
    assert_eq!(page.leads(), [refold(1, &[1, 2]), refold(3, &[3])]);
    let facts = page.facts(&[lead_id(1), lead_id(2)]).await.expect("read");
    assert_eq!(facts, [row(1, fact(1)), row(2, fact(2))]);
    page.commit(vec![refolded(1), refolded(3)]).await.expect("filled");
    assert_eq!(old.find(stand, 1).await, found(lead_id(1), &lead(1).state, false), "reads go on undisturbed");
    let page = generations.begin_page(new, 2).await.expect("begun").expect("leads");
    assert_eq!(page.leads(), [refold(4, &[4]), refold(5, &[5])]);
    page.commit(vec![refolded(4)]).await.expect("filled");
    assert!(generations.begin_page(new, 2).await.expect("begun").is_none());
    generations.begin_switch(new).await.expect("begun").activate(at(9)).await.expect("activated");

    let reader = stand.reader();
    for number in [1, 3, 4] {
        let lead = reader.find(new, lead_id(number)).await.expect("read");
        assert_eq!(lead, found(lead_id(number), &refolded(number).state, false));
    }
    assert_eq!(reader.find(new, lead_id(5)).await.expect("read"), Found::Nothing);
    let gone = reader.find(old.generation(), lead_id(1)).await;
    assert!(matches!(gone, Err(StoreError::Superseded { .. })), "{gone:?}");
    let gone = reader.list(old.generation(), &LeadFilter::default(), LeadSort::Score, None, 9).await;
    assert!(matches!(gone, Err(StoreError::Superseded { .. })), "{gone:?}");
    assert_eq!(reader.changes(0, 9).await.expect("read"), []);
}

pub async fn a_batch_writes_every_generation_that_is_filled(stand: &dyn Stand) {
    let mut owner = three_leads(stand).await;
    let new = register(stand, "second", Wish::Start).await.generation;
    let refused = owner.try_begin().await.err();
    assert!(
        matches!(refused, Some(StoreError::Superseded { .. })),
        "the rules are to be loaded anew: {refused:?}"
    );
    owner.follow(&[owner.generation(), new]);
    let newer = LeadRow { last_fact: key(6), ..lead(3) };
    let write = BatchWrite {
        leads: vec![newer],
        beside: vec![(new, vec![LeadRow { last_fact: key(6), ..refolded(3) }])],
        gone: vec![lead_id(4)],
        ..BatchWrite::default()
    };
    owner.project(&[], &[], write).await;

    let mut batch = owner.begin().await;
    let stored = batch.leads(new, &[lead_id(1), lead_id(3)]).await.expect("read");
    assert_eq!(stored.iter().map(|lead| lead.state.as_str()).collect::<Vec<_>>(), [refolded(3).state]);
    drop(batch);
    assert_eq!(owner.find(stand, 4).await, Found::Nothing);
}

pub async fn a_page_that_is_dropped_is_filled_again(stand: &dyn Stand) {
    three_leads(stand).await;
    let new = register(stand, "second", Wish::Start).await.generation;
    for _ in 0..2 {
        let page = stand.generations().begin_page(new, 1).await.expect("begun").expect("leads");
        assert_eq!(page.leads(), [refold(1, &[1, 2])]);
    }
    let page = stand.generations().begin_page(new, 1).await.expect("begun").expect("leads");
    page.commit(vec![refolded(1)]).await.expect("filled");
    assert_eq!(
        register(stand, "second", Wish::Start).await.generation,
        new,
        "a process that starts again goes on"
    );
    let page = stand.generations().begin_page(new, 1).await.expect("begun").expect("leads");
    assert_eq!(page.leads(), [refold(3, &[3])]);
}

pub async fn the_only_process_ends_the_fillings_of_others(stand: &dyn Stand) {
    let first = activate(stand, "first").await;
    let (second, rebuilt) =
        (register(stand, "second", Wish::Start).await, register(stand, "first", Wish::Command).await);
    let active = Registered { generation: first, state: GenerationState::Active };
    let filling = async || -> Vec<i64> {
        let standing = stand.generations().standing().await.expect("read");
        standing.filling.iter().map(|filling| filling.generation).collect()
    };
    assert_eq!(register(stand, "second", Wish::Start).await, second);
    assert_eq!(filling().await, [second.generation, rebuilt.generation]);
    let third = register(stand, "third", Wish::Alone).await;
    assert_eq!((third.state, filling().await), (GenerationState::Filling, vec![third.generation]));
    assert_eq!(register(stand, "first", Wish::Alone).await, active);
    assert_eq!(filling().await, [0; 0]);
}

/// What a page and a switch know of the clock.
pub async fn what_is_due_is_known_beside_the_active_generation(stand: &dyn Stand) {
    let mut owner = three_leads(stand).await;
    let due = LeadRow { next_change: Some(at(20)), last_fact: key(6), ..lead(3) };
    owner.project(&[email(3)], &[], BatchWrite { leads: vec![due], ..BatchWrite::default() }).await;
    let new = register(stand, "second", Wish::Start).await.generation;
    let generations = stand.generations();
    let mut page = generations.begin_page(new, 9).await.expect("begun").expect("leads");
    assert_eq!(page.next_changes().await.expect("read"), [(lead_id(3), at(20))].into());
    let rows = [LeadRow { next_change: Some(at(5)), ..refolded(1) }, refolded(3), refolded(4)];
    page.commit(rows.into()).await.expect("filled");

    let mut switch = generations.begin_switch(new).await.expect("begun");
    let due = async |switch: &mut Box<dyn crate::GenerationSwitch>, generation, millis| -> Vec<_> {
        let due = switch.due(generation, at(millis), 9).await.expect("read");
        due.into_iter().map(|lead| (lead.id, lead.next_change)).collect()
    };
    assert_eq!(due(&mut switch, new, 4).await, []);
    assert_eq!(due(&mut switch, new, 5).await, [(lead_id(1), Some(at(5)))]);
    switch.announce(&[], new, &[(lead_id(1), Some(at(9)))]).await.expect("noted");
    assert_eq!(due(&mut switch, new, 8).await, []);
    assert_eq!(due(&mut switch, owner.generation(), 30).await, [(lead_id(3), Some(at(20)))]);
    switch
        .announce(&[super::sample::change(1)], owner.generation(), &[(lead_id(3), None)])
        .await
        .expect("noted");
    assert_eq!(due(&mut switch, owner.generation(), 30).await, []);
    switch.activate(at(30)).await.expect("activated");
    assert_eq!(stand.reader().changes(0, 9).await.expect("read").len(), 1);
}

pub async fn what_was_wished_for_last_takes_over_last(stand: &dyn Stand) {
    activate(stand, "first").await;
    let generations = stand.generations();
    let second = register(stand, "second", Wish::Start).await.generation;
    let third = register(stand, "third", Wish::Start).await.generation;
    generations.begin_switch(third).await.expect("begun").activate(at(1)).await.expect("activated");

    let late = generations.begin_switch(second).await.err();
    assert!(matches!(late, Some(StoreError::Superseded { .. })), "{late:?}");
    let late = generations.begin_page(second, 1).await.err();
    assert!(matches!(late, Some(StoreError::Superseded { .. })), "{late:?}");
    let standing = generations.standing().await.expect("read");
    assert_eq!(standing.active.expect("active").generation, third);
    assert_eq!(standing.filling, []);
    let anew = register(stand, "second", Wish::Start).await;
    assert_eq!(anew.state, GenerationState::Filling, "it was never answered from");
    assert_ne!(anew.generation, second);
}

pub async fn the_switch_tells_what_the_new_policy_sees_otherwise(stand: &dyn Stand) {
    let old = three_leads(stand).await;
    let new = register(stand, "second", Wish::Start).await.generation;
    let mut hot = refolded(1);
    hot.columns.hot_until = Some(at(20));
    hot.columns.stage = Some("lead");
    let mut customer = refolded(4);
    customer.columns.active_until = Some(at(5));
    let page = stand.generations().begin_page(new, 9).await.expect("begun").expect("leads");
    page.commit(vec![hot, refolded(3), customer]).await.expect("filled");

    let generations = stand.generations();
    let mut switch = generations.begin_switch(new).await.expect("begun");
    let moved = |id, what, from: Option<&str>, to: Option<&str>| Moved {
        id: lead_id(id),
        what,
        from: from.map(str::to_owned),
        to: to.map(str::to_owned),
    };
    let first = switch.moved(at(10), None, 1).await.expect("read");
    let expected =
        [moved(1, "stage", None, Some("lead")), moved(1, "temperature", Some("cold"), Some("hot"))];
    assert_eq!(first, expected);
    let rest = switch.moved(at(10), Some(lead_id(1)), 9).await.expect("read");
    assert_eq!(rest, [moved(4, "customer_state", None, Some("inactive"))]);
    assert_eq!(switch.moved(at(10), Some(lead_id(4)), 9).await.expect("read"), []);
    switch.announce(&[super::sample::change(1)], new, &[]).await.expect("announced");
    drop(switch);
    assert_eq!(stand.reader().changes(0, 9).await.expect("read"), []);
    assert_eq!(old.find(stand, 1).await, found(lead_id(1), &lead(1).state, false));
}

pub async fn rows_of_a_superseded_generation_are_discarded(stand: &dyn Stand) {
    let old = three_leads(stand).await;
    let generations = stand.generations();
    assert_eq!(generations.discard(9).await.expect("discarded"), 0);
    let new = register(stand, "second", Wish::Start).await.generation;
    let page = generations.begin_page(new, 9).await.expect("begun").expect("leads");
    page.commit(vec![refolded(1), refolded(3), refolded(4)]).await.expect("filled");
    generations.begin_switch(new).await.expect("begun").activate(at(9)).await.expect("activated");
    let counts = [2, 1, 0];
    for count in counts {
        assert_eq!(generations.discard(2).await.expect("discarded"), count);
    }
    let mut owner = Owner::of(stand, 1, new).await;
    let mut batch = owner.begin().await;
    assert_eq!(batch.leads(old.generation(), &[lead_id(1)]).await.expect("read"), []);
    assert_eq!(batch.leads(new, &[lead_id(1)]).await.expect("read").len(), 1);
}

pub async fn a_rebuild_is_a_generation_of_its_own(stand: &dyn Stand) {
    let first = activate(stand, "first").await;
    let rebuild = register(stand, "first", Wish::Command).await;
    assert_eq!(rebuild.state, GenerationState::Filling);
    assert_ne!(rebuild.generation, first);
    assert_eq!(register(stand, "first", Wish::Command).await, rebuild, "it goes on");
    let generations = stand.generations();
    generations
        .begin_switch(rebuild.generation)
        .await
        .expect("begun")
        .activate(at(4))
        .await
        .expect("activated");
    let known = stand.reader().policies().await.expect("read");
    let one = KnownPolicy { version: "first".to_owned(), active_from: Some(at(0)), active_to: None };
    assert_eq!(known, [one], "the policy stays the same");
}

pub async fn a_switch_waits_for_the_open_batch_and_holds_off_the_next(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let generations = stand.generations();
    let new = register(stand, "second", Wish::Start).await.generation;
    owner.follow(&[owner.generation(), new]);

    let mut batch = owner.begin().await;
    batch.lock_identities(&[email(1)]).await.expect("locked");
    let switching = tokio::spawn(async move { generations.begin_switch(new).await });
    stand.until_somebody_waits().await;
    assert!(!switching.is_finished());
    batch.commit(BatchWrite::default()).await.expect("committed");
    let switch = switching.await.expect("it ends").expect("begun");

    let next = tokio::spawn(async move { owner.try_begin().await.err() });
    stand.until_somebody_waits().await;
    assert!(!next.is_finished());
    switch.activate(at(1)).await.expect("activated");
    let refused = next.await.expect("it ends");
    assert!(matches!(refused, Some(StoreError::Superseded { .. })), "{refused:?}");
}

pub async fn policies_are_known_for_ever(stand: &dyn Stand) {
    for policy in ["first", "second"] {
        let registered = register(stand, policy, Wish::Start).await;
        let switch = stand.generations().begin_switch(registered.generation).await.expect("begun");
        switch.activate(at(if policy == "first" { 1 } else { 5 })).await.expect("activated");
    }
    register(stand, "third", Wish::Start).await;
    let known = |version: &str, active_from, active_to| KnownPolicy {
        version: version.to_owned(),
        active_from,
        active_to,
    };
    let expected = [
        known("first", Some(at(1)), Some(at(5))),
        known("second", Some(at(5)), None),
        known("third", None, None),
    ];
    let reader = stand.reader();
    assert_eq!(reader.policies().await.expect("read"), expected);
    assert_eq!(reader.policy_text("first").await.expect("read").as_deref(), Some("first"));
    assert_eq!(reader.policy_text("none").await.expect("read"), None);
}
