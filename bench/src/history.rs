//! The rows that a projection writes, batch by batch, computed before the clock runs: what the raw limit writes, too.

use std::collections::{BTreeMap, HashMap, HashSet};

use lead_domain::lead::Lead;
use lead_domain::policy::Policy;
use lead_domain::{Instant, LeadId};
use read_model::{LeadColumns, LeadRow, Questions};
use uuid::Uuid;

use crate::Outcome;
use crate::kafka::PARTITIONS;
use crate::records::{self, Record};

/// One transaction's rows, column by column.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// The facts.
    pub(crate) timeline: Timeline,
    /// The state and ranks of each lead that they touch.
    pub(crate) leads: Leads,
    /// Those whose facets changed.
    pub(crate) facets: Facets,
}

/// Columns of `timeline`.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    pub(crate) subject: Vec<Uuid>,
    pub(crate) occurred_at: Vec<i64>,
    pub(crate) rank: Vec<i16>,
    pub(crate) event_id: Vec<Uuid>,
    pub(crate) content: Vec<String>,
    pub(crate) received_at: Vec<i64>,
    pub(crate) record: Vec<String>,
}

/// Columns of `leads` and `lead_ranks`.
#[derive(Debug, Default)]
pub(crate) struct Leads {
    pub(crate) id: Vec<Uuid>,
    pub(crate) last_fact_at: Vec<i64>,
    pub(crate) last_fact_rank: Vec<i16>,
    pub(crate) last_fact_event_id: Vec<Uuid>,
    pub(crate) state: Vec<String>,
    pub(crate) identified: Vec<bool>,
    pub(crate) score_order: Vec<f64>,
    pub(crate) activity_order: Vec<i64>,
    pub(crate) hot_until: Vec<Option<i64>>,
    pub(crate) warm_until: Vec<Option<i64>>,
}

/// Columns of `lead_facets`.
#[derive(Debug, Default)]
pub(crate) struct Facets {
    pub(crate) id: Vec<Uuid>,
    pub(crate) created_order: Vec<i64>,
    pub(crate) name_order: Vec<String>,
    pub(crate) stage: Vec<Option<&'static str>>,
    pub(crate) disposition: Vec<&'static str>,
    pub(crate) search_text: Vec<String>,
    pub(crate) country: Vec<Option<String>>,
    pub(crate) source: Vec<Option<String>>,
    pub(crate) campaign: Vec<Option<String>>,
    pub(crate) channel: Vec<Option<String>>,
}

/// All batches in the order in which they are written, and the states that the leads have in the end.
#[derive(Debug)]
pub(crate) struct History {
    /// The batches of all partitions, in turn.
    pub(crate) batches: Vec<Batch>,
    /// The final states, by lead.
    pub(crate) states: BTreeMap<Uuid, String>,
}

/// Deals records to partitions by their leads.
pub(crate) fn by_partition(records: Vec<Record>) -> Vec<Vec<Record>> {
    let count = u128::from(PARTITIONS.unsigned_abs());
    let mut partitions: Vec<Vec<Record>> = (0..count).map(|_| Vec::new()).collect();
    for record in records {
        let lead = Uuid::parse_str(&record.key).map_or(0, |id| id.as_u128());
        let chosen = usize::try_from(lead % count).unwrap_or_default();
        partitions[chosen].push(record);
    }
    partitions
}

impl History {
    /// Folds the records in batches of `size`.
    ///
    /// # Errors
    /// When the default policy is none.
    pub(crate) fn of(partitions: &[Vec<Record>], size: usize) -> Outcome<Self> {
        let mut folding = Folding::new()?;
        let mut chunks: Vec<_> = partitions.iter().map(|records| records.chunks(size.max(1))).collect();
        let mut batches = Vec::new();
        loop {
            let round: Vec<&[Record]> = chunks.iter_mut().filter_map(Iterator::next).collect();
            if round.is_empty() {
                break;
            }
            batches.extend(round.into_iter().map(|records| folding.batch(records)));
        }
        let states = folding.leads.iter().map(|(id, lead)| (id.0, lead.to_json())).collect();
        Ok(Self { batches, states })
    }
}

struct Folding {
    policy: Policy,
    secret: lead_domain::IdentitySecret,
    leads: HashMap<LeadId, Lead>,
    facets: HashMap<LeadId, LeadColumns>,
}

impl Folding {
    fn new() -> Outcome<Self> {
        let policy = Policy::parse(&serde_json::Value::Null).map_err(|problems| format!("{problems:?}"))?;
        Ok(Self { policy, secret: records::secret()?, leads: HashMap::new(), facets: HashMap::new() })
    }

    fn batch(&mut self, records: &[Record]) -> Batch {
        let mut batch = Batch::default();
        let mut last = HashMap::new();
        for record in records {
            let fact = &record.event.fact;
            let id = fact.subject.id(&self.secret);
            batch.timeline.push(id, record);
            let mut lead = self.leads.remove(&id);
            Lead::fold_on(&mut lead, fact, &self.policy);
            self.leads.extend(lead.map(|lead| (id, lead)));
            last.insert(id, fact.order_key());
        }
        let touched: HashSet<LeadId> = last.keys().copied().collect();
        for id in touched {
            let Some(lead) = self.leads.get(&id) else { continue };
            let row = LeadRow::of(id, last[&id], lead, &self.policy, Questions::default(), None);
            batch.leads.push(&row);
            if self.facets_changed(&row) {
                batch.facets.push(&row);
            }
        }
        batch
    }

    fn facets_changed(&mut self, row: &LeadRow) -> bool {
        // What stands in the narrow table does not count.
        let facets = LeadColumns {
            rank_key: None,
            hot_until: None,
            warm_until: None,
            last_activity_at: None,
            identified: true,
            ..row.columns.clone()
        };
        let changed = self.facets.get(&row.id) != Some(&facets);
        self.facets.insert(row.id, facets);
        changed
    }
}

impl Timeline {
    fn push(&mut self, subject: LeadId, record: &Record) {
        let event = &record.event;
        self.subject.push(subject.0);
        self.occurred_at.push(event.fact.occurred_at.millis());
        self.rank.push(event.fact.kind.rank());
        self.event_id.push(event.fact.event_id.0);
        self.content.push(event.content.clone());
        self.received_at.push(event.received_at.millis());
        self.record.push(record.payload.clone());
    }
}

impl Leads {
    fn push(&mut self, row: &LeadRow) {
        let of = &row.columns;
        self.id.push(row.id.0);
        self.last_fact_at.push(row.last_fact.at.millis());
        self.last_fact_rank.push(row.last_fact.rank);
        self.last_fact_event_id.push(row.last_fact.event_id.0);
        self.state.push(row.state.clone());
        self.identified.push(of.identified);
        self.score_order.push(of.rank_key.map_or(f64::INFINITY, |key| -key));
        self.activity_order.push(descending(of.last_activity_at));
        self.hot_until.push(of.hot_until.map(Instant::millis));
        self.warm_until.push(of.warm_until.map(Instant::millis));
    }
}

impl Facets {
    fn push(&mut self, row: &LeadRow) {
        let of = &row.columns;
        self.id.push(row.id.0);
        self.created_order.push(descending(Some(of.created_at)));
        self.name_order.push(of.name_key.as_ref().map_or_else(|| "1".to_owned(), |name| format!("0{name}")));
        self.stage.push(of.stage);
        self.disposition.push(of.disposition);
        self.search_text.push(of.search_text.clone());
        self.country.push(of.country.clone());
        self.source.push(of.source.clone());
        self.campaign.push(of.campaign.clone());
        self.channel.push(of.channel.clone());
    }
}

fn descending(at: Option<Instant>) -> i64 {
    at.map_or(i64::MAX, |at| -at.millis())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{self, Recipe};

    #[test]
    fn batches_hold_every_fact_once_and_end_in_the_states_of_the_leads() {
        let recipe = Recipe { facts: 500, bytes: 300, leads: 40, spread: corpus::Leads::Zipf, dated: true };
        let partitions = by_partition(records::of(&recipe.make().unwrap()).unwrap());
        let history = History::of(&partitions, 50).unwrap();
        let facts: Vec<Uuid> =
            history.batches.iter().flat_map(|batch| batch.timeline.event_id.clone()).collect();
        assert_eq!(facts.iter().collect::<HashSet<_>>().len(), 500);
        let whole = History::of(&partitions, 500).unwrap();
        assert_eq!(history.states, whole.states);
    }
}
