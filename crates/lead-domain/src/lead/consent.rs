//! Consents and their refusals, per purpose and channel.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::fact::{Body, Fact, FactType};
use crate::instant::Instant;

/// What the person said last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentStatus {
    /// Yes.
    Given,
    /// No, when asked.
    Denied,
    /// No longer.
    Withdrawn,
}

impl ConsentStatus {
    /// The code in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Denied => "denied",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// One entry of the list that the API shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// What for.
    pub purpose: String,
    /// Through which channel; every one if none.
    pub channel: Option<String>,
    /// What the person said last.
    pub status: ConsentStatus,
    /// When.
    pub at: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Word {
    status: ConsentStatus,
    at: Instant,
}

impl Word {
    /// A refusal wins over a consent of the same instant.
    fn overrides(self, earlier: Self) -> bool {
        let refused_then = earlier.status != ConsentStatus::Given && earlier.at == self.at;
        !(self.status == ConsentStatus::Given && refused_then)
    }
}

/// The words for one purpose: one that covers every channel, and those for single channels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Purpose {
    every_channel: Option<Word>,
    channels: BTreeMap<String, Word>,
}

/// What the person allows, per purpose and channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Consents(BTreeMap<String, Purpose>);

impl Consents {
    pub(super) fn hear(&mut self, fact: &Fact) {
        let at = fact.occurred_at;
        match (fact.kind, &fact.body) {
            (FactType::ConsentGiven, body) => self.note(body, Word { status: ConsentStatus::Given, at }),
            (FactType::ConsentDenied, body) => self.note(body, Word { status: ConsentStatus::Denied, at }),
            (FactType::ConsentWithdrawn, body) => {
                self.note(body, Word { status: ConsentStatus::Withdrawn, at })
            }
            (FactType::EmailUnsubscribed | FactType::EmailComplained, _) => {
                let word = Word { status: ConsentStatus::Withdrawn, at };
                self.0.entry("marketing".to_owned()).or_default().say(Some("email"), word);
            }
            _ => {}
        }
    }

    fn note(&mut self, body: &Body, word: Word) {
        if let Body::Consent { purpose, channel } = body {
            self.0.entry(purpose.clone()).or_default().say(channel.as_deref(), word);
        }
    }

    /// All entries, by purpose, the one for every channel before those of single channels.
    #[must_use]
    pub fn to_list(&self) -> Vec<Consent> {
        self.0.iter().flat_map(|(purpose, words)| words.to_list(purpose)).collect()
    }
}

impl Purpose {
    /// A word without a channel covers all of them: it is the latest for each.
    fn say(&mut self, channel: Option<&str>, word: Word) {
        let covering = self.every_channel.filter(|earlier| !word.overrides(*earlier));
        if covering.is_some() {
            return;
        }
        match channel {
            Some(channel) => override_with(self.channels.entry(channel.to_owned()).or_insert(word), word),
            None => {
                self.every_channel = Some(word);
                self.channels.values_mut().for_each(|earlier| override_with(earlier, word));
            }
        }
    }

    fn to_list(&self, purpose: &str) -> Vec<Consent> {
        let entry = |channel: Option<&String>, word: Word| Consent {
            purpose: purpose.to_owned(),
            channel: channel.cloned(),
            status: word.status,
            at: word.at,
        };
        let every = self.every_channel.map(|word| entry(None, word));
        let channels = self.channels.iter().map(|(channel, word)| entry(Some(channel), *word));
        every.into_iter().chain(channels).collect()
    }
}

fn override_with(earlier: &mut Word, word: Word) {
    if word.overrides(*earlier) {
        *earlier = word;
    }
}
