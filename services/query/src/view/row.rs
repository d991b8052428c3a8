//! A row of the read model as the API shows it.

use lead_domain::Instant;
use lead_domain::lead::Lead;
use lead_domain::policy::Policy;
use service_kit::problem::Problem;

use super::{LeadView, Seen};

/// The lead of a row, as seen at an instant.
///
/// # Errors
/// When its state cannot be read.
pub(crate) fn lead_of(row: &read_model::LeadView, at: Instant, policy: &Policy) -> Result<LeadView, Problem> {
    let unreadable = |_| Problem::internal(&"the state of a lead in the read model cannot be read");
    let lead = Lead::from_json(&row.state).map_err(unreadable)?;
    Ok(LeadView::new(&lead, Seen { id: row.id, incomplete: row.incomplete, at, policy }))
}
