//! `GET /v1/follow-ups`

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use event_log::Position;
use lead_domain::policy::Policy;
use lead_domain::{DAY_MS, Instant, LeadId};
use read_model::{FollowUpFilter, FollowUpRow, StoreError};
use service_kit::auth::{Authorized, LeadsRead};
use service_kit::problem::Problem;
use utoipa::IntoParams;

use crate::answer;
use crate::described::{ListAsOfParam, ListProblems, PageParams, PositionParam};
use crate::lead_filter::{NO_STAGE, STAGES, or_none};
use crate::page_cursor::{self, FollowUpPlace};
use crate::parameters::Parameters;
use crate::state::{Active, Reads};
use crate::view::names::{ReasonName, StageFilter};
use crate::view::{FollowUpPage, FollowUpView, lead_of};

/// What is listed beyond the instant of the request, when nobody says.
const AHEAD_MS: i64 = DAY_MS;

/// Which follow-ups.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FollowUpQuestion {
    /// Due at or before this instant; 24 hours after the instant of the answer by default (RFC 3339; a + in an offset is
    /// written %2B).
    #[param(value_type = Option<String>, format = DateTime, example = "2026-06-02T08:00:00Z")]
    due_before: Option<Instant>,
    /// Of one of these owners, comma-separated, as assigned.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false, example = json!(["kim"]))]
    owner: Vec<String>,
    /// For one of these reasons, comma-separated.
    #[param(value_type = Option<Vec<ReasonName>>, inline, style = Form, explode = false, example = json!(["inbound_unanswered"]))]
    reason: Vec<String>,
    /// Of leads at one of these stages, comma-separated; `none`: without a stage.
    #[param(value_type = Option<Vec<StageFilter>>, inline, style = Form, explode = false, example = json!(["lead", "prospect"]))]
    stage: Vec<String>,
}

/// Whom to contact, why, and by when
///
/// Each lead at most once: of what is due the first in the order of reasons (`callback_promised`, `inbound_unanswered`,
/// `quote_open`, `missing_criteria`, `contact_again`, `reactivate`), else what is due earliest. Sorted by due date, then
/// id. An `as_of` ahead tells what will be due then, if nothing happens; before the latest fact the queue is not kept,
/// but `/v1/leads/{id}?as_of=` tells the follow-up of one lead at any instant.
#[utoipa::path(
    get,
    path = "/v1/follow-ups",
    operation_id = "list_follow_ups",
    tag = "Follow-ups",
    security(("key" = ["leads:read"]), ("basic" = ["leads:read"])),
    params(FollowUpQuestion, ListAsOfParam, PageParams, PositionParam),
    responses((status = 200, description = "One page of the queue.", body = FollowUpPage), ListProblems)
)]
pub(crate) async fn get_follow_ups(
    _: Authorized<LeadsRead>,
    request: HttpRequest,
    reads: Data<Reads>,
) -> Result<HttpResponse, Problem> {
    let asked = Asked::read(&request, &reads)?;
    reads.wait_for(asked.min_position.as_ref()).await?;
    let at = asked.as_of.unwrap_or_else(|| reads.now());
    let read = async |active: &Active| asked.rows(&reads, active, at).await;
    let page = match reads.under_active(read).await? {
        Some((active, rows)) => asked.page(&reads, rows, at, &active.policy)?,
        None => FollowUpPage { data: Vec::new(), next_cursor: None, as_of: at },
    };
    // A cursor was given out for its instant: the queue goes on to its end.
    reads.refuse_unkept(asked.as_of.filter(|_| asked.after.is_none())).await?;
    Ok(answer::found(&page))
}

struct Asked {
    question: FollowUpQuestion,
    as_of: Option<Instant>,
    fingerprint: String,
    after: Option<(Instant, LeadId)>,
    limit: u32,
    min_position: Option<Position>,
}

impl Asked {
    fn read(request: &HttpRequest, reads: &Reads) -> Result<Self, Problem> {
        let mut given = Parameters::of(request);
        let question = FollowUpQuestion {
            due_before: given.instant("due_before"),
            owner: given.list("owner"),
            reason: given
                .codes("reason", &lead_domain::lead::Reason::ALL.map(lead_domain::lead::Reason::name)),
            stage: given.codes("stage", &STAGES),
        };
        let as_of = given.instant("as_of");
        let limit = given.limit();
        let cursor = given.text("cursor");
        let min_position = given.min_position()?;
        let fingerprint = format!("follow-ups/{}", given.fingerprint());
        given.finish()?;
        let open = |cursor: String| page_cursor::open(&reads.state.cursors, &fingerprint, &cursor);
        let place: Option<FollowUpPlace> = cursor.map(open).transpose()?;
        let after = place.map(|FollowUpPlace(due_at, id)| (due_at, id));
        Ok(Self { question, as_of, fingerprint, after, limit, min_position })
    }

    async fn rows(
        &self,
        reads: &Reads,
        active: &Active,
        at: Instant,
    ) -> Result<Vec<FollowUpRow>, StoreError> {
        let filter = FollowUpFilter {
            at,
            due_before: self.question.due_before.unwrap_or_else(|| at.plus_millis(AHEAD_MS)),
            reason: self.question.reason.clone(),
            owner: self.question.owner.clone(),
            stage: or_none(&self.question.stage, NO_STAGE),
        };
        reads.state.reader.queue(active.generation, &filter, self.after, self.limit + 1).await
    }

    fn page(
        &self,
        reads: &Reads,
        mut rows: Vec<FollowUpRow>,
        at: Instant,
        policy: &Policy,
    ) -> Result<FollowUpPage, Problem> {
        let more = rows.len() > self.limit as usize;
        rows.truncate(self.limit as usize);
        let last = rows.last().filter(|_| more).map(|row| FollowUpPlace(row.due_at, row.lead.id));
        let seal = |place| page_cursor::seal(&reads.state.cursors, &self.fingerprint, place);
        let next_cursor = last.map(seal).transpose()?;
        let one = |row: &FollowUpRow| Ok(FollowUpView::new(lead_of(&row.lead, at, policy)?, row, at));
        let data = rows.iter().map(one).collect::<Result<_, Problem>>()?;
        Ok(FollowUpPage { data, next_cursor, as_of: at })
    }
}
