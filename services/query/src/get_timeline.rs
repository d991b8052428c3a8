//! `GET /v1/leads/{id}/timeline`

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use lead_domain::LeadId;
use lead_domain::fact::{LeadEvent, OrderKey};
use service_kit::auth::{Authorized, LeadsRead};
use service_kit::problem::Problem;

use crate::answer;
use crate::described::{LeadParam, LeadProblems, PageParams, PositionParam};
use crate::find_lead::Located;
use crate::page_cursor;
use crate::parameters::Parameters;
use crate::state::{Reads, ask};
use crate::view::{FactView, TimelinePage};

/// The facts of a lead, newest first
///
/// Everything that happened to or was learned about the lead, as it was posted. A merge brings the facts of both leads
/// together; a cursor belongs to the id that it was given out for, and is carried on to the lead that this one was merged
/// into.
#[utoipa::path(
    get,
    path = "/v1/leads/{id}/timeline",
    operation_id = "get_timeline",
    tag = "Leads",
    security(("key" = ["leads:read"]), ("basic" = ["leads:read"])),
    params(LeadParam, PageParams, PositionParam),
    responses((status = 200, description = "One page of facts.", body = TimelinePage), LeadProblems)
)]
pub(crate) async fn get_timeline(
    _: Authorized<LeadsRead>,
    request: HttpRequest,
    id: Path<String>,
    reads: Data<Reads>,
) -> Result<HttpResponse, Problem> {
    let mut given = Parameters::of(&request);
    let limit = given.limit();
    let cursor = given.text("cursor");
    let min_position = given.min_position()?;
    given.finish()?;
    reads.wait_for(min_position.as_ref()).await?;
    match reads.locate(&id).await? {
        Located::Here(_, row) => {
            let before = cursor.map(|cursor| open(&reads, row.id, &cursor)).transpose()?;
            Ok(answer::found(&page(&reads, row.id, before, limit).await?))
        }
        Located::MovedTo(survivor) => {
            let cursor = cursor.map(|cursor| carried(&reads, &id, survivor, &cursor)).transpose()?;
            let kept = [
                ("limit", Some(limit.to_string())),
                ("cursor", cursor),
                ("min_position", min_position.map(|position| position.to_string())),
            ];
            Ok(answer::moved(survivor, "/timeline", &kept))
        }
    }
}

fn question(id: LeadId) -> String {
    format!("timeline/{id}")
}

/// The same place in the timeline of the survivor, which has all facts of this id and more.
fn carried(reads: &Reads, id: &str, survivor: LeadId, cursor: &str) -> Result<String, Problem> {
    let of_id = |id: LeadId| open(reads, id, cursor).ok();
    let place = of_id(survivor).or_else(|| id.parse().ok().map(LeadId).and_then(of_id));
    let place = place.map_or_else(|| open(reads, survivor, cursor), Ok)?;
    page_cursor::seal(&reads.state.cursors, &question(survivor), place)
}

fn open(reads: &Reads, id: LeadId, cursor: &str) -> Result<OrderKey, Problem> {
    page_cursor::open(&reads.state.cursors, &question(id), cursor)
}

async fn page(
    reads: &Reads,
    id: LeadId,
    before: Option<OrderKey>,
    limit: u32,
) -> Result<TimelinePage, Problem> {
    let mut events: Vec<LeadEvent> = ask(reads.state.reader.timeline(id, before, limit + 1)).await?;
    let more = events.len() > limit as usize;
    events.truncate(limit as usize);
    let last = events.last().filter(|_| more).map(|event| event.fact.order_key());
    let seal = |place| page_cursor::seal(&reads.state.cursors, &question(id), place);
    Ok(TimelinePage {
        next_cursor: last.map(seal).transpose()?,
        data: events.into_iter().map(FactView::new).collect(),
    })
}
