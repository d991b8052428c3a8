//! Cursors that callers hand back but cannot read, forge or carry from one installation to another.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};

use crate::random::{self, RandomError};

/// Bytes of the nonce before the sealed text. So many that random ones never meet.
const NONCE: usize = 24;

/// The key under which an installation seals its cursors.
#[derive(Clone)]
pub struct CursorKey(XChaCha20Poly1305);

/// The text is no cursor that this installation gave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this installation")]
pub struct NotACursor;

impl CursorKey {
    /// Takes a key that is used for nothing else.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(&Key::from(key)))
    }

    /// Seals bytes into text that is safe in a URL as it is.
    ///
    /// # Errors
    /// When there are no random bytes for a nonce.
    pub fn seal(&self, plain: &[u8]) -> Result<String, RandomError> {
        let nonce = random::bytes::<NONCE>()?;
        let mut sealed = nonce.to_vec();
        // Sealing fails only for texts of many gigabytes; what comes out then opens nowhere.
        sealed.extend(self.0.encrypt(&XNonce::from(nonce), plain).unwrap_or_default());
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens what [`Self::seal`] gave out.
    ///
    /// # Errors
    /// When the text is not ours, or was changed.
    pub fn open(&self, text: &str) -> Result<Vec<u8>, NotACursor> {
        let sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotACursor)?;
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(NotACursor)?;
        self.0.decrypt(&XNonce::from(*nonce), sealed).map_err(|_| NotACursor)
    }
}

impl fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CursorKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_and_says_nothing_meanwhile() {
        let key = CursorKey::new([7; 32]);
        let text = key.seal(b"ada@example.com").unwrap();
        assert!(
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'),
            "{text}"
        );
        assert_ne!(text, key.seal(b"ada@example.com").unwrap());
        assert_eq!(key.open(&text), Ok(b"ada@example.com".to_vec()));
    }

    #[test]
    fn a_forged_changed_or_foreign_cursor_does_not_open() {
        let key = CursorKey::new([7; 32]);
        let text = key.seal(b"page 2").unwrap();
        assert_eq!(CursorKey::new([8; 32]).open(&text), Err(NotACursor));
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(key.open(&String::from_utf8(changed).unwrap()), Err(NotACursor), "byte {at}");
        }
        for forged in ["", "A", "AAAA", "no cursor", "é"] {
            assert_eq!(key.open(forged), Err(NotACursor), "{forged}");
        }
    }
}
