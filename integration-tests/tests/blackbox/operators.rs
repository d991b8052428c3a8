//! What operators see: health, figures, logs without anybody's data, and an end in order.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::json;

use crate::support::app::{ADMIN_KEY, App, Mode, Setup, shared};
use crate::support::facts::{CANARY, asked, fact, unique, unique_email};
use crate::support::http::{Request, urlencoded};
use crate::support::in_both_modes;

in_both_modes!(
    health_and_figures_are_there_for_operators,
    nothing_personal_is_logged_or_counted,
    a_stop_under_load_loses_nothing_that_was_answered,
);

fn health_and_figures_are_there_for_operators(mode: Mode) {
    let app = shared(mode);
    app.post_fact(&asked(&unique_email("figures")));
    for (name, address) in app.operators() {
        for path in ["/livez", "/readyz"] {
            assert_eq!(Request::get(path).send(address).unwrap().status, 200, "{name} {path}");
        }
        let figures = Request::get("/metrics").send(address).unwrap().expect(200);
        assert!(figures.header("content-type").is_some_and(|kind| kind.starts_with("text/plain")), "{name}");
        let text = figures.text();
        let samples = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        for sample in samples {
            let (_, value) = sample.rsplit_once(' ').unwrap();
            assert!(value.parse::<f64>().is_ok(), "{name}: {sample}");
        }
    }
    let figures = Request::get("/metrics").send(app.operators()[0].1).unwrap().text();
    assert!(figures.contains("batea_facts_recorded_total"), "{figures}");
}

fn nothing_personal_is_logged_or_counted(mode: Mode) {
    let app = Setup::new(mode).set("BATEA_LOG", "debug").start();
    let email = unique_email("logged");
    let name = format!("Ada {CANARY}");
    let path = |text: &str| Request::get(text).key(ADMIN_KEY);
    let answer = app.post_fact(&asked(&email));
    app.projected(answer["position"].as_str().unwrap());
    let form = urlencoded(&[("email", &email), ("name", &name), ("_next", CANARY), (CANARY, "x")]);
    let urlencoded_kind = "application/x-www-form-urlencoded";
    let multipart =
        format!("--f\r\nContent-Disposition: form-data; name=\"{CANARY}\"\r\n\r\n{email}\r\n--f--\r\n");
    let requests = vec![
        Request::post("/f/contact", urlencoded_kind, form.clone()),
        Request::post(&format!("/f/contact?email={email}"), urlencoded_kind, form),
        Request::post(&format!("/f/{CANARY}"), urlencoded_kind, format!("email={CANARY}")),
        Request::post("/f/contact", urlencoded_kind, format!("email={CANARY}")),
        Request::post("/f/contact", urlencoded_kind, format!("email={CANARY}%00")),
        Request::post("/f/contact", "multipart/form-data; boundary=f", multipart),
        Request::post("/f/contact", &format!("{CANARY}/x"), CANARY),
        Request::post("/f/contact", urlencoded_kind, "x=1")
            .header("Origin", &format!("https://{CANARY}.example")),
        Request::post("/f/contact", urlencoded_kind, "x=1")
            .header("Referer", &format!("https://x/?q={CANARY}")),
        Request::post("/v1/events", "application/json", format!("{{\"{CANARY}\":")).key(ADMIN_KEY),
        Request::post("/v1/events", "application/json", json!({"type": CANARY, CANARY: 1}).to_string())
            .key(ADMIN_KEY),
        Request::post("/v1/events", "application/json", format!("{{\"a\":\"{CANARY}\\u0000\"}}"))
            .key(ADMIN_KEY),
        Request::post("/v1/events", "application/json", CANARY).key(CANARY),
        Request::post("/v1/events", "application/json", json!({"type": "note.added"}).to_string())
            .key(ADMIN_KEY)
            .header("Idempotency-Key", &format!("{CANARY} x")),
        Request::new(&CANARY.to_uppercase(), "/v1/events").key(ADMIN_KEY),
    ];
    for request in requests {
        drop(request.send(app.ingest()));
    }
    for text in [
        format!("/v1/leads?email={email}"),
        format!("/v1/leads?q={CANARY}"),
        format!("/v1/leads?{CANARY}=1"),
        format!("/v1/leads?sort={CANARY}"),
        format!("/v1/leads?cursor={CANARY}"),
        format!("/v1/leads/{CANARY}"),
        format!("/v1/leads?min_position={CANARY}"),
        format!("/v1/leads/{CANARY}/score?as_of={CANARY}"),
        format!("/{CANARY}"),
    ] {
        drop(path(&text).send(app.query()));
    }
    let conflict = |name: &str| json!({"id": "x", "type": "profile.updated", "lead": {"email": email}, "data": {"name": name}});
    let position = app.post_facts(&[conflict(&name), conflict(CANARY)]);
    app.projected(&position);
    check_silence(&app);
    app.stop_all();
}

fn check_silence(app: &App) {
    for (name, address) in app.operators() {
        let figures = Request::get("/metrics").send(address).unwrap().text().to_lowercase();
        let found = figures.lines().find(|line| line.contains(CANARY));
        assert_eq!(found, None, "{name} counts personal data");
    }
    let logs = app.logs();
    assert!(logs.len() > 1_000, "the programs log hardly anything: {logs}");
    for secret in [ADMIN_KEY, crate::support::app::IDENTITY_SECRET] {
        assert!(!logs.contains(secret), "a secret is logged");
    }
    let found: Vec<&str> = logs.lines().filter(|line| line.to_lowercase().contains(CANARY)).collect();
    assert!(found.is_empty(), "personal data is logged:\n{}", found.join("\n"));
    if app.mode == Mode::Embedded {
        let mode = |name: &str| fs::metadata(app.data().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("."), mode("batea.db")), (0o700, 0o600));
    }
}

/// Posts members of a group from several threads until told to stop; gives those that were answered with 202.
pub(crate) fn post_until(app: &App, group: &str, over: &AtomicBool) -> BTreeSet<String> {
    let ingest = app.ingest();
    let one = || {
        let mut answered = Vec::new();
        while !over.load(Ordering::Relaxed) {
            let email = unique_email("load");
            let fact = fact("group.joined", json!({"email": email}), json!({"group": group}));
            let request = Request::post("/v1/events", "application/json", fact.to_string()).key(ADMIN_KEY);
            match request.send(ingest) {
                Ok(answer) if answer.status == 202 => answered.push(email),
                Ok(answer) => assert_eq!(answer.status, 503, "{}", answer.text()),
                // A connection that was cut: nobody was told anything.
                Err(_) => thread::yield_now(),
            }
        }
        answered
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(one)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

/// Every one that was answered is there.
#[track_caller]
pub(crate) fn check_answered(app: &App, group: &str, answered: &BTreeSet<String>) {
    // The last of the log is known by a fact behind everything.
    for _ in 0..16 {
        let marker = app.post_fact(&asked(&unique_email("marker")));
        app.projected(marker["position"].as_str().unwrap());
    }
    let leads = app.leads(&format!("group={group}&limit=200&sort=name"));
    let there: BTreeSet<String> =
        leads.iter().map(|lead| lead["email"].as_str().unwrap().to_owned()).collect();
    assert!(answered.len() > 20, "hardly anything was posted: {}", answered.len());
    let lost: Vec<_> = answered.difference(&there).collect();
    assert!(lost.is_empty(), "{} of {} are lost", lost.len(), answered.len());
}

fn a_stop_under_load_loses_nothing_that_was_answered(mode: Mode) {
    let app = Setup::new(mode).start();
    let group = unique("stopped");
    let over = AtomicBool::new(false);
    let answered = thread::scope(|scope| {
        let load = scope.spawn(|| post_until(&app, &group, &over));
        // Not before there is load.
        crate::support::process::eventually("load", crate::support::app::PROJECTED, || {
            (app.leads(&format!("group={group}&limit=50")).len() > 30).then_some(())
        });
        app.stop_all();
        over.store(true, Ordering::Relaxed);
        load.join().unwrap()
    });
    app.launch_all();
    check_answered(&app, &group, &answered);
}
