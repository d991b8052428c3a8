//! What a condition may name where it stands.

/// The names of fields that a condition may use where it stands.
#[derive(Clone, Copy, Debug)]
pub struct FieldNames {
    /// Whole names.
    pub exact: &'static [&'static str],
    /// Beginnings of dotted names, such as `data`.
    pub open: &'static [&'static str],
}

impl FieldNames {
    pub(super) fn allows(self, field: &str) -> bool {
        let below = |open: &&str| field.strip_prefix(open).and_then(|rest| rest.strip_prefix('.'));
        self.exact.contains(&field) || self.open.iter().filter_map(below).any(|rest| !rest.is_empty())
    }
}
