//! Who a fact is about: identifiers in canonical form, and which of them are one person.

mod canonical;
mod grouping;

pub use canonical::{InvalidIdentifier, is_phone_region};
pub use grouping::{Grouping, Pair, PairEvent, group};

use serde::{Deserialize, Serialize};

use crate::ids::{IdentitySecret, LeadId};

/// The kinds of identifier, strongest first: this order is the order of strength, everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierKind {
    /// An e-mail address.
    Email,
    /// The id that another system gave, unique within its source.
    ExternalId,
    /// A phone number in E.164.
    Phone,
    /// A visitor's id that a site made up.
    AnonymousId,
}

impl IdentifierKind {
    /// All kinds, strongest first.
    pub const ALL: [Self; 4] = [Self::Email, Self::ExternalId, Self::Phone, Self::AnonymousId];

    /// E-mails and external ids hold people together; phones and anonymous ids belong to one person at a time.
    #[must_use]
    pub const fn is_strong(self) -> bool {
        matches!(self, Self::Email | Self::ExternalId)
    }

    /// The key of this kind in `lead`, and its stored name.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::ExternalId => "external_id",
            Self::Phone => "phone",
            Self::AnonymousId => "anonymous_id",
        }
    }

    /// The kind that has this key.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }
}

/// An identifier in canonical form: two of them are equal exactly when they name the same thing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier {
    kind: IdentifierKind,
    value: String,
    /// Only of an external id: the source that gave it.
    source: Option<String>,
}

impl Identifier {
    /// Brings what was given into canonical form. `source` is that of the fact; `region` the default phone region.
    ///
    /// # Errors
    /// When the text is no identifier of this kind, or one that stands for nobody.
    pub fn parse(
        kind: IdentifierKind,
        given: &str,
        source: &str,
        region: Option<&str>,
    ) -> Result<Self, InvalidIdentifier> {
        let value = canonical::of(kind, given, region)?;
        let source = (kind == IdentifierKind::ExternalId).then(|| source.to_owned());
        Ok(Self { kind, value, source })
    }

    /// Takes a value that was stored in canonical form.
    pub(crate) fn from_stored(kind: IdentifierKind, value: &str, source: &str) -> Self {
        let source = (kind == IdentifierKind::ExternalId).then(|| source.to_owned());
        Self { kind, value: value.to_owned(), source }
    }

    /// What kind of identifier this is.
    #[must_use]
    pub const fn kind(&self) -> IdentifierKind {
        self.kind
    }

    /// The canonical text. Personal data.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Of an external id, the source that gave it.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// The id of the lead that this identifier alone would be.
    #[must_use]
    pub fn lead_id(&self, secret: &IdentitySecret) -> LeadId {
        let kind = self.kind.key().as_bytes();
        let source = self.source.as_deref().unwrap_or_default().as_bytes();
        LeadId(secret.uuid(&[b"lead", kind, source, self.value.as_bytes()]))
    }
}

impl std::fmt::Debug for Identifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identifier({}, redacted)", self.kind.key())
    }
}

/// Whom a fact names: identifiers, or a lead id instead of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// At least one identifier, at most one of each kind, strongest first.
    Identified(Identifiers),
    /// The group of the identifier that has this lead id.
    Lead(LeadId),
    /// A campaign: the fact has no lead.
    Campaign(String),
}

/// The identifiers of one fact: never empty, at most one of each kind, strongest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifiers(Vec<Identifier>);

impl Identifiers {
    /// Takes the identifiers of one fact; `None` when there are none.
    #[must_use]
    pub fn new(mut identifiers: Vec<Identifier>) -> Option<Self> {
        identifiers.sort();
        identifiers.dedup_by_key(|identifier| identifier.kind);
        (!identifiers.is_empty()).then_some(Self(identifiers))
    }

    /// The identifier to which the fact belongs.
    #[must_use]
    pub fn strongest(&self) -> &Identifier {
        &self.0[0]
    }

    /// All of them, strongest first.
    #[must_use]
    pub fn all(&self) -> &[Identifier] {
        &self.0
    }

    /// The one of this kind.
    #[must_use]
    pub fn of(&self, kind: IdentifierKind) -> Option<&Identifier> {
        self.0.iter().find(|identifier| identifier.kind == kind)
    }
}

impl Subject {
    /// The id under which the fact is stored and by which it is keyed: that of its strongest identifier.
    #[must_use]
    pub fn id(&self, secret: &IdentitySecret) -> LeadId {
        match self {
            Self::Identified(identifiers) => identifiers.strongest().lead_id(secret),
            Self::Lead(id) => *id,
            Self::Campaign(name) => LeadId(secret.uuid(&[b"campaign", name.as_bytes()])),
        }
    }

    /// The identifiers, none where a lead id or a campaign is named.
    #[must_use]
    pub fn identifiers(&self) -> &[Identifier] {
        match self {
            Self::Identified(identifiers) => identifiers.all(),
            Self::Lead(_) | Self::Campaign(_) => &[],
        }
    }
}
