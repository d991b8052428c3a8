//! What became of the facts, in numbers: of the rows, and as a reader sees them at some instants.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::http::Connection;
use super::instance::Instance;
use crate::shell::Outcome;

/// A count per name.
type Counts = BTreeMap<String, u64>;

/// Prints what the rows tell without any instant.
pub(super) fn print(rows: &str) -> Outcome {
    let (mut leads, mut types) = (Leads::default(), Types::default());
    for line in rows.lines() {
        let row: Value = serde_json::from_str(line)?;
        match row["table"].as_str() {
            Some("leads") => leads.add(&row)?,
            Some("identifiers") => types.know(&row),
            Some("timeline") => types.add(&row),
            _ => {}
        }
    }
    leads.print();
    types.print();
    Ok(())
}

#[derive(Debug, Default)]
struct Leads {
    count: u64,
    created: Counts,
    ends: Counts,
    purchases: Counts,
    revenue: Counts,
    open_quotes: u64,
    facts: Option<(u64, u64)>,
    peak: f64,
}

impl Leads {
    fn add(&mut self, row: &Value) -> Outcome {
        let state: Value = serde_json::from_str(text(&row["state"]))?;
        self.count += 1;
        count(&mut self.created, text(&row["created_at"]).get(..7).unwrap_or_default());
        let stage = row["stage"].as_str().unwrap_or("no stage");
        count(&mut self.ends, &format!("{stage} {}", text(&row["disposition"])));
        let sales = &state["sales"];
        count(&mut self.purchases, &sales["purchases"].to_string());
        self.open_quotes += sales["open_quotes"].as_u64().unwrap_or(0);
        for (currency, amount) in sales["revenue"].as_object().into_iter().flatten() {
            *self.revenue.entry(currency.clone()).or_default() += amount.as_u64().unwrap_or(0);
        }
        let facts = state["facts"].as_u64().unwrap_or(0);
        let (least, most) = self.facts.unwrap_or((facts, facts));
        self.facts = Some((least.min(facts), most.max(facts)));
        self.peak = self.peak.max(state["score"]["peak"].as_f64().unwrap_or(0.0));
        Ok(())
    }

    fn print(&self) {
        let (least, most) = self.facts.unwrap_or_default();
        println!("{} leads, created {}; facts per lead {least} to {most}", self.count, listed(&self.created));
        println!("at the end: {}", listed(&self.ends));
        println!("leads by number of purchases: {}", listed(&self.purchases));
        println!("revenue, minor units: {}", listed(&self.revenue));
        println!("open quotes: {}; highest score at any fact: {:.6}", self.open_quotes, self.peak);
    }
}

/// Facts by type, and how many leads have one.
#[derive(Debug, Default)]
struct Types {
    lead_of: BTreeMap<String, String>,
    facts: Vec<(String, String)>,
}

impl Types {
    fn know(&mut self, identifier: &Value) {
        self.lead_of.insert(text(&identifier["id"]).to_owned(), text(&identifier["lead_id"]).to_owned());
    }

    fn add(&mut self, fact: &Value) {
        self.facts.push((text(&fact["record"]["type"]).to_owned(), text(&fact["subject"]).to_owned()));
    }

    fn print(&self) {
        let mut kinds: BTreeMap<&str, (u64, BTreeSet<&str>)> = BTreeMap::new();
        for (kind, subject) in &self.facts {
            let (facts, leads) = kinds.entry(kind).or_default();
            *facts += 1;
            leads.insert(self.lead_of.get(subject).unwrap_or(subject));
        }
        println!("{} facts in the timeline:", self.facts.len());
        for (kind, (facts, leads)) in kinds {
            println!("  {kind:<22} {facts:>7} facts {:>7} leads", leads.len());
        }
    }
}

/// Prints what a reader sees of all leads at each of these instants.
pub(super) fn print_as_of(instance: &Instance, instants: &[String]) -> Outcome {
    if instants.is_empty() {
        return Ok(());
    }
    let mut reader = instance.reader()?;
    let ids = all_leads(&mut reader)?;
    for instant in instants {
        let mut seen = Seen::default();
        for id in &ids {
            seen.look(&mut reader, id, instant)?;
        }
        seen.print(instant);
    }
    Ok(())
}

fn all_leads(reader: &mut Connection) -> Outcome<Vec<String>> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = reader.get(&format!("/v1/leads?anonymous=true&sort=-created_at&limit=200{cursor}"))?.body;
        let data = page["data"].as_array().ok_or("query answers no list")?;
        ids.extend(data.iter().map(|lead| text(&lead["id"]).to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { return Ok(ids) };
        cursor = format!("&cursor={next}");
    }
}

/// All leads at one instant.
#[derive(Debug, Default)]
struct Seen {
    leads: u64,
    stages: Counts,
    dispositions: Counts,
    temperatures: Counts,
    at_least_50: u64,
    at_least_25: u64,
    sum: f64,
    revenue: Counts,
}

/// A score meets a bound if it is this near.
const NEAR: f64 = 1e-9;

impl Seen {
    fn look(&mut self, reader: &mut Connection, id: &str, instant: &str) -> Outcome {
        let lead = reader.get(&format!("/v1/leads/{id}?as_of={instant}"))?;
        if lead.status == 404 {
            return Ok(());
        }
        let score = reader.get(&format!("/v1/leads/{id}/score?as_of={instant}"))?.body["score"].as_f64();
        let (lead, score) = (lead.body, score.ok_or("query answers no score")?);
        self.leads += 1;
        count(&mut self.stages, lead["stage"].as_str().unwrap_or("none"));
        count(&mut self.dispositions, text(&lead["disposition"]));
        count(&mut self.temperatures, text(&lead["temperature"]));
        self.at_least_50 += u64::from(score >= 50.0 - NEAR);
        self.at_least_25 += u64::from(score >= 25.0 - NEAR);
        self.sum += score;
        for money in lead["customer"]["revenue"].as_array().into_iter().flatten() {
            let revenue = self.revenue.entry(text(&money["currency"]).to_owned()).or_default();
            *revenue += money["amount_minor"].as_u64().unwrap_or(0);
        }
        Ok(())
    }

    fn print(&self, instant: &str) {
        println!("as of {instant}: {} leads", self.leads);
        println!("  stages {}", listed(&self.stages));
        println!("  dispositions {}", listed(&self.dispositions));
        println!("  temperatures {}", listed(&self.temperatures));
        println!("  score 50 or more {}, 25 or more {}", self.at_least_50, self.at_least_25);
        println!("  sum of all scores {:.6}", self.sum);
        println!("  revenue, minor units: {}", listed(&self.revenue));
    }
}

fn count(counts: &mut Counts, name: &str) {
    *counts.entry(name.to_owned()).or_default() += 1;
}

fn listed(counts: &Counts) -> String {
    counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
