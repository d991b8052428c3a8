//! The ports of the query side: leads, their facts, and how far the read model has come.

use async_trait::async_trait;
use lead_domain::fact::{LeadEvent, OrderKey};
use lead_domain::identity::IdentifierKind;
use lead_domain::{Instant, LeadId};

use crate::error::StoreError;
use crate::generation::ActivePolicy;

/// A lead as it is read.
#[derive(Clone, Debug, PartialEq)]
pub struct LeadView {
    /// The lead.
    pub id: LeadId,
    /// The fold's state in canonical JSON.
    pub state: String,
    /// A record of this lead could not be read or folded.
    pub incomplete: bool,
}

/// One row of a list of leads.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// The lead.
    pub lead: LeadView,
    /// Its place in the order of the list: where the next page starts if this is the last row of a page.
    pub place: After,
}

/// What an id leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// The lead itself.
    Lead(Box<LeadView>),
    /// The id was merged into this lead.
    MovedTo(LeadId),
    /// No lead has this id.
    Nothing,
}

/// Which leads, and in which order. An empty list of alternatives means: any.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeadFilter {
    /// Also leads without e-mail, phone and external id.
    pub anonymous: bool,
    /// One of these stages; `None` within the list is "no stage".
    pub stage: Vec<Option<String>>,
    /// One of these temperatures at `at`: `cold`, `warm`, `hot`.
    pub temperature: Vec<String>,
    /// The least rank key, made from `min_score` and the instant; none: any, also without a key.
    pub min_rank_key: Option<f64>,
    /// One of these grades; `None` within the list is "no grade".
    pub grade: Vec<Option<String>>,
    /// One of these dispositions.
    pub disposition: Vec<String>,
    /// One of these states of a customer at `at`; `None` within the list is "no customer".
    pub customer_state: Vec<Option<String>>,
    /// Has one of these roles.
    pub role: Vec<String>,
    /// Is in one of these groups.
    pub group: Vec<String>,
    /// One of these owners.
    pub owner: Vec<String>,
    /// One of these sources of the first touch.
    pub source: Vec<String>,
    /// One of these campaigns of the first touch.
    pub campaign: Vec<String>,
    /// One of these channels of the first touch.
    pub channel: Vec<String>,
    /// One of these countries, lower-cased.
    pub country: Vec<String>,
    /// The leads of one of these identifiers, in canonical form (an external id under any source).
    pub identifiers: Vec<(IdentifierKind, Vec<String>)>,
    /// Lower-cased part of name, e-mail or company.
    pub q: Option<String>,
    /// Created at or after.
    pub created_from: Option<Instant>,
    /// Created before.
    pub created_to: Option<Instant>,
    /// The instant for which temperatures and states of customers are asked; without it the end of time.
    pub at: Option<Instant>,
}

impl LeadFilter {
    /// Whether it leaves leads out by anything but that they are anonymous.
    #[must_use]
    pub fn asks_for_few(&self) -> bool {
        let any = Self { at: self.at, anonymous: self.anonymous, ..Self::default() };
        *self != any
    }
}

/// The orders of a list of leads; equal keys by id, ascending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeadSort {
    /// Highest score first, those without one last.
    Score,
    /// Latest activity first, those without any last.
    LastActivity,
    /// Latest created first.
    Created,
    /// By lower-cased name, those without one last.
    Name,
}

/// The last row of the page before: its sort key (none where the row has none) and its id.
#[derive(Clone, Debug, PartialEq)]
pub enum After {
    /// Of [`LeadSort::Score`].
    Score(Option<f64>, LeadId),
    /// Of [`LeadSort::LastActivity`] and [`LeadSort::Created`].
    Instant(Option<Instant>, LeadId),
    /// Of [`LeadSort::Name`].
    Name(Option<String>, LeadId),
}

/// What query asks of the read model.
#[async_trait]
pub trait LeadReader: Send + Sync + std::fmt::Debug {
    /// The lead that has this id, or the one it was merged into. An identifier without facts is no lead.
    async fn find(&self, generation: i64, id: LeadId) -> Result<Found, StoreError>;

    /// At most `limit` leads behind `after`, which must be a place in the same order.
    async fn list(
        &self,
        generation: i64,
        filter: &LeadFilter,
        sort: LeadSort,
        after: Option<&After>,
        limit: u32,
    ) -> Result<Vec<Listed>, StoreError>;

    /// All facts of the lead that has exactly this id, in the order of facts.
    async fn facts(&self, id: LeadId) -> Result<Vec<LeadEvent>, StoreError>;

    /// At most `limit` facts of a lead before `before`, newest first.
    async fn timeline(
        &self,
        id: LeadId,
        before: Option<OrderKey>,
        limit: u32,
    ) -> Result<Vec<LeadEvent>, StoreError>;

    /// The latest instant of a fact that was ever projected. From then on rows tell what time did and will do.
    async fn latest_fact(&self) -> Result<Option<Instant>, StoreError>;
}

/// A stretch of time in which a policy was answered from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPolicy {
    /// Hash of its canonical text.
    pub version: String,
    /// Since when; none while it is only filled beside the active one.
    pub active_from: Option<Instant>,
    /// Until when; none if it still is.
    pub active_to: Option<Instant>,
}

/// Whether, and how far.
#[async_trait]
pub trait ReadModelStatus: Send + Sync + std::fmt::Debug {
    /// The offset each partition is read up to, in order of partition.
    async fn positions(&self) -> Result<Vec<(i32, i64)>, StoreError>;

    /// Every policy that was answered from or is filled, in the order in which that began.
    async fn policies(&self) -> Result<Vec<KnownPolicy>, StoreError>;

    /// The canonical text of a policy; none if it is not known.
    async fn policy_text(&self, version: &str) -> Result<Option<String>, StoreError>;

    /// The policy whose rows are answered from; none before the first qualification ran.
    async fn active_policy(&self) -> Result<Option<ActivePolicy>, StoreError>;

    /// The store answers and has the schema of this build.
    async fn ready(&self) -> Result<(), StoreError>;
}
