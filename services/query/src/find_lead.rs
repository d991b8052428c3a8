//! From the id in a path to the lead: itself, the one it was merged into, or nothing.

use lead_domain::fact::LeadEvent;
use lead_domain::{Instant, LeadId};
use read_model::Found;
use service_kit::problem::{Code, Problem};

use crate::state::{Active, Reads, ask};

/// What the id in a path leads to.
#[derive(Debug)]
pub(crate) enum Located {
    /// The lead itself, as the rows of the active policy have it.
    Here(Active, Box<read_model::LeadView>),
    /// It was merged into this one.
    MovedTo(LeadId),
}

/// Unknown, erased, no id at all: nobody can tell one from the other.
pub(crate) fn no_lead() -> Problem {
    Problem::new(Code::NotFound).detail("There is no lead with this id.")
}

impl Reads {
    /// Finds the lead of an id.
    ///
    /// # Errors
    /// 404 where there is none; what [`ask`] says.
    pub(crate) async fn locate(&self, id: &str) -> Result<Located, Problem> {
        let id = LeadId(id.parse().map_err(|_| no_lead())?);
        let find = async |active: &Active| ask(self.state.reader.find(active.generation, id)).await;
        match self.under_active(find, |found| matches!(found, Found::Nothing)).await? {
            Some((active, Found::Lead(lead))) => Ok(Located::Here(active, lead)),
            Some((_, Found::MovedTo(survivor))) => Ok(Located::MovedTo(survivor)),
            Some((_, Found::Nothing)) | None => Err(no_lead()),
        }
    }

    /// The facts of a lead that happened up to `at`, in order, whenever they arrived.
    ///
    /// # Errors
    /// What [`ask`] says.
    pub(crate) async fn facts_until(&self, id: LeadId, at: Instant) -> Result<Vec<LeadEvent>, Problem> {
        let mut events = ask(self.state.reader.facts(id)).await?;
        events.retain(|event| event.fact.occurred_at <= at);
        Ok(events)
    }
}
