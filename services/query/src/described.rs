//! What the handlers' descriptions share: parameters, and what can go wrong.

use std::collections::BTreeMap;

use lead_domain::Instant;
use service_kit::problem::Code;
use utoipa::openapi::{Ref, RefOr, Response};
use utoipa::{IntoParams, IntoResponses};

/// A page of a list.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the contract is derived from the fields; the values are read by name")]
pub(crate) struct PageParams {
    /// The most rows of the page.
    #[param(minimum = 1, maximum = 200, default = 50, example = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before; goes with the same filters and sort.
    #[param(example = "AXpR0c2V0LXNlYWxlZA")]
    cursor: Option<String>,
}

/// Read your own write.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the contract is derived from the fields; the values are read by name")]
pub(crate) struct PositionParam {
    /// The `position` that a 202 told: the answer has at least everything up to there. Waits up to two seconds, then 409.
    #[param(pattern = r"^[0-9]{1,9}-[0-9]{1,18}(\.[0-9]{1,9}-[0-9]{1,18})*$", example = "0-62")]
    min_position: Option<String>,
}

/// Which lead.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "the contract is derived from the fields; the values are read by name")]
pub(crate) struct LeadParam {
    /// The lead's id. What is no UUID names no lead.
    #[param(value_type = uuid::Uuid, example = "7d65a29b-5931-8d0d-9b6b-5a0378c84114")]
    id: String,
}

/// Which campaign.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "the contract is derived from the fields; the values are read by name")]
pub(crate) struct CampaignParam {
    /// The name by which facts call the campaign, percent-encoded.
    #[param(example = "spring-mail")]
    id: String,
}

/// At which instant.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the contract is derived from the fields; the values are read by name")]
pub(crate) struct AsOfParam {
    /// Only facts that had happened by then (RFC 3339; a + in an offset is written %2B). Later than now is allowed: what
    /// will have cooled by then? Before the first fact there is no lead. Default: now.
    #[param(value_type = Option<String>, format = DateTime, example = "2026-03-02T12:00:00Z")]
    as_of: Option<Instant>,
}

/// A list at an instant.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the contract is derived from the fields; the values are read by name")]
pub(crate) struct ListAsOfParam {
    /// The instant of the answer: now by default, or later (what will be then, if nothing happens?), or back to the latest
    /// fact of all. Lists before that are not kept: refused (RFC 3339; a + in an offset is written %2B).
    #[param(value_type = Option<String>, format = DateTime, example = "2026-07-01T00:00:00Z")]
    as_of: Option<Instant>,
}

/// A period.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the contract is derived from the fields; the values are read by name")]
pub(crate) struct PeriodParams {
    /// At or after this instant (RFC 3339; a + in an offset is written %2B).
    #[param(value_type = Option<String>, format = DateTime, example = "2026-01-01T00:00:00Z")]
    from: Option<Instant>,
    /// Before this instant (RFC 3339; a + in an offset is written %2B).
    #[param(value_type = Option<String>, format = DateTime, example = "2026-07-01T00:00:00Z")]
    to: Option<Instant>,
}

/// Under which policy.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the contract is derived from the fields; the values are read by name")]
pub(crate) struct PolicyParam {
    /// The version of any known policy (`/v1/policy`): what would it be under that one? The active one by default.
    #[param(
        pattern = "^[0-9a-f]{64}$",
        example = "5d398d8394eb61e16789a5a6823bd7c691355f951ba69bd83d254645c10ddffb"
    )]
    policy: Option<String>,
}

/// Which policy.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "the contract is derived from the fields; the values are read by name")]
pub(crate) struct VersionParam {
    /// The hash of its canonical text.
    #[param(example = "5d398d8394eb61e16789a5a6823bd7c691355f951ba69bd83d254645c10ddffb")]
    version: String,
}

/// Name of the shared response, its status, and the problems that it stands for.
pub(crate) type Line = (&'static str, &'static str, &'static [Code]);

pub(crate) const LIST: [Line; 6] = [
    (
        "InvalidQuery",
        "400",
        &[Code::InvalidParameter, Code::InvalidCursor, Code::InvalidPosition, Code::BadRequest],
    ),
    ("Unauthorized", "401", &[Code::Unauthorized]),
    ("Forbidden", "403", &[Code::ForbiddenScope]),
    ("NotReached", "409", &[Code::PositionNotReached]),
    ("Internal", "500", &[Code::Internal]),
    ("Unavailable", "503", &[Code::ReadModelUnavailable, Code::ShuttingDown]),
];
/// A simulation, whose parameters are few, and whose body can be wrong in many ways.
pub(crate) const SIMULATION: [Line; 10] = [
    (
        "InvalidSimulation",
        "400",
        &[Code::UnreadableJson, Code::InvalidUtf8, Code::InvalidParameter, Code::BadRequest],
    ),
    ("Unauthorized", "401", &[Code::Unauthorized]),
    ("Forbidden", "403", &[Code::ForbiddenScope]),
    ("TooSlow", "408", &[Code::RequestTimeout]),
    ("TooLarge", "413", &[Code::BodyTooLarge]),
    ("UnsupportedBody", "415", &[Code::UnsupportedMediaType, Code::UnsupportedEncoding]),
    ("InvalidPolicy", "422", &[Code::InvalidPolicy]),
    ("Busy", "429", &[Code::TooManyRequests]),
    ("Internal", "500", &[Code::Internal]),
    ("Unavailable", "503", &[Code::ReadModelUnavailable, Code::ShuttingDown]),
];
pub(crate) const NO_LEAD: Line = ("NoLead", "404", &[Code::NotFound]);
pub(crate) const NO_CAMPAIGN: Line = ("NoCampaign", "404", &[Code::NotFound]);
pub(crate) const NO_POLICY: Line = ("NoPolicy", "404", &[Code::NotFound]);
pub(crate) const NO_SEGMENT: Line = ("NoSegment", "404", &[Code::NotFound]);
pub(crate) const MOVED: &str = "Moved";

/// What can go wrong with a list.
#[derive(Debug)]
pub(crate) struct ListProblems;

/// There is no such policy.
#[derive(Debug)]
pub(crate) struct NoPolicyProblem;

impl IntoResponses for NoPolicyProblem {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        [shared(NO_POLICY)].into()
    }
}

/// What can go wrong with one lead.
#[derive(Debug)]
pub(crate) struct LeadProblems;

/// What can go wrong with one campaign.
#[derive(Debug)]
pub(crate) struct CampaignProblems;

/// What can go wrong with one segment.
#[derive(Debug)]
pub(crate) struct SegmentProblems;

impl IntoResponses for ListProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        LIST.into_iter().map(shared).collect()
    }
}

/// What can go wrong with a simulation.
#[derive(Debug)]
pub(crate) struct SimulationProblems;

impl IntoResponses for SimulationProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        SIMULATION.into_iter().map(shared).collect()
    }
}

impl IntoResponses for LeadProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let moved = ("308".to_owned(), RefOr::Ref(Ref::from_response_name(MOVED)));
        LIST.into_iter().chain([NO_LEAD]).map(shared).chain([moved]).collect()
    }
}

impl IntoResponses for CampaignProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        LIST.into_iter().chain([NO_CAMPAIGN]).map(shared).collect()
    }
}

impl IntoResponses for SegmentProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        LIST.into_iter().chain([NO_SEGMENT]).map(shared).collect()
    }
}

fn shared((name, status, _): Line) -> (String, RefOr<Response>) {
    (status.to_owned(), RefOr::Ref(Ref::from_response_name(name)))
}
