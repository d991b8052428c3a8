//! From the id in a path to the lead: itself, the one it was merged into, or nothing.

use lead_domain::fact::{Fact, LeadEvent};
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
        let find = async |active: &Active| self.state.reader.find(active.generation, id).await;
        match self.under_active(find).await? {
            Some((active, Found::Lead(lead))) => Ok(Located::Here(active, lead)),
            Some((_, Found::MovedTo(survivor))) => Ok(Located::MovedTo(survivor)),
            Some((_, Found::Nothing)) | None => Err(no_lead()),
        }
    }

    /// Finds the lead of an id together with all its facts, in order. A lead without facts was merged into another one
    /// between the two steps: it is looked for again.
    ///
    /// # Errors
    /// As [`Self::locate`].
    pub(crate) async fn locate_with_facts(&self, id: &str) -> Result<(Located, Vec<LeadEvent>), Problem> {
        for _ in 0..MERGES {
            let located = self.locate(id).await?;
            let Located::Here(_, lead) = &located else { return Ok((located, Vec::new())) };
            let facts = ask(self.state.reader.facts(lead.id)).await?;
            if !facts.is_empty() {
                return Ok((located, facts));
            }
        }
        Err(Problem::internal(&"a lead in the read model has no facts"))
    }
}

/// More merges of a lead than ever happen while one request is answered.
const MERGES: u32 = 3;

/// The facts that had happened by `at`, whenever they arrived.
pub(crate) fn until(events: &[LeadEvent], at: Instant) -> impl Iterator<Item = &Fact> {
    events.iter().map(|event| &event.fact).filter(move |fact| fact.occurred_at <= at)
}
