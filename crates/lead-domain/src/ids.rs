//! Ids: of facts and of leads, and the secret from which they are derived.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// Names one fact, everywhere and for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub Uuid);

/// Names one identifier, and the lead whose earliest fact has it as its strongest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LeadId(pub Uuid);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for LeadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The key of every derived id. Whoever knows it can compute a lead id from an e-mail address, so it is shown to nobody.
#[derive(Clone)]
pub struct IdentitySecret {
    /// Made ready once: several ids are derived for each fact.
    keyed: Hmac<Sha256>,
    fingerprint: String,
}

/// The secret is too short to keep ids from being guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the identity secret must have at least {} characters", IdentitySecret::MIN_LENGTH)]
pub struct SecretTooShort;

impl IdentitySecret {
    /// The least number of bytes a secret may have.
    pub const MIN_LENGTH: usize = 32;

    /// Takes the bytes of the secret as they are.
    ///
    /// # Errors
    /// When it is shorter than [`Self::MIN_LENGTH`] bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, SecretTooShort> {
        let bytes = bytes.into();
        if bytes.len() < Self::MIN_LENGTH {
            return Err(SecretTooShort);
        }
        let keyed = keyed(&bytes);
        let fingerprint = hex(&mac(keyed.clone(), &[b"fingerprint"])[..8]);
        Ok(Self { keyed, fingerprint })
    }

    /// Tells one secret from another without giving it away; every record carries it.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The id of the fact that `source` calls `id`.
    #[must_use]
    pub fn event_id(&self, source: &str, id: &str) -> EventId {
        EventId(self.uuid(&[b"event", source.as_bytes(), id.as_bytes()]))
    }

    /// The id of the fact at `index` of the request that `source` sent under an `Idempotency-Key`.
    #[must_use]
    pub fn event_id_in_request(&self, source: &str, key: &str, index: usize) -> EventId {
        EventId(self.uuid(&[b"request", source.as_bytes(), key.as_bytes(), &index.to_be_bytes()]))
    }

    /// The id of the record at a place in the log, for what has no readable id of its own.
    #[must_use]
    pub fn record_id(&self, partition: i32, offset: i64) -> EventId {
        EventId(self.uuid(&[b"record", &partition.to_be_bytes(), &offset.to_be_bytes()]))
    }

    /// The id of a change that a policy causes in a part of a lead when its generation takes over.
    #[must_use]
    pub fn policy_change_id(&self, generation: i64, lead: LeadId, what: &str) -> EventId {
        EventId(self.uuid(&[b"policy change", &generation.to_be_bytes(), lead.0.as_bytes(), what.as_bytes()]))
    }

    /// A key for something else that all services of an installation share, and from which nothing follows about ids.
    #[must_use]
    pub fn derived_key(&self, purpose: &str) -> [u8; 32] {
        self.mac(&[b"key", purpose.as_bytes()])
    }

    /// A `UUIDv8` of the parts under this secret.
    pub(crate) fn uuid(&self, parts: &[&[u8]]) -> Uuid {
        let mac = self.mac(parts);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&mac[..16]);
        Builder::from_custom_bytes(bytes).into_uuid()
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        mac(self.keyed.clone(), parts)
    }
}

/// HMAC-SHA-256 over the parts, each with its length before it, so that no two lists of parts read alike.
fn mac(mut mac: Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"))
}

impl fmt::Debug for IdentitySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentitySecret(redacted)")
    }
}

/// SHA-256 of some bytes in lower-case hexadecimal: versions of policies, hashes of content.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let digits = |byte: &u8| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    bytes.iter().flat_map(digits).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> IdentitySecret {
        IdentitySecret::new(*b"0123456789abcdef0123456789abcdef").unwrap()
    }

    #[test]
    fn the_same_source_and_id_give_the_same_event_id_and_a_version_8_uuid() {
        let id = secret().event_id("crm", "s-1");
        assert_eq!(id, secret().event_id("crm", "s-1"));
        assert_eq!(id.0.get_version_num(), 8);
        assert_ne!(id, secret().event_id("website", "s-1"));
    }

    #[test]
    fn parts_that_read_alike_when_joined_differ() {
        assert_ne!(secret().event_id("ab", "c"), secret().event_id("a", "bc"));
    }

    #[test]
    fn a_short_secret_is_refused_and_none_is_ever_printed() {
        assert_eq!(IdentitySecret::new("short").unwrap_err(), SecretTooShort);
        assert_eq!(format!("{:?}", secret()), "IdentitySecret(redacted)");
    }
}
