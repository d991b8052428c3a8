//! The side state of the sale: open, not now, later, no, out of the question.

use serde::{Deserialize, Serialize};

use crate::fact::{Body, CallOutcome, Fact, FactType};
use crate::instant::Instant;

/// Where the sale stands beside the stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Disposition {
    /// Nothing speaks against it.
    Open,
    /// Not ready.
    Nurture {
        /// The date agreed, if one was.
        until: Option<Instant>,
    },
    /// A no, but they may be asked again.
    ContactLater {
        /// From then on.
        from: Instant,
    },
    /// A no.
    Refused,
    /// Out of the question.
    Disqualified,
}

impl Disposition {
    /// The code in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Nurture { .. } => "nurture",
            Self::ContactLater { .. } => "contact_later",
            Self::Refused => "refused",
            Self::Disqualified => "disqualified",
        }
    }

    /// After one more fact. `asking` facts and those that `reopen` a sale (a quote issued anew, one more purchase) end
    /// everything but a disqualification, which ends only by word.
    pub(super) fn after(self, fact: &Fact, asking: bool, reopens: bool) -> Self {
        match (fact.kind, &fact.body) {
            (FactType::LeadReopened | FactType::LeadAccepted, _) => Self::Open,
            (FactType::LeadDisqualified, _) => Self::Disqualified,
            _ if self == Self::Disqualified => self,
            (_, Body::Deferred { until }) => Self::Nurture { until: *until },
            (_, Body::Refusal { contact_again_at }) => Self::refusal(*contact_again_at),
            (_, Body::Call { outcome: CallOutcome::Refused, contact_again_at, .. }) => {
                Self::refusal(*contact_again_at)
            }
            _ if asking || reopens => Self::Open,
            _ => self,
        }
    }

    /// The date agreed with the person, if there is one.
    #[must_use]
    pub const fn date(self) -> Option<Instant> {
        match self {
            Self::Nurture { until } => until,
            Self::ContactLater { from } => Some(from),
            Self::Open | Self::Refused | Self::Disqualified => None,
        }
    }

    /// Whether this fact, after which the sale stands so, says it anew.
    pub(super) fn is_set_by(self, fact: &Fact) -> bool {
        let refused = matches!(fact.body, Body::Call { outcome: CallOutcome::Refused, .. });
        let said = refused || matches!(fact.kind, FactType::LeadDeferred | FactType::LeadRefused);
        said && self != Self::Disqualified
    }

    fn refusal(contact_again_at: Option<Instant>) -> Self {
        contact_again_at.map_or(Self::Refused, |from| Self::ContactLater { from })
    }
}
