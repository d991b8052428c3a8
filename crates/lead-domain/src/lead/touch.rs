//! First and last touch: to what the lead is owed.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::fact::Fact;
use crate::instant::Instant;

/// A fact that tells where the person came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touch {
    /// The source of the fact.
    pub source: String,
    /// Its campaign.
    pub campaign: Option<String>,
    /// Its own channel.
    pub channel: Option<String>,
    /// Its utm parameters, as posted.
    pub utm: Option<Map<String, Value>>,
    /// When.
    pub at: Instant,
}

/// The first and the last fact that carries a campaign, a channel of its own or utm parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touches {
    /// The first.
    pub first: Option<Touch>,
    /// The last.
    pub last: Option<Touch>,
}

impl Touches {
    pub(super) fn add(&mut self, fact: &Fact) {
        let Some(touch) = touch_of(fact) else { return };
        self.first.get_or_insert_with(|| touch.clone());
        self.last = Some(touch);
    }
}

fn touch_of(fact: &Fact) -> Option<Touch> {
    let utm = fact.data.get("utm").and_then(Value::as_object).filter(|utm| !utm.is_empty());
    let touches = fact.campaign.is_some() || fact.channel.is_some() || utm.is_some();
    touches.then(|| Touch {
        source: fact.source.clone(),
        campaign: fact.campaign.clone(),
        channel: fact.channel.clone(),
        utm: utm.cloned(),
        at: fact.occurred_at,
    })
}
