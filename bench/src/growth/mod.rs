//! What growing costs: a batch of the projection, and the answers of query, with more and more leads in PostgreSQL.
//!
//! The rows are the product's own: its projector writes them, in large batches and without Kafka.

mod answers;
mod filling;
mod people;

use std::time::Instant;

use serde::Serialize;

use self::answers::Latency;
use self::filling::Filling;
use crate::Outcome;
use crate::args::GrowthArgs;
use crate::database::Database;
use crate::product;
use crate::reading::count;
use crate::report::Report;

/// Batches that are measured at each size, and the facts of each.
const BATCHES: u64 = 5;
const FACTS: usize = 2_000;

/// What a batch costs at a size.
#[derive(Serialize)]
struct Size {
    leads: usize,
    facts: u64,
    /// While the leads came in, each with its first facts.
    new_lead_us_per_fact: f64,
    /// Afterwards, of facts of leads that are there.
    known_lead_us_per_fact: f64,
}

/// Fills a database up to each size, and asks at each.
///
/// # Errors
/// When something cannot be started, or an answer is none.
pub(crate) fn run(args: &GrowthArgs, report: &mut Report) -> Outcome<()> {
    let blocks = args.blocks();
    let mut database = Database::create_at(&args.postgres, &blocks, false)?;
    let mut filling = Filling::begin(&database.url)?;
    report.begin("growth", args)?;
    for leads in &args.sizes {
        let size = grow(&mut filling, *leads)?;
        report.record("size", &size)?;
        report.line(&format!(
            "\n{leads} leads, {} facts; a batch costs per fact of a new lead {:.0} µs, of a known one {:.0} µs",
            size.facts, size.new_lead_us_per_fact, size.known_lead_us_per_fact
        ))?;
        database.settle()?;
        let service = product::query(&blocks, &database.url, answers::CONFIG)?;
        answers::of(service.address, args.requests, |latency| show(report, *leads, latency))?;
        service.process.stop()?;
    }
    Ok(())
}

fn grow(filling: &mut Filling, leads: usize) -> Outcome<Size> {
    let (began, before) = (Instant::now(), filling.facts);
    filling.up_to(leads)?;
    let filled = began.elapsed();
    let new_lead_us_per_fact = filled.as_secs_f64() * 1e6 / count((filling.facts - before).max(1));
    let began = Instant::now();
    for _ in 0..BATCHES {
        filling.known(FACTS)?;
    }
    let known_lead_us_per_fact = began.elapsed().as_secs_f64() * 1e6 / count(BATCHES * FACTS as u64);
    Ok(Size { leads, facts: filling.facts, new_lead_us_per_fact, known_lead_us_per_fact })
}

#[derive(Serialize)]
struct Row<'a> {
    leads: usize,
    #[serde(flatten)]
    latency: &'a Latency,
}

fn show(report: &mut Report, leads: usize, latency: &Latency) -> Outcome<()> {
    report.record("answer", &Row { leads, latency })?;
    let Latency { path, status, asked, median_ms, p95_ms } = latency;
    report.line(&format!(
        "  {path:<58} {status}  {asked:>4} times  median {median_ms:>9.2} ms  p95 {p95_ms:>9.2} ms"
    ))
}
