//! Where a page ends, sealed: callers hand it back, and learn nothing from it.

use lead_domain::campaign::RowKey;
use lead_domain::fact::OrderKey;
use lead_domain::{Instant, LeadId};
use read_model::{After, LeadSort};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use service_kit::cursor::CursorKey;
use service_kit::problem::{Code, Problem};

/// The last row of a page.
pub(crate) trait Place: Serialize + DeserializeOwned {}

/// A place together with the question that it belongs to.
#[derive(Debug, Serialize, Deserialize)]
struct Sealed<P> {
    question: String,
    place: P,
}

/// The cursor that leads on behind `place` of the answers to `question`.
///
/// # Errors
/// When the system has no random bytes.
pub(crate) fn seal(key: &CursorKey, question: &str, place: impl Place) -> Result<String, Problem> {
    let sealed = Sealed { question: question.to_owned(), place };
    let plain = serde_json::to_vec(&sealed).map_err(|error| Problem::internal(&error))?;
    key.seal(&plain).map_err(|error| Problem::internal(&error))
}

/// The place that a cursor stands for.
///
/// # Errors
/// When it is none of ours, or belongs to another question.
pub(crate) fn open<P: Place>(key: &CursorKey, question: &str, cursor: &str) -> Result<P, Problem> {
    opened(key, question, cursor).ok_or_else(|| {
        Problem::new(Code::InvalidCursor).error(
            "/cursor",
            "invalid_cursor",
            "Pass the next_cursor of the page before, with the same filters and sort.",
        )
    })
}

/// The same; none when it is none of ours, or belongs to another question.
pub(crate) fn opened<P: Place>(key: &CursorKey, question: &str, cursor: &str) -> Option<P> {
    let plain = key.open(cursor).ok();
    let sealed: Option<Sealed<P>> = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
    sealed.filter(|sealed| sealed.question == question).map(|sealed| sealed.place)
}

/// [`After`] in a form that can be sealed; keys of scores by their bits, which say exactly what they are.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum LeadPlace {
    Score(Option<u64>, LeadId),
    Instant(Option<Instant>, LeadId),
    Name(Option<String>, LeadId),
}

/// [`RowKey`] in a form that can be sealed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CampaignPlace {
    campaign: String,
    channel: Option<String>,
}

impl Place for CampaignPlace {}
/// Due date and id of a row of the queue.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FollowUpPlace(pub(crate) Instant, pub(crate) LeadId);

/// The number of a change.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct FeedPlace(pub(crate) i64);

impl Place for FeedPlace {}
impl Place for FollowUpPlace {}
impl Place for LeadPlace {}
impl Place for OrderKey {}

impl From<RowKey> for CampaignPlace {
    fn from(RowKey { campaign, channel }: RowKey) -> Self {
        Self { campaign, channel }
    }
}

impl From<CampaignPlace> for RowKey {
    fn from(CampaignPlace { campaign, channel }: CampaignPlace) -> Self {
        Self { campaign, channel }
    }
}

impl LeadPlace {
    pub(crate) fn of(after: After) -> Self {
        match after {
            After::Score(key, id) => Self::Score(key.map(f64::to_bits), id),
            After::Instant(key, id) => Self::Instant(key, id),
            After::Name(key, id) => Self::Name(key, id),
        }
    }

    /// None when the place is of another order.
    pub(crate) fn in_order(self, sort: LeadSort) -> Option<After> {
        match (self, sort) {
            (Self::Score(key, id), LeadSort::Score) => Some(After::Score(key.map(f64::from_bits), id)),
            (Self::Instant(key, id), LeadSort::LastActivity | LeadSort::Created) => {
                Some(After::Instant(key, id))
            }
            (Self::Name(key, id), LeadSort::Name) => Some(After::Name(key, id)),
            (Self::Score(..) | Self::Instant(..) | Self::Name(..), _) => None,
        }
    }
}
