//! Servers that go away and come back: the product waits for them, and goes on by itself.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::order::{assert_same_rows, post_and_wait, rows_in_order};
use crate::support::app::{ADMIN_KEY, App, Mode, PROJECTED, Setup};
use crate::support::facts::{asked, histories, quiet_facts, unique_email};
use crate::support::http::{Answer, Request};
use crate::support::process::eventually;
use crate::support::servers::{Kafka, Postgres, Topic};

const NOW: &str = "2024-06-01T00:00:00Z";

fn readiness(app: &App, program: &str) -> u16 {
    let operators = app.operators();
    let (_, address) = operators.iter().find(|(name, _)| name.starts_with(program)).unwrap();
    Request::get("/readyz").send(*address).unwrap().status
}

#[test]
#[ignore = "needs Kafka and PostgreSQL; run by cargo xtask test"]
fn without_its_database_query_says_so_and_qualification_goes_on_when_it_is_back() {
    let postgres = Postgres::start("");
    let app = Setup::new(Mode::Distributed).postgres(&postgres.url()).start();
    let before = app.post_fact(&asked(&unique_email("before")));
    app.projected(before["position"].as_str().unwrap());

    postgres.stop();
    let answer = app.get("/v1/leads").expect(503);
    assert_eq!(answer.problem(), "read_model_unavailable");
    assert!(answer.retry_after().is_some(), "{:?}", answer.headers);
    for program in ["batea-query", "batea-qualification"] {
        eventually("not ready", PROJECTED, || (readiness(&app, program) == 503).then_some(()));
    }
    // Facts need no database.
    let meanwhile = app.post_fact(&asked(&unique_email("meanwhile")));

    postgres.up();
    eventually("query answers again", PROJECTED, || {
        Some(app.get("/v1/leads")).filter(|answer| answer.status == 200)
    });
    app.projected(meanwhile["position"].as_str().unwrap());
    let path = format!("/v1/leads/{}", meanwhile["lead_id"].as_str().unwrap());
    app.get(&path).expect(200);
    assert_eq!(app.database().ask("select count(*) from dead_letters").trim(), "0");
    app.stop_all();
}

#[test]
#[ignore = "needs Kafka and PostgreSQL; run by cargo xtask test"]
fn a_database_that_lost_its_last_commits_makes_the_worker_read_again() {
    // What is announced is on disk before anybody is told; so nothing is to be announced of the facts that are lost.
    let (kept, lost) = (histories(79, 20, 600), quiet_facts(20, 300));
    let facts = [kept.clone(), lost.clone()].concat();
    let expected = rows_in_order(&facts);
    // Commits are answered before they are on disk, and get there late: a kill loses them.
    let settings = "synchronous_commit = off\nwal_buffers = 64MB\n\
        checkpoint_timeout = 1h\nautovacuum = off\nbgwriter_lru_maxpages = 0\nshared_buffers = 256MB";
    let postgres = Postgres::start(settings);
    let app = Setup::new(Mode::Distributed).clock(NOW).postgres(&postgres.url()).start();
    post_and_wait(&app, &kept, 100);
    app.database().ask("checkpoint");
    postgres.hold_wal_writer();
    let positions = "select partition, next_offset from positions order by partition";
    let saved = app.database().ask(positions);
    post_and_wait(&app, &lost, 100);
    let reached = app.database().ask(positions);
    assert_ne!(saved, reached);

    // Stopped for a moment, so that it cannot repair what is to be seen here.
    let worker = "batea-qualification.1";
    app.signal(worker, "STOP");
    postgres.kill();
    postgres.up();
    let found = app.database().ask(positions);
    assert_ne!(found, reached, "the database lost nothing: this test tests nothing");
    app.signal(worker, "CONT");

    // Nobody posts: the worker itself finds that its position went back.
    eventually("all is projected again", PROJECTED, || {
        (app.database().ask(positions) == reached).then_some(())
    });
    assert_same_rows("after lost commits", &expected, &app.into_dump());
}

#[test]
#[ignore = "needs Kafka and PostgreSQL; run by cargo xtask test"]
fn without_its_broker_ingest_refuses_in_time_and_recovers() {
    let mut kafka = Kafka::start();
    let app = Setup::new(Mode::Distributed).kafka(&kafka.address()).start();
    let post = |email: &str| {
        let request = Request::post("/v1/events", "application/json", asked(email).to_string());
        // The same request again after a 503 counts once.
        app.send(request.key(ADMIN_KEY).header("Idempotency-Key", &email.replace('@', ".")))
    };
    post(&unique_email("before")).expect(202);

    kafka.kill();
    let email = unique_email("outage");
    for _ in 0..3 {
        check_refused(|| post(&email));
    }
    eventually("not ready", PROJECTED, || (readiness(&app, "batea-ingest") == 503).then_some(()));
    // Reads need no log.
    app.get("/v1/leads").expect(200);

    let kafka = kafka.up();
    let answer = eventually("ingest records again", PROJECTED, || {
        Some(post(&email)).filter(|answer| answer.status == 202)
    });
    let answer = answer.json();
    app.projected(answer["position"].as_str().unwrap());
    let id = app.lead_of(&email)["id"].as_str().unwrap().to_owned();
    assert_eq!(app.pages(&format!("/v1/leads/{id}/timeline")).len(), 1);
    eventually("ready", PROJECTED, || (readiness(&app, "batea-ingest") == 200).then_some(()));
    app.stop_all();
    drop(kafka);
}

fn check_refused(post: impl Fn() -> Answer) {
    let start = Instant::now();
    let answer = post().expect(503);
    assert!(start.elapsed() < Duration::from_millis(3_200), "{:?}", start.elapsed());
    assert_eq!(answer.problem(), "log_unavailable");
    assert!(answer.retry_after().is_some_and(|seconds| seconds > 0), "{:?}", answer.headers);
    assert_eq!(answer.json()["errors"], json!([]));
}

#[test]
#[ignore = "needs Kafka and PostgreSQL; run by cargo xtask test"]
fn qualification_waits_for_a_topic_that_is_not_there_yet() {
    let app = Setup::new(Mode::Distributed).start();
    let topic = Topic::on(&app.setting("KAFKA_BROKERS"));
    app.set("BATEA_TOPIC", topic.name());
    let worker = "batea-qualification.2";
    app.launch(worker);
    let (_, address) = app.operators().into_iter().find(|(name, _)| name == worker).unwrap();
    let is_ready = || Request::get("/readyz").send(address).unwrap().status == 200;
    eventually("it says what it waits for", PROJECTED, || {
        app.logs().contains(&format!("the topic {} does not exist", topic.name())).then_some(())
    });
    assert!(!is_ready());
    topic.create();
    eventually("it is ready", PROJECTED, || is_ready().then_some(()));
    app.kill(worker);
}
