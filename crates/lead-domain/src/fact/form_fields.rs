//! The names that form fields have on real sites, and the profile keys they mean (the last table of DOMAIN §3).

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Each profile key, then its other names, all as [`plain`] writes them. Where a form has several names of one key,
/// the one that stands first here is believed.
const NAMES: &[(&str, &[&str])] = &[
    ("email", &["email", "mail", "courriel", "adresseemail", "emailadres"]),
    ("name", &["name", "fullname", "yourname", "nomcomplet", "volledigenaam"]),
    ("first_name", &["firstname", "prenom", "voornaam"]),
    ("last_name", &["lastname", "surname", "familyname", "nomdefamille", "achternaam"]),
    ("phone", &["phone", "tel", "telephone", "mobile", "portable", "telefoon", "gsm"]),
    ("company", &["company", "organisation", "organization", "societe", "entreprise", "bedrijf", "firma"]),
    ("job_title", &["jobtitle", "function", "fonction", "poste", "functie"]),
    ("country", &["country", "pays", "land"]),
    ("region", &["region"]),
    ("city", &["city", "ville", "stad", "plaats"]),
    ("postal_code", &["postalcode", "zip", "zipcode", "codepostal", "postcode"]),
    ("website", &["website", "url", "siteweb"]),
    ("birth_date", &["birthdate"]),
    ("industry", &["industry"]),
    ("company_size", &["companysize"]),
    ("language", &["language"]),
];

/// Names that mean the last name beside a first name, and else the whole name.
const FAMILY_OR_WHOLE: [&str; 2] = ["nom", "naam"];

/// A name without what people write differently: case, accents, `-`, `_` and spaces.
fn plain(name: &str) -> String {
    let letters =
        name.nfkd().filter(|c| !is_combining_mark(*c) && !c.is_whitespace() && !matches!(c, '-' | '_'));
    letters.flat_map(char::to_lowercase).collect()
}

/// The profile key that a form field of this name means, and which of the key's names it is. `nom` and `naam`, which
/// depend on the fields beside them, are left to [`profile_of`].
fn known(plain: &str) -> Option<(&'static str, usize)> {
    NAMES.iter().find_map(|(key, names)| Some((*key, names.iter().position(|name| *name == plain)?)))
}

/// The profile key that a form field of this name means, wherever it stands. `nom` and `naam`, which depend on the
/// fields beside them, are left to [`profile_of`].
#[must_use]
pub fn profile_field(name: &str) -> Option<&'static str> {
    known(&plain(name)).map(|(key, _)| key)
}

/// What the fields of a form post say about the profile: per profile key the value of the first of its names that
/// holds more than an empty text or a null. The values are as they were posted.
#[must_use]
pub fn profile_of(fields: &Map<String, Value>) -> BTreeMap<&'static str, &Value> {
    let named: Vec<(String, &Value)> = fields
        .iter()
        .filter(|(_, value)| !is_blank(value))
        .map(|(name, value)| (plain(name), value))
        .collect();
    let has_first_name = named.iter().any(|(name, _)| matches!(known(name), Some(("first_name", _))));
    let family = if has_first_name { "last_name" } else { "name" };
    let mut best: BTreeMap<&'static str, (usize, &Value)> = BTreeMap::new();
    for (name, value) in named {
        let ambiguous =
            FAMILY_OR_WHOLE.iter().position(|nom| *nom == name).map(|nom| (family, usize::MAX - 1 + nom));
        let Some((key, place)) = known(&name).or(ambiguous) else { continue };
        // Null clears a field only if nobody fills it.
        let place = if value.is_null() { usize::MAX } else { place };
        let better = best.get(key).is_none_or(|(taken, _)| place < *taken);
        if better {
            best.insert(key, (place, value));
        }
    }
    best.into_iter().map(|(key, (_, value))| (key, value)).collect()
}

fn is_blank(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn profile(fields: Value) -> Value {
        let Value::Object(fields) = fields else { panic!("fields are an object") };
        profile_of(&fields)
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.clone()))
            .collect::<Map<_, _>>()
            .into()
    }

    #[test]
    fn every_name_of_the_table_is_known_however_it_is_written() {
        let written = [
            ("e-mail", "email"),
            ("E-Mail", "email"),
            ("mail", "email"),
            ("courriel", "email"),
            ("adresse e-mail", "email"),
            ("emailadres", "email"),
            ("full name", "name"),
            ("Your_Name", "name"),
            ("nom complet", "name"),
            ("volledige naam", "name"),
            ("Prénom", "first_name"),
            ("pre\u{301}nom", "first_name"),
            ("PRÉNOM", "first_name"),
            ("voornaam", "first_name"),
            ("first-name", "first_name"),
            ("surname", "last_name"),
            ("family name", "last_name"),
            ("nom de famille", "last_name"),
            ("achternaam", "last_name"),
            ("lastName", "last_name"),
            ("tel", "phone"),
            ("telephone", "phone"),
            ("mobile", "phone"),
            ("portable", "phone"),
            ("téléphone", "phone"),
            ("telefoon", "phone"),
            ("gsm", "phone"),
            ("organisation", "company"),
            ("organization", "company"),
            ("Société", "company"),
            ("entreprise", "company"),
            ("bedrijf", "company"),
            ("firma", "company"),
            ("function", "job_title"),
            ("Fonction", "job_title"),
            ("poste", "job_title"),
            ("functie", "job_title"),
            ("pays", "country"),
            ("land", "country"),
            ("ville", "city"),
            ("stad", "city"),
            ("plaats", "city"),
            ("zip", "postal_code"),
            ("zipcode", "postal_code"),
            ("code postal", "postal_code"),
            ("postcode", "postal_code"),
            ("url", "website"),
            ("site web", "website"),
            ("birth_date", "birth_date"),
            ("company size", "company_size"),
            ("industry", "industry"),
            ("language", "language"),
            ("region", "region"),
        ];
        for (name, key) in written {
            assert_eq!(profile_field(name), Some(key), "{name}");
        }
        for name in ["message", "", "email2", "nom", "naam", "attributes"] {
            assert_eq!(profile_field(name), None, "{name}");
        }
    }

    #[test]
    fn every_profile_key_is_a_name_of_itself() {
        for key in crate::fact::body::PROFILE_TEXTS.into_iter().chain(["company_size"]) {
            assert_eq!(profile_field(key), Some(key));
        }
    }

    #[test]
    fn nom_is_the_last_name_beside_a_first_name_and_else_the_name() {
        let both = json!({"Prénom": "Ada", "Nom": "Lovelace"});
        assert_eq!(profile(both), json!({"first_name": "Ada", "last_name": "Lovelace"}));
        assert_eq!(profile(json!({"naam": "Jan Maes"})), json!({"name": "Jan Maes"}));
        assert_eq!(
            profile(json!({"nom": "Ada", "prénom": " "})),
            json!({"name": "Ada"}),
            "an empty first name is none"
        );
    }

    #[test]
    fn of_several_names_of_one_key_the_first_of_the_table_that_is_filled_in_counts() {
        let fields =
            json!({"mobile": "2", "telephone": "1", "tel": "", "mail": null, "courriel": "c@example.org"});
        assert_eq!(profile(fields), json!({"phone": "1", "email": "c@example.org"}));
        let fields = json!({"nom": "A", "last_name": "B", "prenom": "C"});
        assert_eq!(profile(fields), json!({"last_name": "B", "first_name": "C"}));
    }

    #[test]
    fn values_are_as_posted_and_what_is_no_profile_is_left_out() {
        let fields = json!({"company_size": 40, "country": ["FR", "BE"], "message": "Hello"});
        assert_eq!(profile(fields), json!({"company_size": 40, "country": ["FR", "BE"]}));
    }
}
