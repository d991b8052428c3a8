//! Several qualification processes share the partitions; whoever dies, nothing is lost and nothing counts twice.

use serde_json::Value;

use crate::order::{assert_same_rows, post_and_wait, rows_in_order};
use crate::support::app::{App, Mode, PROJECTED, Setup};
use crate::support::facts::histories;
use crate::support::process::eventually;

/// How many records are projected, of all partitions together.
fn projected(app: &App) -> u64 {
    let sum = app.database().ask("select coalesce(sum(next_offset), 0) from positions");
    sum.trim().parse().unwrap()
}

/// How many processes hold partitions.
fn owners(app: &App) -> usize {
    app.database().ask("select count(distinct owner) from positions").trim().parse().unwrap()
}

#[test]
#[ignore = "needs Kafka and PostgreSQL; run by cargo xtask test"]
fn a_killed_worker_hands_over_without_a_doubled_or_lost_effect() {
    let facts = histories(77, 60, 3_000);
    let expected = rows_in_order(&facts);

    let app = Setup::new(Mode::Distributed).clock("2024-06-01T00:00:00Z").workers(2).start();
    eventually("both workers hold partitions", PROJECTED, || (owners(&app) == 2).then_some(()));
    let (first, rest) = facts.split_at(1_500);
    post_in_background(&app, first, || {
        eventually("work in progress", PROJECTED, || (projected(&app) > 100).then_some(()));
        app.kill("batea-qualification.1");
    });
    // The one that is left takes all partitions, after Kafka gave up the killed one.
    post_and_wait(&app, &first[..50], 50);
    assert_eq!(owners(&app), 1);

    app.launch("batea-qualification.1");
    eventually("both workers hold partitions", PROJECTED, || (owners(&app) == 2).then_some(()));
    post_in_background(&app, rest, || {
        eventually("work in progress", PROJECTED, || (projected(&app) > 1_700).then_some(()));
        app.kill("batea-qualification.2");
    });
    // Nothing is waited for but the rows: every fact again, which must change none.
    post_and_wait(&app, &facts, 500);
    assert_same_rows("two kills", &expected, &app.into_dump());
}

#[test]
#[ignore = "needs Kafka and PostgreSQL; run by cargo xtask test"]
fn a_worker_that_is_asked_to_end_hands_over_at_once() {
    let facts = histories(78, 30, 1_000);
    let expected = rows_in_order(&facts);
    let app = Setup::new(Mode::Distributed).clock("2024-06-01T00:00:00Z").workers(2).start();
    eventually("both workers hold partitions", PROJECTED, || (owners(&app) == 2).then_some(()));
    post_in_background(&app, &facts, || {
        eventually("work in progress", PROJECTED, || (projected(&app) > 100).then_some(()));
        app.stop("batea-qualification.2");
    });
    post_and_wait(&app, &facts, 500);
    assert_same_rows("one worker left", &expected, &app.into_dump());
}

/// Six people who are merged and parted again and again, their facts spread over the partitions: transactions of two
/// workers want the same identifiers all the time, in every order.
#[test]
#[ignore = "needs Kafka and PostgreSQL; run by cargo xtask test"]
fn two_workers_that_merge_and_part_the_same_people_end_with_the_rows_of_one() {
    let facts = histories(79, 6, 1_500);
    let expected = rows_in_order(&facts);
    let app = Setup::new(Mode::Distributed).clock("2024-06-01T00:00:00Z").workers(2).start();
    eventually("both workers hold partitions", PROJECTED, || (owners(&app) == 2).then_some(()));
    post_and_wait(&app, &facts, 7);
    assert_same_rows("two workers", &expected, &app.into_dump());
}

fn post_in_background(app: &App, facts: &[Value], meanwhile: impl FnOnce()) {
    std::thread::scope(|scope| {
        let load = scope.spawn(|| facts.chunks(20).for_each(|piece| drop(app.post_facts(piece))));
        meanwhile();
        load.join().unwrap();
    });
}
