//! The port of campaign figures: what is told of campaigns, and the people whom they touched.

use async_trait::async_trait;
use lead_domain::LeadId;
use lead_domain::fact::LeadEvent;

use crate::error::StoreError;

/// A lead that a campaign touched.
#[derive(Clone, Debug, PartialEq)]
pub struct TouchedLead {
    /// The lead.
    pub id: LeadId,
    /// The fold's state in canonical JSON.
    pub state: String,
    /// Its facts that carry a campaign, whichever, in the order of facts.
    pub facts: Vec<LeadEvent>,
}

/// Some of the leads that campaigns touched, in an order of the store's own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TouchedPage {
    /// The leads; fewer than asked for, even none, also before the last page.
    pub leads: Vec<TouchedLead>,
    /// Where the next page starts; none on the last one.
    pub next: Option<LeadId>,
}

/// What campaign figures are made from. Pages are read one by one, so that memory does not grow with what is stored;
/// what is written between two of them may be seen or not.
///
/// Names of campaigns are told apart by their first 500 characters: whoever asks for one campaign may be given facts and
/// leads of a namesake, too, but gets all of its own.
#[async_trait]
pub trait CampaignReader: Send + Sync + std::fmt::Debug {
    /// At most `limit` facts about campaigns, or about one of them, behind the last one of the page before. Those of one
    /// campaign come in the order of facts.
    async fn about_campaigns(
        &self,
        campaign: Option<&str>,
        after: Option<&LeadEvent>,
        limit: u32,
    ) -> Result<Vec<LeadEvent>, StoreError>;

    /// The next leads that any campaign touched, or this one, each once; from at most `limit` subjects of facts.
    ///
    /// # Errors
    /// [`StoreError::Superseded`] when another generation took over: what was read so far is of no use.
    async fn touched(
        &self,
        generation: i64,
        campaign: Option<&str>,
        after: Option<LeadId>,
        limit: u32,
    ) -> Result<TouchedPage, StoreError>;
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) use columns::{about_key, campaign_key, carried_key, page_of};

/// How facts are found by their campaigns, alike in every adapter.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod columns {
    use lead_domain::LeadId;
    use lead_domain::fact::Fact;
    use lead_domain::identity::Subject;
    use uuid::Uuid;

    use super::{TouchedLead, TouchedPage};

    /// The most characters of a key: an index row of PostgreSQL holds 2,700 bytes, and names have up to 1,024 characters.
    const KEY_MAX: usize = 500;

    /// A campaign as it is looked up: the beginning of its name.
    pub(crate) fn campaign_key(campaign: &str) -> String {
        campaign.chars().take(KEY_MAX).collect()
    }

    /// The key of the campaign that a fact about a lead carries.
    pub(crate) fn carried_key(fact: &Fact) -> Option<String> {
        match &fact.subject {
            Subject::Campaign(_) => None,
            Subject::Identified(_) | Subject::Lead(_) => fact.campaign.as_deref().map(campaign_key),
        }
    }

    /// The key of the campaign that a fact is about.
    pub(crate) fn about_key(fact: &Fact) -> Option<String> {
        match &fact.subject {
            Subject::Campaign(campaign) => Some(campaign_key(campaign)),
            Subject::Identified(_) | Subject::Lead(_) => None,
        }
    }

    /// A page from a row per subject, which comes with a lead at the first of the lead's subjects only.
    pub(crate) fn page_of(rows: Vec<(Uuid, Option<TouchedLead>)>, limit: u32) -> TouchedPage {
        let next = rows.last().filter(|_| rows.len() >= limit as usize).map(|(subject, _)| LeadId(*subject));
        TouchedPage { leads: rows.into_iter().filter_map(|(_, lead)| lead).collect(), next }
    }
}
