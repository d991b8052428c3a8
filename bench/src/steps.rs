//! CPU time of the pure steps of a fact, one by one: where a metric's microseconds go.

use std::collections::HashMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use lead_domain::LeadId;
use lead_domain::fact::LeadEvent;
use lead_domain::lead::Lead;
use lead_domain::policy::Policy;
use read_model::{LeadRow, Questions};
use serde::Serialize;
use serde_json::Value;

use crate::Outcome;
use crate::args::CorpusArgs;
use crate::process::cpu_seconds;
use crate::reading::count;
use crate::records::{self, Record};
use crate::report::Report;

/// Each step is repeated over the whole corpus for so long.
const LENGTH: Duration = Duration::from_secs(1);

#[derive(Serialize)]
struct Step {
    step: &'static str,
    cpu_us_per_fact: f64,
}

/// Measures every step.
///
/// # Errors
/// When the corpus is wrong.
pub(crate) fn run(args: &CorpusArgs, report: &mut Report) -> Outcome<()> {
    report.begin("steps", args)?;
    let corpus = args.recipe().make()?;
    let records = records::of(&corpus)?;
    let secret = records::secret()?;
    let policy = Policy::parse(&Value::Null).map_err(|problems| format!("{problems:?}"))?;
    let mut step = |step, work: &mut dyn FnMut()| {
        let cpu_us_per_fact = time(work) / count(records.len() as u64);
        report.record("step", &Step { step, cpu_us_per_fact })?;
        report.line(&format!("  {step:<44} {cpu_us_per_fact:>8.3} µs"))
    };
    step("ingest: read the body as a JSON value", &mut || {
        for body in &corpus {
            black_box(serde_json::from_str::<Value>(&body.text).ok());
        }
    })?;
    step("ingest: the same, check, write the record", &mut || {
        for body in &corpus {
            black_box(records::record(body, &secret).ok());
        }
    })?;
    step("ingest: write the record", &mut || {
        records.iter().for_each(|record| drop(black_box(record.event.to_json())))
    })?;
    step("qualification: read the record", &mut || {
        for record in &records {
            black_box(LeadEvent::from_json(record.payload.as_bytes()).ok());
        }
    })?;
    step("qualification: id of the lead", &mut || {
        for record in &records {
            black_box(record.event.fact.subject.id(&secret));
        }
    })?;
    step("qualification: fold in memory", &mut || drop(black_box(fold(&records, &policy, &secret))))?;
    let leads = fold(&records, &policy, &secret);
    step("qualification: state from JSON, fold, rows", &mut || {
        through_rows(&records, &leads, &policy, &secret)
    })?;
    Ok(())
}

/// CPU microseconds of one repetition.
fn time(work: &mut dyn FnMut()) -> f64 {
    let (begin, before) = (Instant::now(), cpu_seconds(std::process::id()));
    let mut times = 0;
    while begin.elapsed() < LENGTH {
        work();
        times += 1;
    }
    (cpu_seconds(std::process::id()) - before) * 1e6 / f64::from(times)
}

fn fold(records: &[Record], policy: &Policy, secret: &lead_domain::IdentitySecret) -> HashMap<LeadId, Lead> {
    let mut leads = HashMap::new();
    for record in records {
        let id = record.event.fact.subject.id(secret);
        let mut lead = leads.remove(&id);
        Lead::fold_on(&mut lead, &record.event.fact, policy);
        leads.extend(lead.map(|lead| (id, lead)));
    }
    leads
}

/// As a batch of one fact does it: the stored state is read, the fact folded on, the row made.
fn through_rows(
    records: &[Record],
    leads: &HashMap<LeadId, Lead>,
    policy: &Policy,
    secret: &lead_domain::IdentitySecret,
) {
    let states: HashMap<LeadId, String> = leads.iter().map(|(id, lead)| (*id, lead.to_json())).collect();
    for record in records {
        let fact = &record.event.fact;
        let id = fact.subject.id(secret);
        let mut lead = states.get(&id).and_then(|state| Lead::from_json(state).ok());
        Lead::fold_on(&mut lead, fact, policy);
        black_box(
            lead.map(|lead| LeadRow::of(id, fact.order_key(), &lead, policy, Questions::default(), None)),
        );
    }
}
