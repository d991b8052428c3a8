//! What a condition may name where it stands (POLICY §2).

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

/// Fields of points rules: the fact.
pub const FACT: FieldNames =
    FieldNames { exact: &["type", "campaign", "channel", "source"], open: &["data"] };

/// Fields of criteria and fit rules: the profile.
pub const PROFILE: FieldNames = FieldNames { exact: &PROFILE_FIELDS, open: &["attributes"] };
const PROFILE_FIELDS: [&str; 18] = [
    "name",
    "first_name",
    "last_name",
    "company",
    "job_title",
    "email",
    "phone",
    "country",
    "region",
    "city",
    "postal_code",
    "birth_date",
    "industry",
    "company_size",
    "language",
    "website",
    "age",
    "email_domain",
];
/// Criteria also see the intent of the fact.
pub const CRITERIA: FieldNames = FieldNames { exact: &CRITERIA_FIELDS, open: &["attributes"] };
const CRITERIA_FIELDS: [&str; 19] = [
    "name",
    "first_name",
    "last_name",
    "company",
    "job_title",
    "email",
    "phone",
    "country",
    "region",
    "city",
    "postal_code",
    "birth_date",
    "industry",
    "company_size",
    "language",
    "website",
    "age",
    "email_domain",
    "intent",
];

/// Fields of stages: the state.
pub const STATE: FieldNames = FieldNames {
    exact: &[
        "identified",
        "purchases",
        "accepted",
        "open_quotes",
        "inbound_facts",
        "facts",
        "peak_score",
        "grade",
        "criteria.fit",
        "criteria.means",
        "criteria.authority",
        "criteria.need",
        "disposition",
        "roles",
        "groups",
    ],
    open: &[],
};
