//! The criteria of a lead as the API shows them.

use lead_domain::EventId;
use lead_domain::fact::Criterion;
use lead_domain::lead::{Criteria, Finding};
use serde::Serialize;
use utoipa::ToSchema;

use super::names::VerdictName;

/// What makes a prospect: each criterion with its verdict and what says so.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Criteria)]
pub(super) struct CriteriaView {
    /// In the target.
    fit: FindingView,
    /// Can pay.
    means: FindingView,
    /// Can decide.
    authority: FindingView,
    /// Wants something.
    need: FindingView,
}

/// What is known of one criterion.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Finding)]
struct FindingView {
    /// Whether it is met.
    #[schema(value_type = VerdictName)]
    verdict: &'static str,
    /// The latest fact that speaks on it; null if none does.
    #[schema(value_type = Option<uuid::Uuid>, example = "2a4b8422-f5bf-8643-b1aa-32955631e66e")]
    event_id: Option<EventId>,
    /// What decided: the rule of the policy that answered; `grade`; `criterion.assessed` where somebody judged; the type of
    /// the fact after which no rule matches any more. Null if no fact speaks on it.
    #[schema(example = "decides")]
    rule: Option<String>,
}

impl CriteriaView {
    pub(super) fn new(criteria: &Criteria) -> Self {
        let view = |criterion| FindingView::new(criteria.of(criterion));
        Self {
            fit: view(Criterion::Fit),
            means: view(Criterion::Means),
            authority: view(Criterion::Authority),
            need: view(Criterion::Need),
        }
    }
}

impl FindingView {
    fn new(finding: &Finding) -> Self {
        Self { verdict: finding.verdict.name(), event_id: finding.event_id, rule: finding.rule.clone() }
    }
}
