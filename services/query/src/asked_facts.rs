//! What reads that fold one lead's facts have in common: their parameters, the wait, the lead, its facts up to an instant.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse};
use lead_domain::Instant;
use lead_domain::fact::{Fact, LeadEvent};
use lead_domain::policy::Policy;
use service_kit::problem::Problem;

use crate::answer::{self, kept};
use crate::find_lead::{Located, until};
use crate::parameters::Parameters;
use crate::state::Reads;

/// The facts of a lead, to be folded up to an instant.
#[derive(Debug)]
pub(crate) struct AskedFacts {
    policy: Arc<Policy>,
    events: Vec<LeadEvent>,
    /// The instant asked about; now, if none was.
    pub(crate) at: Instant,
}

impl AskedFacts {
    /// In order, none of them after the instant.
    pub(crate) fn facts(&self) -> impl Iterator<Item = &Fact> {
        until(&self.events, self.at)
    }

    /// The policy to fold them under.
    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }
}

impl Reads {
    /// Reads `as_of`, `policy` and `min_position`, and finds the facts of the lead; or the answer that it was merged away, where
    /// `read` is the path behind its id.
    ///
    /// # Errors
    /// For wrong parameters, a position that is not reached, and an id without a lead.
    pub(crate) async fn asked_facts(
        &self,
        request: &HttpRequest,
        id: &str,
        read: &'static str,
    ) -> Result<Result<AskedFacts, HttpResponse>, Problem> {
        let mut given = Parameters::of(request);
        let as_of = given.instant("as_of");
        let version = given.text("policy");
        let min_position = given.min_position()?;
        given.finish()?;
        let asked = self.asked_policy(version).await?;
        self.wait_for(min_position.as_ref()).await?;
        Ok(match self.locate_with_facts(id).await? {
            (Located::Here(active, _), events) => {
                let policy = asked.unwrap_or(active.policy);
                Ok(AskedFacts { policy, events, at: as_of.unwrap_or_else(|| self.now()) })
            }
            (Located::MovedTo(survivor), _) => {
                Err(answer::moved(survivor, read, &kept(as_of, asked.as_deref(), min_position.as_ref())))
            }
        })
    }
    /// The policy of the version asked for, if one was.
    pub(crate) async fn asked_policy(&self, version: Option<String>) -> Result<Option<Arc<Policy>>, Problem> {
        match version {
            Some(version) => self.known_policy(&version).await.map(Some),
            None => Ok(None),
        }
    }
}
