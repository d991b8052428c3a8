//! Which fields of the profile a fact changed.

/// The fields whose values a fact changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Changed(Vec<Field>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Field {
    name: String,
    /// Of `attributes`: which one; none for all of them.
    attribute: Option<String>,
}

impl Changed {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn note(&mut self, name: &str) {
        self.0.push(Field { name: name.to_owned(), attribute: None });
    }

    pub(super) fn note_attribute(&mut self, key: &str) {
        self.0.push(Field { name: "attributes".to_owned(), attribute: Some(key.to_owned()) });
    }

    /// Whether the value of a field of conditions may be another one now.
    pub(super) fn touches(&self, path: &[String]) -> bool {
        path.split_first().is_some_and(|(name, rest)| self.0.iter().any(|field| field.is_behind(name, rest)))
    }
}

impl Field {
    fn is_behind(&self, name: &str, rest: &[String]) -> bool {
        match (self.name.as_str(), name) {
            ("email", "email_domain") | ("birth_date", "age") => true,
            (changed, read) => {
                let all = self.attribute.is_none() || rest.is_empty();
                changed == read && (all || self.attribute.as_ref() == rest.first())
            }
        }
    }
}
