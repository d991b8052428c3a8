//! One simulation on its way: everybody, a page at a time. Reading waits its turn like any read, folding goes on beside the
//! workers; between two pages nothing is held but what the simulation counts. Dropped, it ends after the page it is at.

use std::pin::Pin;
use std::sync::Arc;

use actix_web::web::Data;
use futures_util::stream::{self, Stream};
use lead_domain::policy::Policy;
use lead_domain::simulation::{Outcome, Policies, Simulation};
use lead_domain::{Instant, LeadId};
use read_model::{Refold, TimelineRow};
use service_kit::problem::Problem;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::spawn_blocking;

use crate::find_lead::until;
use crate::language::Language;
use crate::state::{Reads, ask};
use crate::view::{SampleView, ScoreView, SimulationView};

/// How many people the first page has, and the most that any has.
const FIRST_PAGE: u32 = 64;
const LARGEST_PAGE: u32 = 256;
/// How many facts a page should have. The next page has more or fewer people, by what this one had.
const FACTS_PER_PAGE: usize = 2_000;

/// The active policy and the candidate.
type Pair = (Arc<Policy>, Arc<Policy>);

/// What a simulation tells while it runs.
#[derive(Debug)]
pub(super) enum Step {
    /// So many leads were folded.
    Progress(Progress),
    /// What it found, the last step.
    Done(Box<SimulationView>),
}

/// How far a simulation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    /// Leads that were folded.
    pub(super) leads: u64,
    /// How many there were when it began; none where counting them takes too long.
    pub(super) of: Option<u64>,
}

/// The steps of a simulation, each taken when it is asked for.
pub(super) type Steps = Pin<Box<dyn Stream<Item = Result<Step, Problem>>>>;

/// A simulation that has begun.
pub(super) struct Run {
    reads: Data<Reads>,
    policies: Pair,
    at: Instant,
    language: Language,
    of: Option<u64>,
    counted: Simulation,
    next: Next,
    /// As long as this is held no other simulation begins.
    _turn: OwnedSemaphorePermit,
}

/// What is to do next.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// Tell that it has begun.
    Begin,
    /// Fold so many people after this one.
    Page { after: Option<LeadId>, limit: u32 },
    /// Everybody was folded.
    Finish,
    /// All was told.
    Nothing,
}

impl Run {
    /// Counts whom there is to fold, as of now.
    ///
    /// # Errors
    /// When the read model is away.
    pub(super) async fn start(
        reads: Data<Reads>,
        policies: Pair,
        language: Language,
        turn: OwnedSemaphorePermit,
    ) -> Result<Self, Problem> {
        let at = reads.now();
        let of = ask(reads.state.reader.people_count()).await.ok();
        let counted = Simulation::new(at);
        Ok(Self { reads, policies, at, language, of, counted, next: Next::Begin, _turn: turn })
    }

    /// Its steps. A step is not lost when whoever waits for it stops waiting for a while.
    pub(super) fn steps(self) -> Steps {
        Box::pin(stream::unfold(self, |mut run| async move {
            let step = run.step().await.transpose()?;
            if step.is_err() {
                run.next = Next::Nothing;
            }
            Some((step, run))
        }))
    }

    /// None when all was told.
    async fn step(&mut self) -> Result<Option<Step>, Problem> {
        match self.next {
            Next::Begin => self.next = Next::Page { after: None, limit: FIRST_PAGE },
            Next::Page { after, limit } => self.next = self.page(after, limit).await?,
            Next::Finish => {
                self.next = Next::Nothing;
                return self.finish().await.map(|view| Some(Step::Done(Box::new(view))));
            }
            Next::Nothing => return Ok(None),
        }
        Ok(Some(Step::Progress(Progress { leads: self.counted.leads(), of: self.of })))
    }

    async fn page(&mut self, after: Option<LeadId>, limit: u32) -> Result<Next, Problem> {
        let people = ask(self.reads.state.reader.people_after(after, limit)).await?;
        let Some(last) = people.last().map(|person| person.id) else { return Ok(Next::Finish) };
        let subjects: Vec<LeadId> =
            people.iter().flat_map(|person| person.subjects.iter().copied()).collect();
        let facts = ask(self.reads.state.reader.facts_of(&subjects)).await?;
        let limit = next_limit(limit, facts.len());
        self.fold(people, facts).await?;
        Ok(Next::Page { after: Some(last), limit })
    }

    async fn fold(&mut self, people: Vec<Refold>, facts: Vec<TimelineRow>) -> Result<(), Problem> {
        let mut counted = std::mem::replace(&mut self.counted, Simulation::new(self.at));
        let (active, candidate) = self.policies.clone();
        let folding = spawn_blocking(move || {
            let policies = Policies { active: &active, candidate: &candidate };
            for person in people {
                counted.add(person.id, &person.facts(&facts), policies);
            }
            counted
        });
        self.counted = folding.await.map_err(|error| Problem::internal(&error))?;
        Ok(())
    }

    async fn finish(&mut self) -> Result<SimulationView, Problem> {
        let counted = std::mem::replace(&mut self.counted, Simulation::new(self.at));
        let outcome = spawn_blocking(move || counted.finish()).await;
        let outcome: Outcome = outcome.map_err(|error| Problem::internal(&error))?;
        let mut sample = Vec::with_capacity(outcome.examples.len());
        for id in &outcome.examples {
            sample.extend(self.example(*id).await?);
        }
        Ok(SimulationView::new(outcome, &self.policies.0, &self.policies.1, sample))
    }

    /// Both explanations of a lead; none if it was merged into another one or erased meanwhile.
    async fn example(&self, id: LeadId) -> Result<Option<SampleView>, Problem> {
        let events = ask(self.reads.state.reader.facts(id)).await?;
        let explained = |policy| ScoreView::fold(until(&events, self.at), self.at, policy, self.language);
        let both = explained(&self.policies.0).zip(explained(&self.policies.1));
        Ok(both.map(|(active, candidate)| SampleView::new(id, active, candidate)))
    }
}

fn next_limit(limit: u32, facts: usize) -> u32 {
    let people = usize::try_from(limit).unwrap_or_default() * FACTS_PER_PAGE / facts.max(1);
    u32::try_from(people).unwrap_or(LARGEST_PAGE).clamp(1, LARGEST_PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_fewer_people_after_one_with_many_facts() {
        assert_eq!(next_limit(64, 0), 256);
        assert_eq!(next_limit(64, 2_000), 64);
        assert_eq!(next_limit(64, 20_000), 6);
        assert_eq!(next_limit(1, 10_000_000), 1);
        assert_eq!(next_limit(256, 1), 256);
    }
}
