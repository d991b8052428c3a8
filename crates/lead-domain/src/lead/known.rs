//! The profile as conditions of criteria and fit rules see it.

use std::str::FromStr;

use super::profile::Profile;
use crate::fact::Intent;
use crate::instant::{Date, Instant};
use crate::policy::{Operand, Scope};

/// The profile at the instant of a fact, and the intent of the fact.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'a> {
    profile: &'a Profile,
    at: Instant,
    intent: Option<Intent>,
}

impl<'a> Known<'a> {
    pub(super) const fn of(profile: &'a Profile, at: Instant) -> Self {
        Self { profile, at, intent: None }
    }

    pub(super) const fn with_intent(self, intent: Option<Intent>) -> Self {
        Self { intent, ..self }
    }

    pub(super) const fn has_intent(&self) -> bool {
        self.intent.is_some()
    }

    /// Whether a field is known. The domain of an e-mail address alone tells nothing of the fit.
    pub(super) fn tells(&self, path: &[String]) -> bool {
        path != ["email_domain"] && self.operand(path) != Operand::Missing
    }

    /// In full years at the instant of the fact.
    fn age(&self) -> Operand<'static> {
        let born = self.profile.text("birth_date").and_then(|text| Date::from_str(text).ok());
        let age = born.map(|born| f64::from(born.years_until(self.at.date())));
        age.map_or(Operand::Missing, Operand::Number)
    }

    fn email_domain(&self) -> Operand<'_> {
        Operand::text(
            self.profile.text("email").and_then(|email| email.rsplit_once('@')).map(|(_, domain)| domain),
        )
    }
}

impl Scope for Known<'_> {
    fn operand(&self, path: &[String]) -> Operand<'_> {
        match path.split_first().map(|(first, rest)| (first.as_str(), rest)) {
            Some(("intent", _)) => Operand::text(self.intent.map(Intent::name)),
            Some(("age", _)) => self.age(),
            Some(("email_domain", _)) => self.email_domain(),
            Some(("name", _)) => {
                self.profile.display_name().map_or(Operand::Missing, |name| Operand::Text(name.into()))
            }
            Some((field, rest)) => Operand::of(self.profile.at(field, rest)),
            None => Operand::Missing,
        }
    }
}
