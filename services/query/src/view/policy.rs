//! Policies as the API shows them.

use lead_domain::Instant;
use read_model::KnownPolicy;
use serde::Serialize;
use serde_json::Value;
use service_kit::problem::Problem;
use utoipa::ToSchema;

/// The active policy and the known ones.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Policies)]
pub(crate) struct PoliciesView {
    /// The policy that answers are computed under; null before qualification ran for the first time.
    active: Option<PolicyView>,
    /// Every policy that was ever active, one entry for each stretch of time, oldest first; then those that are being
    /// folded beside the active one.
    known: Vec<KnownPolicyView>,
}

/// One version of the policy.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Policy)]
pub(crate) struct PolicyView {
    /// The hash of its canonical text.
    #[schema(example = "5d398d8394eb61e16789a5a6823bd7c691355f951ba69bd83d254645c10ddffb")]
    version: String,
    /// Since when it is, or was last, the active one; null while it is being folded.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-01-01T00:00:00.000Z")]
    active_from: Option<Instant>,
    /// The `policy:` mapping of the configuration file, defaults filled in.
    #[schema(value_type = Object, example = json!({"half_life_days": 30, "temperature": {"warm": 25, "hot": 50, "hysteresis": 5}}))]
    policy: Value,
}

/// When a policy was active.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KnownPolicy)]
struct KnownPolicyView {
    /// The hash of its canonical text.
    #[schema(example = "5d398d8394eb61e16789a5a6823bd7c691355f951ba69bd83d254645c10ddffb")]
    version: String,
    /// Since when; null while it is being folded.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-01-01T00:00:00.000Z")]
    active_from: Option<Instant>,
    /// Until when; null: it still is, or is being folded.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-03-01T00:00:00.000Z")]
    active_to: Option<Instant>,
}

impl PoliciesView {
    pub(crate) fn new(active: Option<PolicyView>, known: Vec<KnownPolicy>) -> Self {
        let view = |KnownPolicy { version, active_from, active_to }| KnownPolicyView {
            version,
            active_from,
            active_to,
        };
        Self { active, known: known.into_iter().map(view).collect() }
    }
}

impl PolicyView {
    pub(crate) fn new(known: KnownPolicy, text: &str) -> Result<Self, Problem> {
        let unreadable = |_| Problem::internal(&"the text of a policy in the read model is no JSON");
        let policy = serde_json::from_str(text).map_err(unreadable)?;
        Ok(Self { version: known.version, active_from: known.active_from, policy })
    }
}
