//! Rows are a function of the set of facts: order of arrival, repeats, borders of requests and restarts leave no trace.

use serde_json::Value;

use crate::support::app::{App, Mode, Setup};
use crate::support::facts::{Random, histories};
use crate::support::in_both_modes;

in_both_modes!(
    rows_do_not_depend_on_the_order_of_arrival_nor_on_repeats,
    rows_do_not_depend_on_restarts,
    answers_do_not_depend_on_the_mode,
);

const SEED: u64 = 20_260_601;
const NOW: &str = "2024-06-01T00:00:00Z";

pub(crate) fn start(mode: Mode) -> App {
    Setup::new(mode).clock(NOW).start()
}

/// Posts facts in requests of this size; gives the last position.
pub(crate) fn post_in_pieces(app: &App, facts: &[Value], size: usize) -> String {
    facts.chunks(size).map(|piece| app.post_facts(piece)).last().unwrap()
}

/// Posts facts as they are in an embedded server, and gives its rows: what every other way must come to.
pub(crate) fn rows_in_order(facts: &[Value]) -> String {
    let app = start(Mode::Embedded);
    let position = post_in_pieces(&app, facts, 100);
    app.projected(&position);
    app.into_dump()
}

/// Tells the first line that differs, not two long texts.
#[track_caller]
pub(crate) fn assert_same_rows(what: &str, expected: &str, found: &str) {
    let first = expected.lines().zip(found.lines()).find(|(one, other)| one != other);
    if let Some((one, other)) = first {
        panic!("{what} (seed {SEED}):\nexpected {one}\nfound    {other}");
    }
    assert_eq!(expected.lines().count(), found.lines().count(), "{what} (seed {SEED})");
    assert!(expected.lines().count() > 100, "{what}: hardly any rows");
}

/// Waits until all that was posted is in the rows: one position per request, as partitions advance each for themselves.
pub(crate) fn post_and_wait(app: &App, facts: &[Value], size: usize) {
    let positions: Vec<String> = facts.chunks(size).map(|piece| app.post_facts(piece)).collect();
    positions.iter().for_each(|position| app.projected(position));
}

fn rows_do_not_depend_on_the_order_of_arrival_nor_on_repeats(mode: Mode) {
    let facts = histories(SEED, 30, 600);
    let expected = rows_in_order(&facts);

    let backwards: Vec<Value> = facts.iter().rev().cloned().collect();
    let app = start(mode);
    post_and_wait(&app, &backwards, 7);
    assert_same_rows("backwards, in pieces of 7", &expected, &app.into_dump());

    let mut shuffled = [facts.clone(), facts].concat();
    Random::new(SEED).shuffle(&mut shuffled);
    let app = start(mode);
    post_and_wait(&app, &shuffled, 350);
    assert_same_rows("shuffled, all of it twice", &expected, &app.into_dump());
}

fn rows_do_not_depend_on_restarts(mode: Mode) {
    let mut facts = histories(SEED + 1, 20, 400);
    let expected = rows_in_order(&facts);
    Random::new(SEED).shuffle(&mut facts);
    let app = start(mode);
    for part in facts.chunks(100) {
        post_in_pieces(&app, part, 10);
        for name in app.names() {
            app.stop(&name);
            app.launch(&name);
        }
    }
    post_and_wait(&app, &facts, 100);
    assert_same_rows("with restarts", &expected, &app.into_dump());
}

/// The answers of all paths about all leads, as a reader gets them.
fn all_answers(app: &App) -> String {
    let mut text = String::new();
    for sort in ["-score", "-last_activity_at", "-created_at", "name"] {
        for lead in app.leads(&format!("sort={sort}&anonymous=true&limit=50")) {
            let id = lead["id"].as_str().unwrap();
            text += &format!("{sort} {id}\n");
            if sort == "name" {
                let lead = app.get(&format!("/v1/leads/{id}?as_of=2024-04-01T00:00:00Z"));
                let score =
                    app.get(&format!("/v1/leads/{id}/score?as_of=2024-05-20T00:00:00Z")).expect(200).text();
                text += &format!("{} {}\n{score}\n", lead.status, lead.text());
                for mut fact in app.pages(&format!("/v1/leads/{id}/timeline")) {
                    fact.as_object_mut().unwrap().remove("received_at");
                    text += &format!("{fact}\n");
                }
            }
        }
    }
    // A 404 names the request.
    let lines = text.lines().filter(|line| !line.starts_with("404 "));
    lines.map(|line| format!("{line}\n")).collect()
}

fn answers_do_not_depend_on_the_mode(mode: Mode) {
    let facts = histories(SEED + 2, 30, 400);
    let reference = start(Mode::Embedded);
    post_and_wait(&reference, &facts, 100);
    let mut shuffled = facts;
    Random::new(SEED).shuffle(&mut shuffled);
    let app = start(mode);
    post_and_wait(&app, &shuffled, 33);
    assert_same_rows("all answers", &all_answers(&reference), &all_answers(&app));
}
