//! Everything that is stored, in pages and as of one instant: for whoever folds it anew and compares.

use std::collections::BTreeMap;

use async_trait::async_trait;
use lead_domain::LeadId;
use lead_domain::identity::Pair;
use serde_json::Value;

use crate::dump::{LeadLine, QuestionLine, ShownLine};
use crate::error::StoreError;
use crate::generation::{ActivePolicy, Refold};
use crate::rows::{LeadRow, TimelineRow};
use crate::store::IdentifierRow;

/// Some leads with their facts, and the rows that are stored of them.
#[derive(Debug, Default)]
pub struct AuditPage {
    /// The leads, in order of id; also those that have no fact.
    pub leads: Vec<Refold>,
    /// Their facts, by subject, in the order of facts.
    pub facts: Vec<TimelineRow>,
    /// The stored rows of these leads, and of those between them that should not be there.
    pub stored: BTreeMap<LeadId, LeadRows>,
}

impl AuditPage {
    /// Puts the stored rows with the leads. Whether a record is missing is not what an audit is about.
    pub(crate) fn with_stored(
        mut self,
        leads: Vec<LeadLine>,
        shown: Vec<ShownLine>,
        questions: Vec<QuestionLine>,
    ) -> Self {
        for line in leads {
            self.stored.entry(line.id).or_default().put("leads", &LeadLine { incomplete: false, ..line });
        }
        for line in shown {
            self.stored.entry(line.id).or_default().add("follow_ups", &[line]);
        }
        for line in questions {
            self.stored.entry(line.id).or_default().add("questions", &[line]);
        }
        self
    }
}

/// All rows of one lead in canonical form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeadRows(BTreeMap<&'static str, Value>);

impl LeadRows {
    /// The rows that a fold makes.
    #[must_use]
    pub fn of(row: &LeadRow) -> Self {
        let mut rows = Self::default();
        rows.put("leads", &LeadLine::of(row));
        rows.add("follow_ups", &ShownLine::all_of(row));
        rows.add("questions", &QuestionLine::all_of(row));
        rows
    }

    /// Where these rows differ from others: names of tables, and of columns where the table has one row.
    #[must_use]
    pub fn differences(&self, others: &Self) -> Vec<String> {
        let mut found = Vec::new();
        for table in ["leads", "follow_ups", "questions"] {
            match (self.0.get(table), others.0.get(table)) {
                (one, other) if one == other => {}
                (Some(Value::Object(one)), Some(Value::Object(other))) => {
                    let columns = one.iter().filter(|(name, value)| other.get(*name) != Some(*value));
                    found.extend(columns.map(|(name, _)| format!("{table}.{name}")));
                }
                _ => found.push(table.to_owned()),
            }
        }
        found
    }

    pub(crate) fn put(&mut self, table: &'static str, line: &impl serde::Serialize) {
        self.0.insert(table, serde_json::to_value(line).unwrap_or_default());
    }

    pub(crate) fn add(&mut self, table: &'static str, lines: &[impl serde::Serialize]) {
        for line in lines {
            let list = self.0.entry(table).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(list) = list {
                list.push(serde_json::to_value(line).unwrap_or_default());
            }
        }
    }
}

/// Begins audits.
#[async_trait]
pub trait AuditStore: Send + Sync + std::fmt::Debug {
    /// A view of everything as it stands now.
    async fn begin_audit(&self) -> Result<Box<dyn Audit>, StoreError>;
}

/// One view of everything.
#[async_trait]
pub trait Audit: Send {
    /// The policy whose rows these are.
    async fn active(&mut self) -> Result<Option<ActivePolicy>, StoreError>;

    /// At most `limit` leads above `after`; the page without leads is the last one.
    async fn page(&mut self, after: Option<LeadId>, limit: u32) -> Result<AuditPage, StoreError>;

    /// All identifiers, sorted by id.
    async fn identifiers(&mut self) -> Result<Vec<IdentifierRow>, StoreError>;

    /// All pairs, sorted by ends.
    async fn pairs(&mut self) -> Result<Vec<Pair>, StoreError>;
}
