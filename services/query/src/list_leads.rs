//! `GET /v1/leads`

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use event_log::Position;
use lead_domain::Instant;
use read_model::After;
use service_kit::auth::{Authorized, LeadsRead};
use service_kit::problem::Problem;

use crate::answer;
use crate::described::{ListAsOfParam, ListProblems, PageParams, PositionParam};
use crate::lead_filter::LeadQuestion;
use crate::page_cursor::{self, LeadPlace};
use crate::parameters::Parameters;
use crate::state::{Active, Reads};
use crate::view::LeadPage;
use crate::walk::{Stretch, Walk};

/// Leads that pass all filters
///
/// People without e-mail, phone and external id are listed only with `anonymous=true`. Temperatures and scores are those
/// of the instant of the answer, `as_of`. Before qualification ran for the first time the list is empty.
///
/// With `segment` a page may have fewer leads than `limit` asks for, even none, while `next_cursor` leads on: for one
/// page at most 20,000 leads are looked at.
#[utoipa::path(
    get,
    path = "/v1/leads",
    operation_id = "list_leads",
    tag = "Leads",
    security(("key" = ["leads:read"]), ("basic" = ["leads:read"])),
    params(LeadQuestion, ListAsOfParam, PageParams, PositionParam),
    responses((status = 200, description = "One page of leads.", body = LeadPage), ListProblems)
)]
pub(crate) async fn list_leads(
    _: Authorized<LeadsRead>,
    request: HttpRequest,
    reads: Data<Reads>,
) -> Result<HttpResponse, Problem> {
    let asked = Asked::read(&request, &reads)?;
    reads.wait_for(asked.min_position.as_ref()).await?;
    let at = asked.as_of.unwrap_or_else(|| reads.now());
    let read = async |active: &Active| asked.leads(&reads, active, at).await;
    let page = match reads.under_one(read).await? {
        Some((_, leads)) => asked.page(&reads, leads, at)?,
        None => LeadPage { data: Vec::new(), next_cursor: None, as_of: at },
    };
    // A cursor was given out for its instant: the list goes on to its end.
    reads.refuse_unkept(asked.as_of.filter(|_| asked.after.is_none())).await?;
    Ok(answer::found(&page))
}

/// A list of leads as asked for.
struct Asked {
    question: LeadQuestion,
    as_of: Option<Instant>,
    fingerprint: String,
    after: Option<After>,
    limit: u32,
    min_position: Option<Position>,
}

impl Asked {
    fn read(request: &HttpRequest, reads: &Reads) -> Result<Self, Problem> {
        let mut given = Parameters::of(request);
        let question = LeadQuestion::read(&mut given, &reads.state);
        let as_of = given.instant("as_of");
        let limit = given.limit();
        let cursor = given.text("cursor");
        let min_position = given.min_position()?;
        let fingerprint = format!("leads/{}", given.fingerprint());
        given.finish()?;
        let after = match cursor {
            None => None,
            Some(cursor) => {
                let place: LeadPlace = page_cursor::open(&reads.state.cursors, &fingerprint, &cursor)?;
                place.in_order(question.sort())
            }
        };
        Ok(Self { question, as_of, fingerprint, after, limit, min_position })
    }

    /// The leads of the page, and where the next one starts.
    async fn leads(&self, reads: &Reads, active: &Active, at: Instant) -> Result<Option<Stretch>, Problem> {
        let segments = self.question.segments(&reads.state.segments);
        let filter = self.question.filter(&segments, at, &active.policy);
        let walk = Walk { reads, active, filter, sort: self.question.sort(), at };
        walk.page(&segments, self.after.clone(), self.limit).await
    }

    fn page(&self, reads: &Reads, leads: Stretch, at: Instant) -> Result<LeadPage, Problem> {
        let seal = |after| page_cursor::seal(&reads.state.cursors, &self.fingerprint, LeadPlace::of(after));
        let next_cursor = leads.next.map(seal).transpose()?;
        Ok(LeadPage { data: leads.found, next_cursor, as_of: at })
    }
}
