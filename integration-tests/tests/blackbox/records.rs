//! Records on the topic that are none of this build's facts: put aside with their place and reason, or waited for.

use std::collections::BTreeSet;

use event_log::kafka::{self, KafkaSettings};
use event_log::{EventAppender, NewRecord};
use serde_json::{Value, json};

use crate::support::app::{App, Mode, PROJECTED, Setup};
use crate::support::facts::{CANARY, asked, unique, unique_email};
use crate::support::process::eventually;

/// Puts a record on the app's topic, past ingest. Gives its position.
fn put(app: &App, key: &str, payload: &[u8]) -> String {
    let mut settings = KafkaSettings::new(app.setting("KAFKA_BROKERS"));
    settings.topic = app.setting("BATEA_TOPIC");
    let record = NewRecord { key: key.to_owned(), payload: payload.to_vec() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let appender = kafka::appender(&settings).await.unwrap();
        let position = loop {
            // It has to meet the broker first.
            match appender.append(vec![record.clone()]).await {
                Ok(position) => break position,
                Err(event_log::AppendError::Unavailable(_)) => tokio::task::yield_now().await,
            }
        };
        appender.close().await;
        position.to_string()
    })
}

/// The partition of a position of one record.
fn partition(position: &str) -> &str {
    position.split('-').next().unwrap()
}

#[test]
#[ignore = "needs Kafka and PostgreSQL; run by cargo xtask test"]
fn a_record_that_cannot_be_read_is_put_aside_and_holds_nobody_up() {
    let app = Setup::new(Mode::Distributed).start();
    let email = unique_email("half");
    let known = app.post_fact(&asked(&email));
    let id = known["lead_id"].as_str().unwrap();
    // A fact without what its type requires, but with a lead; under the key of that lead.
    let half = json!({"v": 1, "event_id": "01890000-0000-7000-8000-000000000001", "type": "order.placed",
        "source": "crm", "lead": {"email": email}, "data": {"note": CANARY}})
    .to_string();
    let records: [&[u8]; 5] = [half.as_bytes(), b"", b"garbage", &[0xff; 1_000], b"{\"v\":1,\"lead\":[[[["];
    let places: Vec<String> = records.iter().map(|record| put(&app, id, record)).collect();
    let after = app.post_fact(&asked(&email));
    assert_eq!(partition(after["position"].as_str().unwrap()), partition(&places[0]));
    app.projected(after["position"].as_str().unwrap());

    let rows = app.database().ask("select partition || '-' || record_offset + 1, code, detail <> '' from dead_letters order by record_offset");
    let expected: Vec<String> = places.iter().map(|place| format!("{place}|unreadable|t")).collect();
    assert_eq!(rows.lines().collect::<Vec<_>>(), expected);
    let details = app.database().ask("select detail from dead_letters");
    assert!(!details.contains(CANARY), "{details}");

    let lead = app.lead_of(&email);
    assert_eq!((&lead["incomplete"], &lead["score"]), (&json!(true), &json!(70.0)));
    let other = app.post_fact(&asked(&unique_email("whole")));
    let path = format!("/v1/leads/{}", other["lead_id"].as_str().unwrap());
    assert_eq!(app.get_at(&path, other["position"].as_str().unwrap()).json()["incomplete"], false);
    app.stop_all();
}

#[test]
#[ignore = "needs Kafka and PostgreSQL; run by cargo xtask test"]
fn a_record_of_a_newer_version_pauses_its_partition_and_no_other() {
    let app = Setup::new(Mode::Distributed).start();
    let newer = put(&app, &unique("newer"), b"{\"v\":99,\"what\":\"nobody knows yet\"}");
    check_pause(&app, partition(&newer));
    assert!(app.logs().contains("version 99"), "an operator must be told");
    app.stop_all();
}

#[test]
#[ignore = "needs Kafka and PostgreSQL; run by cargo xtask test"]
fn a_record_under_another_identity_secret_pauses_its_partition_and_no_other() {
    let app = Setup::new(Mode::Distributed).start();
    let foreign = Setup::new(Mode::Embedded)
        .set("BATEA_IDENTITY_SECRET", "a secret of another company, as long as ours")
        .start();
    let answer = foreign.post_fact(&asked(&unique_email("foreign")));
    foreign.projected(answer["position"].as_str().unwrap());
    let record = foreign.into_dump();
    let record = record.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).find_map(|row| {
        let mut record = row.get("record")?.clone();
        record["received_at"] = json!("2024-01-01T00:00:00.000Z");
        Some(record)
    });
    let place = put(&app, answer["lead_id"].as_str().unwrap(), record.unwrap().to_string().as_bytes());
    check_pause(&app, partition(&place));
    app.stop_all();
}

/// Facts of this partition wait, facts of all others are projected.
fn check_pause(app: &App, paused: &str) {
    let mut seen = BTreeSet::new();
    let mut waiting = Vec::new();
    while seen.len() < 4 {
        let answer = app.post_fact(&asked(&unique_email("beside")));
        let position = answer["position"].as_str().unwrap().to_owned();
        if partition(&position) == paused {
            waiting.push(position.clone());
        } else {
            app.projected(&position);
        }
        seen.insert(partition(&position).to_owned());
    }
    app.get(&format!("/v1/leads?min_position={}", waiting[0])).expect(409);
    let letters = || app.database().ask("select count(*) from dead_letters");
    assert_eq!(letters().trim(), "0");
    // The others go on, also after a while.
    eventually("a fact beside", PROJECTED, || {
        let answer = app.post_fact(&asked(&unique_email("later")));
        let position = answer["position"].as_str().unwrap().to_owned();
        (partition(&position) != paused).then(|| app.projected(&position))
    });
}
