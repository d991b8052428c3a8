//! `GET /v1/segments` and `GET /v1/segments/{name}`

use std::collections::BTreeMap;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use lead_domain::Instant;
use lead_domain::policy::Policy;
use lead_domain::segment::{Segment, Segments};
use read_model::{LeadFilter, LeadSort};
use serde::Serialize;
use serde_json::Value;
use service_kit::auth::{Authorized, LeadsRead};
use service_kit::config::{ConfigErrors, ConfigFile};
use service_kit::problem::{Code, Problem};
use utoipa::{IntoParams, ToSchema};

use crate::answer;
use crate::described::{ListProblems, PositionParam, SegmentProblems};
use crate::parameters::Parameters;
use crate::segment_needs;
use crate::state::{Active, Reads};
use crate::walk::Walk;

/// The segments of the configuration file.
///
/// # Errors
/// Everything that is wrong with the section.
pub fn segments(file: &ConfigFile) -> Result<Segments, ConfigErrors> {
    Segments::parse(file.section("segments")).map_err(|problems| {
        file.problems("/segments", problems.into_iter().map(|problem| (problem.pointer, problem.detail)))
    })
}

/// A segment by its name.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "the contract is derived from the fields; the values are read by name")]
struct SegmentParam {
    /// The segment's name.
    #[param(example = "hot-in-france")]
    name: String,
}

/// All segments.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Segments)]
struct SegmentsView {
    /// The instant at which they were counted. RFC 3339, UTC.
    #[schema(value_type = String, format = DateTime, example = "2026-06-01T08:00:00.000Z")]
    as_of: Instant,
    /// In the order of the configuration file.
    data: Vec<SegmentView>,
}

/// A named condition over a lead as the API shows it, and how many leads it holds of.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Segment)]
struct SegmentView {
    /// Its name, as `segment` of `/v1/leads` takes it.
    #[schema(example = "hot-in-france")]
    name: String,
    /// The condition, as it is written.
    #[schema(value_type = HashMap<String, Value>, example = json!({"all": [{"country": "FR"}, {"temperature": "hot"}]}))]
    when: Value,
    /// How many leads it holds of at the instant of the answer: as many as `/v1/leads?segment=` lists, so people without
    /// e-mail, phone and external id are not counted.
    #[schema(example = 12)]
    size: u64,
}

/// Named sets of leads, and their sizes
///
/// The segments of the configuration file, in its order. A lead is in a segment while the segment's condition holds of
/// what `/v1/leads/{id}` shows. Members are listed by `/v1/leads?segment=`, and sizes count what that lists: people
/// without e-mail, phone and external id are left out. Each size is counted lead by lead.
#[utoipa::path(
    get,
    path = "/v1/segments",
    operation_id = "list_segments",
    tag = "Segments",
    security(("key" = ["leads:read"]), ("basic" = ["leads:read"])),
    params(PositionParam),
    responses((status = 200, description = "All segments.", body = SegmentsView), ListProblems)
)]
pub(crate) async fn list_segments(
    _: Authorized<LeadsRead>,
    request: HttpRequest,
    reads: Data<Reads>,
) -> Result<HttpResponse, Problem> {
    reads.reached(&request).await?;
    let segments: Vec<&Segment> = reads.state.segments.iter().collect();
    let at = reads.now();
    let data = reads.counted(&segments, at).await?;
    Ok(answer::found(&SegmentsView { as_of: at, data }))
}

/// One named set of leads, and its size
#[utoipa::path(
    get,
    path = "/v1/segments/{name}",
    operation_id = "get_segment",
    tag = "Segments",
    security(("key" = ["leads:read"]), ("basic" = ["leads:read"])),
    params(SegmentParam, PositionParam),
    responses((status = 200, description = "The segment.", body = SegmentView), SegmentProblems)
)]
pub(crate) async fn get_segment(
    _: Authorized<LeadsRead>,
    request: HttpRequest,
    name: Path<String>,
    reads: Data<Reads>,
) -> Result<HttpResponse, Problem> {
    reads.reached(&request).await?;
    let segment = reads.state.segments.named(&name).ok_or_else(no_segment)?;
    let counted = reads.counted(&[segment], reads.now()).await?;
    let [segment] = counted.as_slice() else { return Err(no_segment()) };
    Ok(answer::found(segment))
}

fn no_segment() -> Problem {
    Problem::new(Code::NotFound).detail("There is no segment of this name.")
}

impl Reads {
    /// Reads the only parameter there is, and waits until its position is reached.
    async fn reached(&self, request: &HttpRequest) -> Result<(), Problem> {
        let mut given = Parameters::of(request);
        let min_position = given.min_position()?;
        given.finish()?;
        self.wait_for(min_position.as_ref()).await
    }

    /// The segments with their sizes; while there is no policy there are no leads.
    async fn counted(&self, segments: &[&Segment], at: Instant) -> Result<Vec<SegmentView>, Problem> {
        let read = async |active: &Active| self.sizes(active, segments, at).await;
        let sizes = self.under_one(read).await?.map(|(_, sizes)| sizes).unwrap_or_default();
        let view = |segment: &&Segment| SegmentView {
            name: segment.name.clone(),
            when: segment.written.clone(),
            size: sizes.get(segment.name.as_str()).copied().unwrap_or(0),
        };
        Ok(segments.iter().map(view).collect())
    }

    /// Sizes by name. One walk for all segments that ask the read model the same.
    async fn sizes<'s>(
        &self,
        active: &Active,
        segments: &[&'s Segment],
        at: Instant,
    ) -> Result<Option<BTreeMap<&'s str, u64>>, Problem> {
        let mut sizes = BTreeMap::new();
        for (filter, alike) in alike(segments, at, &active.policy) {
            // In an order in which a lead hardly ever moves, so that none is passed over or met twice meanwhile.
            let walk = Walk { reads: self, active, filter, sort: LeadSort::Created, at };
            let Some(counted) = walk.sizes(&alike).await? else { return Ok(None) };
            sizes.extend(alike.iter().map(|segment| segment.name.as_str()).zip(counted));
        }
        Ok(Some(sizes))
    }
}

/// The segments by what the read model can be asked for them.
fn alike<'s>(segments: &[&'s Segment], at: Instant, policy: &Policy) -> Vec<(LeadFilter, Vec<&'s Segment>)> {
    let mut groups: Vec<(LeadFilter, Vec<&Segment>)> = Vec::new();
    for segment in segments {
        let everybody = LeadFilter { at: Some(at), ..LeadFilter::default() };
        let filter = segment_needs::added(everybody, &segment.when);
        let filter = segment_needs::with_rank_bound(filter, at, policy);
        match groups.iter_mut().find(|(known, _)| *known == filter) {
            Some((_, alike)) => alike.push(segment),
            None => groups.push((filter, vec![segment])),
        }
    }
    groups
}
