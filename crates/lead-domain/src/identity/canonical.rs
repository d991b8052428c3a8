//! Canonical forms (DOMAIN §5).

use std::borrow::Cow;

use email_address::{EmailAddress, Options};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, Region};
use unicode_normalization::UnicodeNormalization;

use super::IdentifierKind;

/// Why a text is no identifier. Never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIdentifier {
    /// Not an e-mail address.
    #[error("This is not an e-mail address.")]
    Email,
    /// Not a phone number that could exist.
    #[error(
        "This is not a possible phone number; write it with its country code, such as +33 6 12 34 56 78."
    )]
    Phone,
    /// Empty, too long, or with control characters.
    #[error("An id has 1 to 128 characters, none of them a control character.")]
    Id,
    /// A name that programs send for nobody.
    #[error("This value stands for nobody; leave the identifier out.")]
    Nobody,
}

impl InvalidIdentifier {
    /// A stable code for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Email => "invalid_email",
            Self::Phone => "invalid_phone",
            Self::Id => "invalid_id",
            Self::Nobody => "stands_for_nobody",
        }
    }
}

/// What programs send when they know nobody: merging on one of these would make one lead of strangers.
const NOBODY: [&str; 28] = [
    "0",
    "-1",
    "00000000-0000-0000-0000-000000000000",
    "null",
    "(null)",
    "nil",
    "undefined",
    "none",
    "n/a",
    "na",
    "nan",
    "unknown",
    "anonymous",
    "anon",
    "guest",
    "test",
    "user",
    "default",
    "empty",
    "false",
    "true",
    "[object object]",
    "{}",
    "[]",
    "-",
    "id",
    "visitor",
    "not_set",
];

pub(super) fn of(
    kind: IdentifierKind,
    given: &str,
    region: Option<&str>,
) -> Result<String, InvalidIdentifier> {
    match kind {
        IdentifierKind::Email => email(given),
        IdentifierKind::Phone => phone(given, region),
        IdentifierKind::ExternalId | IdentifierKind::AnonymousId => id(given),
    }
}

fn email(given: &str) -> Result<String, InvalidIdentifier> {
    let text = composed(given.trim());
    let (local, domain) = text.rsplit_once('@').ok_or(InvalidIdentifier::Email)?;
    let domain = idna::domain_to_ascii_strict(domain).map_err(|_| InvalidIdentifier::Email)?;
    let canonical = format!("{}@{domain}", local.to_ascii_lowercase());
    let options = Options::default().with_required_tld().without_domain_literal().without_display_text();
    match EmailAddress::parse_with_options(&canonical, options) {
        Ok(_) if !canonical.contains(char::is_control) => Ok(canonical),
        Ok(_) | Err(_) => Err(InvalidIdentifier::Email),
    }
}

/// In normal form C, which ASCII always is.
fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

/// The longest text that is looked at as a phone number; E.164 has 15 digits.
const PHONE_TEXT_MAX: usize = 60;

/// "Possible" is a matter of length alone: a number of a new range is possible before the metadata know it as valid. The
/// library finds numbers in sentences, too; what has other letters than `tel:` is none.
fn phone(given: &str, region: Option<&str>) -> Result<String, InvalidIdentifier> {
    let text = given.trim();
    let text = text.strip_prefix("tel:").unwrap_or(text);
    let looks_like_one = text.len() <= PHONE_TEXT_MAX
        && text.chars().all(|c| c.is_numeric() || " +-./()\u{a0}\u{ff0b}".contains(c));
    if !looks_like_one {
        return Err(InvalidIdentifier::Phone);
    }
    let region = region.and_then(|region| region.to_ascii_uppercase().parse::<Region>().ok());
    let number = PHONE_NUMBER_UTIL.parse(text, region).map_err(|_| InvalidIdentifier::Phone)?;
    if PHONE_NUMBER_UTIL.is_possible_number(&number) {
        Ok(PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).into_owned())
    } else {
        Err(InvalidIdentifier::Phone)
    }
}

/// Whether the two letters name a region that phone numbers can be read in.
#[must_use]
pub fn is_phone_region(region: &str) -> bool {
    region.len() == 2 && region.parse::<Region>().is_ok()
}

/// The longest id (DOMAIN §3).
pub(crate) const ID_MAX: usize = 128;

fn id(given: &str) -> Result<String, InvalidIdentifier> {
    let text = given.trim();
    let well_formed = !text.is_empty() && text.chars().count() <= ID_MAX && !text.contains(char::is_control);
    if !well_formed {
        return Err(InvalidIdentifier::Id);
    }
    let lower = text.to_lowercase();
    if NOBODY.contains(&lower.as_str()) { Err(InvalidIdentifier::Nobody) } else { Ok(text.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_is_trimmed_and_its_case_and_domain_are_unified() {
        assert_eq!(email(" Ada.L+x@Exämple.COM ").unwrap(), "ada.l+x@xn--exmple-cua.com");
        assert_eq!(
            email("É@example.org").unwrap(),
            "É@example.org",
            "only ASCII letters of the local part are lower-cased"
        );
        assert_eq!(email("e\u{301}@example.org").unwrap(), "é@example.org", "NFC");
    }

    #[test]
    fn what_is_no_email_is_refused() {
        for text in [
            "",
            "ada",
            "ada@",
            "@example.com",
            "ada@localhost",
            "a b@example.com",
            "ada\u{ff20}example.com",
            "a@b@c",
            "a\0@example.com",
            "a@exa mple.com",
        ] {
            assert_eq!(email(text), Err(InvalidIdentifier::Email), "{text:?}");
        }
    }

    #[test]
    fn a_phone_becomes_e164_in_the_region_of_the_site() {
        assert_eq!(phone("06 12 34 56 78", Some("FR")).unwrap(), "+33612345678");
        assert_eq!(phone("+33 6 12 34 56 78", None).unwrap(), "+33612345678");
        assert_eq!(phone("(0470) 12.34.56", Some("be")).unwrap(), "+32470123456");
        assert_eq!(phone("06 12 34 56 78", None), Err(InvalidIdentifier::Phone));
        for text in [
            "3,36E+10",
            "+33 6",
            "+999123456789",
            "call me",
            "+",
            "00",
            "+33612345678901234",
            "order 612345678",
        ] {
            assert_eq!(phone(text, Some("FR")), Err(InvalidIdentifier::Phone), "{text}");
        }
    }

    /// As Google's libphonenumber reads them.
    #[test]
    fn a_leading_zero_that_belongs_to_the_number_is_kept() {
        for (text, region, canonical) in [
            ("+39 06 6982 1234", "FR", "+390669821234"),
            ("06 6982 1234", "IT", "+390669821234"),
            ("+39 347 123 4567", "FR", "+393471234567"),
            ("+225 07 08 09 10 11", "FR", "+2250708091011"),
            ("+242 06 612 3456", "FR", "+242066123456"),
            ("+378 0549 886377", "FR", "+3780549886377"),
            ("+33 (0)6 12 34 56 78", "BE", "+33612345678"),
            ("tel:+33-6-12-34-56-78", "BE", "+33612345678"),
            ("\u{ff0b}\u{ff13}\u{ff13} 612345678", "BE", "+33612345678"),
        ] {
            assert_eq!(phone(text, Some(region)).as_deref(), Ok(canonical), "{text}");
        }
        assert_ne!(phone("+39 6 6982 1234", None), phone("+39 06 6982 1234", None));
    }

    #[test]
    fn the_names_that_stand_for_nobody_are_published() {
        let page = include_str!("../../../../docs/identifiers.md");
        for name in NOBODY {
            assert!(page.contains(&format!("`{name}`")), "{name}");
        }
    }

    #[test]
    fn ids_keep_their_case_and_those_of_nobody_are_refused() {
        assert_eq!(id("  C-1004 ").unwrap(), "C-1004");
        for text in ["null", "Undefined", "0", " none ", "N/A", "[object Object]"] {
            assert_eq!(id(text), Err(InvalidIdentifier::Nobody), "{text}");
        }
        assert_eq!(id(&"x".repeat(129)), Err(InvalidIdentifier::Id));
        assert_eq!(id("a\u{7}b"), Err(InvalidIdentifier::Id));
    }
}
