//! To which of the campaigns that touched a person an event is owed.

use std::collections::BTreeMap;

use super::CampaignTouch;
use crate::instant::Instant;

/// How an event is attributed to the campaigns that touched the person at or before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Attribution {
    /// To the one that touched first.
    #[default]
    First,
    /// To the one that touched last.
    Last,
    /// To all of them, in equal parts.
    Even,
}

/// A campaign's part of an event, with the touch that earned it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Credit<'t> {
    pub touch: &'t CampaignTouch,
    /// The event is divided into so many equal parts.
    pub among: u64,
}

impl Attribution {
    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Last => "last",
            Self::Even => "even",
        }
    }

    /// Who gets which part of an event at `at`. The touches stand in the order of facts.
    pub(super) fn credits(self, touches: &[CampaignTouch], at: Instant) -> Vec<Credit<'_>> {
        let before = touches.get(..touches.partition_point(|touch| touch.at <= at)).unwrap_or_default();
        match self {
            Self::First => whole(before.first()),
            Self::Last => whole(before.last()),
            Self::Even => in_equal_parts(before),
        }
    }
}

fn whole(touch: Option<&CampaignTouch>) -> Vec<Credit<'_>> {
    touch.into_iter().map(|touch| Credit { touch, among: 1 }).collect()
}

/// Each campaign counts once, however often it touched, and by its first touch.
fn in_equal_parts(touches: &[CampaignTouch]) -> Vec<Credit<'_>> {
    let mut first: BTreeMap<&str, &CampaignTouch> = BTreeMap::new();
    for touch in touches {
        first.entry(&touch.campaign).or_insert(touch);
    }
    let among = first.len() as u64;
    first.into_values().map(|touch| Credit { touch, among }).collect()
}
