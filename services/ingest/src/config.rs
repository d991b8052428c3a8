//! What ingest takes from `batea.yaml`: the phone region, the sites, the forms.

mod origin;
mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use lead_domain::fact::Intent;

pub(crate) use origin::Origin;

/// The source of forms that stand on no declared site.
const NO_SITE: &str = "website";
/// The form of the embedded demo.
const DEMO: &str = "demo";

/// The part of the configuration that ingest reads. The default has no sites and no forms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IngestConfig {
    region: Option<String>,
    forms: BTreeMap<String, Form>,
    /// What a form's posts mean, also when a back end reports them.
    intents: BTreeMap<String, Intent>,
}

/// A website whose pages may post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    /// The source of its facts.
    pub(crate) name: String,
    /// Where its pages are.
    pub(crate) origins: Vec<Origin>,
    /// The region of phone numbers without a country code.
    pub(crate) region: Option<String>,
}

impl Default for Site {
    fn default() -> Self {
        Self { name: NO_SITE.to_owned(), origins: Vec::new(), region: None }
    }
}

/// A form that may be posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    /// Its name in the address.
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) site: Site,
    /// What somebody wants who posts it.
    pub(crate) intent: Intent,
    /// Where the person goes afterwards: a path, or an address.
    pub(crate) thank_you: Option<String>,
    /// The field whose tick is a consent.
    pub(crate) consent: Option<Consent>,
}

/// A tick that is a consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Consent {
    /// The name of the field.
    pub(crate) field: String,
    /// What the consent is for.
    pub(crate) purpose: String,
}

impl IngestConfig {
    /// Adds the form `demo` where no form is declared: the embedded server can be tried without a file.
    #[must_use]
    pub fn with_demo(mut self) -> Self {
        if self.forms.is_empty() {
            self.add(Form {
                name: DEMO.to_owned(),
                site: Site { region: self.region.clone(), ..Site::default() },
                intent: Intent::Contact,
                thank_you: None,
                consent: None,
            });
        }
        self
    }

    fn add(&mut self, form: Form) {
        self.intents.insert(form.name.clone(), form.intent);
        self.forms.insert(form.name.clone(), form);
    }

    /// The form of this name.
    pub(crate) fn form(&self, name: &str) -> Option<&Form> {
        self.forms.get(name)
    }

    /// The names of the forms, sorted.
    pub fn form_names(&self) -> impl Iterator<Item = &str> {
        self.forms.keys().map(String::as_str)
    }

    /// How many forms may be posted.
    #[must_use]
    pub fn form_count(&self) -> usize {
        self.forms.len()
    }

    /// The phone region of the installation.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// The intents of the forms.
    pub(crate) const fn intents(&self) -> &BTreeMap<String, Intent> {
        &self.intents
    }
}
