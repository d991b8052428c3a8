//! The stage: the highest whose condition in the policy holds, asked anew after each fact, so that it can also fall.

use super::Lead;
use crate::fact::Criterion;
use crate::policy::{Grade, Operand, Policy, Scope, Stage};

pub(super) fn highest(lead: &Lead, policy: &Policy) -> Option<Stage> {
    let scope = State(lead);
    policy.stages.iter().find(|(_, condition)| condition.holds(&scope)).map(|(stage, _)| *stage)
}

/// The state as conditions of stages see it.
struct State<'a>(&'a Lead);

impl Scope for State<'_> {
    fn operand(&self, path: &[String]) -> Operand<'_> {
        let lead = self.0;
        match path.first().map(String::as_str) {
            Some("identified") => Operand::Flag(lead.identified),
            Some("purchases") => number(lead.sales.purchases()),
            Some("accepted") => Operand::Flag(lead.accepted),
            Some("open_quotes") => number(lead.sales.open_quotes()),
            Some("inbound_facts") => number(lead.inbound_facts),
            Some("facts") => number(lead.facts),
            Some("peak_score") => Operand::Number(lead.score.peak()),
            Some("grade") => Operand::text(lead.grade.map(Grade::name)),
            Some("criteria") => verdict(lead, path.get(1)),
            Some("disposition") => Operand::Text(lead.disposition.name().into()),
            Some("roles") => Operand::texts(&lead.roles),
            Some("groups") => Operand::texts(&lead.groups),
            _ => Operand::Missing,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 facts")]
const fn number(count: u64) -> Operand<'static> {
    Operand::Number(count as f64)
}

fn verdict<'l>(lead: &'l Lead, criterion: Option<&String>) -> Operand<'l> {
    let criterion = criterion.and_then(|name| name.parse::<Criterion>().ok());
    Operand::text(criterion.map(|criterion| lead.criteria.of(criterion).verdict.name()))
}
