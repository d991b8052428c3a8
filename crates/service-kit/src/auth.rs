//! Who asks, and what they may do: secret keys with scopes, of which only hashes are known here.

mod extract;
mod header;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use actix_web::web;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::{ConditionallySelectable, ConstantTimeEq};

pub use extract::{AdminOnly, Authorized, EventsWrite, LeadsErase, LeadsExport, LeadsRead, Permission};

use crate::config::Secret;
use crate::random::{self, RandomError};

/// Name and source of the key that comes from the environment or the data directory.
pub const ADMIN: &str = "admin";

/// Something that a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Post facts.
    EventsWrite,
    /// Read leads.
    LeadsRead,
    /// Read all leads at once.
    LeadsExport,
    /// Erase leads.
    LeadsErase,
    /// Everything.
    Admin,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 5] =
        [Self::EventsWrite, Self::LeadsRead, Self::LeadsExport, Self::LeadsErase, Self::Admin];

    /// As it stands in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EventsWrite => "events:write",
            Self::LeadsRead => "leads:read",
            Self::LeadsExport => "leads:export",
            Self::LeadsErase => "leads:erase",
            Self::Admin => "admin",
        }
    }

    /// The scope of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A key as the configuration knows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// Its name.
    pub name: String,
    /// The source of facts that come through it.
    pub source: String,
    hash: [u8; 32],
    scopes: BTreeSet<Scope>,
}

impl Key {
    /// A key whose text has this SHA-256.
    pub fn new(
        name: impl Into<String>,
        source: impl Into<String>,
        hash: [u8; 32],
        scopes: impl IntoIterator<Item = Scope>,
    ) -> Self {
        Self { name: name.into(), source: source.into(), hash, scopes: scopes.into_iter().collect() }
    }

    /// Whether it has the scope, or is an admin's.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) || self.scopes.contains(&Scope::Admin)
    }

    /// Whether both are the same secret.
    pub(crate) fn has_same_hash(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("name", &self.name).field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

/// All keys that are known. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Keys(Arc<[Arc<Key>]>);

impl Keys {
    /// The keys of the configuration, and admin keys beside them.
    #[must_use]
    pub fn new(keys: Vec<Key>, admin_keys: impl IntoIterator<Item = Secret>) -> Self {
        let admin = |key: Secret| Key::new(ADMIN, ADMIN, hash_of(key.expose()), [Scope::Admin]);
        Self(keys.into_iter().chain(admin_keys.into_iter().map(admin)).map(Arc::new).collect())
    }

    /// Whether nobody can get in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Lets the handlers of an application ask for [`Authorized`].
    pub fn configure(&self, cfg: &mut web::ServiceConfig) {
        cfg.app_data(self.clone());
    }

    /// The key that was presented. Takes as long for one that is not known.
    fn find(&self, presented: &str) -> Option<Arc<Key>> {
        let hash = hash_of(presented);
        let mut found = u64::MAX;
        for (index, key) in (0_u64..).zip(self.0.iter()) {
            found.conditional_assign(&index, key.hash.ct_eq(&hash));
        }
        usize::try_from(found).ok().and_then(|index| self.0.get(index)).cloned()
    }
}

/// What the configuration keeps of a key: its SHA-256.
#[must_use]
pub fn hash_of(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// A fresh key of 256 random bits.
///
/// # Errors
/// When there are no random bytes.
pub fn generate_key() -> Result<Secret, RandomError> {
    Ok(Secret::from(format!("batea_{}", URL_SAFE_NO_PAD.encode(random::bytes::<32>()?))))
}

#[cfg(test)]
#[path = "auth_tests.rs"]
mod tests;
