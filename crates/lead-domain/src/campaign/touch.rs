//! Facts that carry a campaign: each touches a person on its behalf.

use super::Activity;
use crate::fact::{Fact, FactType};
use crate::instant::Instant;
use crate::lead::is_asking;

/// A fact that carries a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignTouch {
    /// The campaign.
    pub campaign: String,
    /// The channel that the fact tells itself; none: that of its campaign.
    pub channel: Option<String>,
    /// When.
    pub at: Instant,
    /// What the fact counts as.
    pub(super) counts: Activity<bool>,
}

impl CampaignTouch {
    /// None where the fact carries no campaign, and for what is kept beside the leads: a form post in quarantine, and
    /// its release.
    #[must_use]
    pub fn of(fact: &Fact) -> Option<Self> {
        if matches!(fact.kind, FactType::FormQuarantined | FactType::FormReleased) {
            return None;
        }
        let campaign = fact.campaign.clone()?;
        Some(Self { campaign, channel: fact.channel.clone(), at: fact.occurred_at, counts: counts(fact) })
    }
}

/// A click on an advertisement is both: who clicks has seen.
fn counts(fact: &Fact) -> Activity<bool> {
    use FactType as T;
    let machine = fact.is_machine();
    let reached = matches!(fact.kind, T::EmailDelivered | T::ListImported);
    let seen = matches!(fact.kind, T::EmailOpened | T::PageViewed | T::AdClicked | T::SocialEngaged);
    let clicked = matches!(fact.kind, T::EmailClicked | T::AdClicked);
    Activity {
        reached,
        seen: seen && !machine,
        seen_machine: seen && machine,
        clicked: clicked && !machine,
        clicked_machine: clicked && machine,
        contacted: is_asking(fact),
    }
}
