//! How long query takes to answer, path by path.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::product::KEY;
use crate::{Outcome, ask};

/// The configuration file of the service that is asked.
pub(crate) const CONFIG: &str = "segments:
  - {name: hot-in-france, when: {country: FR, temperature: hot}}
  - {name: by-letter, when: {source.first.campaign: spring-7, email: {matches: '^person-1.*7@'}}}
";

/// What is asked, in this order. One that answers 404 is not there yet, and is shown as such.
const PATHS: [&str; 16] = [
    "/v1/leads",
    "/v1/leads?sort=name&limit=200",
    "/v1/leads?sort=-created_at",
    "/v1/leads?stage=lead&country=FR",
    "/v1/leads?temperature=hot,warm&sort=-last_activity_at",
    "/v1/leads?min_score=20&campaign=spring-7",
    "/v1/leads?email=person-17%40example.com",
    "/v1/leads?q=morvan",
    "/v1/leads?q=person-1717%40",
    "/v1/leads?q=nobody%20at%20all",
    "/v1/leads?segment=hot-in-france",
    "/v1/leads?segment=by-letter",
    "/v1/segments/hot-in-france",
    "/v1/segments/by-letter",
    "/v1/follow-ups",
    "/v1/funnel",
];

/// No path is asked for longer than this, nor is an answer waited for longer.
const LONGEST: Duration = Duration::from_secs(20);
const PATIENCE: Duration = Duration::from_secs(300);

/// How long the answers to one path took.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Latency {
    pub(crate) path: &'static str,
    pub(crate) status: u16,
    pub(crate) asked: usize,
    pub(crate) median_ms: f64,
    pub(crate) p95_ms: f64,
}

/// Asks for each path so many times, one after the other, after a first time that does not count.
///
/// # Errors
/// When there is no answer.
pub(crate) fn of(
    address: SocketAddr,
    times: usize,
    mut show: impl FnMut(&Latency) -> Outcome<()>,
) -> Outcome<()> {
    PATHS.iter().try_for_each(|path| show(&measured(address, path, times)?))
}

fn measured(address: SocketAddr, path: &'static str, times: usize) -> Outcome<Latency> {
    let (began, mut took) = (Instant::now(), Vec::new());
    let status = ask::get_with(address, path, KEY, PATIENCE)?.status;
    while took.len() < times && (took.is_empty() || began.elapsed() < LONGEST) {
        let sent = Instant::now();
        let answer = ask::get_with(address, path, KEY, PATIENCE)?;
        if answer.status != status {
            return Err(format!("{path}: {status}, then {}", answer.status).into());
        }
        took.push(sent.elapsed().as_secs_f64() * 1e3);
    }
    took.sort_by(f64::total_cmp);
    let at = |percent: usize| took.get((took.len() * percent / 100).min(took.len() - 1)).copied();
    let (median_ms, p95_ms) = (at(50).unwrap_or(f64::NAN), at(95).unwrap_or(f64::NAN));
    Ok(Latency { path, status, asked: took.len(), median_ms, p95_ms })
}
