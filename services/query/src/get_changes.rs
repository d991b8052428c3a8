//! `GET /v1/changes`: the change feed by cursor, by long poll, or as server-sent events.

use std::time::Duration;

use actix_web::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::{Stream, stream};
use read_model::NumberedChange;
use service_kit::auth::{Authorized, LeadsRead};
use service_kit::problem::{Code, Problem};
use tokio::time::Instant as Timer;
use utoipa::IntoParams;

use crate::answer;
use crate::described::{ListProblems, PositionParam};
use crate::page_cursor::{self, FeedPlace};
use crate::parameters::{LIMIT_MAX, Parameters};
use crate::state::{Reads, ask};
use crate::view::{ChangePage, ChangeView};

/// What a cursor of the feed belongs to: the feed is one, whatever is asked of it.
const QUESTION: &str = "changes";
/// The longest that a request may wait for a change, in seconds.
const WAIT_MAX: u32 = 30;
/// How long until the feed is looked at again while nothing comes: short at first, then longer.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LAST_PAUSE: Duration = Duration::from_millis(500);
/// A comment now and then keeps proxies from taking the connection for dead.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Where the feed goes on, and how long to wait.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the contract is derived from the fields; the values are read by name")]
pub(crate) struct FeedParams {
    /// The `cursor` of a change: what came after it. From the first change on by default.
    #[param(example = "AXpR0c2V0LXNlYWxlZA")]
    after: Option<String>,
    /// Seconds to wait for a change if there is none yet.
    #[param(minimum = 0, maximum = 30, default = 0, example = 20)]
    wait: Option<u32>,
    /// The most changes of the answer.
    #[param(minimum = 1, maximum = 200, default = 50, example = 50)]
    limit: Option<u32>,
}

/// Every transition, in the order in which it became known
///
/// Stage, temperature, disposition and customer state of every lead, each transition once, with its cause; those that
/// time alone causes come when their instant has passed. `next_cursor` is always there to go on from. A transition that
/// a late fact rewrites is not retracted. A rebuild of the rows announces nothing; a policy that takes over announces
/// what it sees otherwise with `because: {policy}`.
///
/// With `wait` the answer comes as soon as there is a change (long poll). With `Accept: text/event-stream` the feed is a
/// stream of server-sent events: `id` is the change's cursor, `event` its type, `data` the change as JSON; a client that
/// comes back goes on after its `Last-Event-ID`.
#[utoipa::path(
    get,
    path = "/v1/changes",
    operation_id = "list_changes",
    tag = "Changes",
    security(("key" = ["leads:read"]), ("basic" = ["leads:read"])),
    params(
        FeedParams, PositionParam,
        ("Last-Event-ID" = Option<String>, Header, description = "As `after`, as clients of server-sent events send it.",
            example = "AXpR0c2V0LXNlYWxlZA"),
    ),
    responses(
        (status = 200, description = "Changes.", content((ChangePage = "application/json"), (String = "text/event-stream"))),
        ListProblems
    )
)]
pub(crate) async fn get_changes(
    _: Authorized<LeadsRead>,
    request: HttpRequest,
    reads: Data<Reads>,
) -> Result<HttpResponse, Problem> {
    let mut given = Parameters::of(&request);
    let limit = given.limit();
    let after = given.text("after");
    let wait = given.number_between("wait", 0, WAIT_MAX).unwrap_or(0);
    let min_position = given.min_position()?;
    given.finish()?;
    let from = match last_event(&request) {
        Some(id) => place(&reads, id, "/Last-Event-ID")?,
        None => after.as_deref().map_or(Ok(FeedPlace(0)), |after| place(&reads, after, "/after"))?,
    };
    reads.wait_for(min_position.as_ref()).await?;
    if wants_events(&request) {
        return Ok(events(reads, from));
    }
    let deadline = Timer::now() + Duration::from_secs(u64::from(wait));
    let changes = reads.changes_until(from, limit, deadline).await?;
    Ok(answer::found(&page(&reads, from, changes, after)?))
}

fn last_event(request: &HttpRequest) -> Option<&str> {
    let id = request.headers().get("Last-Event-ID")?;
    Some(id.to_str().unwrap_or("not ours")).filter(|id| !id.is_empty())
}

fn place(reads: &Reads, cursor: &str, pointer: &str) -> Result<FeedPlace, Problem> {
    page_cursor::opened(&reads.state.cursors, QUESTION, cursor).ok_or_else(|| {
        let detail = "Pass the cursor of a change, or the next_cursor of a page, as it was given.";
        Problem::new(Code::InvalidCursor).error(pointer, "invalid_cursor", detail)
    })
}

fn wants_events(request: &HttpRequest) -> bool {
    let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
    let kinds = accept.into_iter().flat_map(|accept| accept.split(','));
    let mut names = kinds.map(|kind| kind.split(';').next().unwrap_or_default().trim());
    names.any(|name| name.eq_ignore_ascii_case("text/event-stream"))
}

fn page(
    reads: &Reads,
    from: FeedPlace,
    changes: Vec<NumberedChange>,
    after: Option<String>,
) -> Result<ChangePage, Problem> {
    let data = changes.into_iter().map(|one| shown(reads, one)).collect::<Result<Vec<_>, _>>()?;
    let next_cursor = match (data.last(), after) {
        (Some(last), _) => last.cursor.clone(),
        (None, Some(after)) => after,
        (None, None) => seal(reads, from)?,
    };
    Ok(ChangePage { data, next_cursor })
}

fn shown(reads: &Reads, one: NumberedChange) -> Result<ChangeView, Problem> {
    Ok(ChangeView::new(seal(reads, FeedPlace(one.number))?, one.change))
}

fn seal(reads: &Reads, place: FeedPlace) -> Result<String, Problem> {
    page_cursor::seal(&reads.state.cursors, QUESTION, place)
}

impl Reads {
    /// Changes behind a place; looks again while there are none, until the deadline or the end of the process.
    async fn changes_until(
        &self,
        from: FeedPlace,
        limit: u32,
        deadline: Timer,
    ) -> Result<Vec<NumberedChange>, Problem> {
        let mut pause = FIRST_PAUSE;
        loop {
            let changes = ask(self.state.reader.changes(from.0, limit)).await?;
            let over = Timer::now() + pause > deadline || self.state.draining.is_requested();
            if !changes.is_empty() || over {
                return Ok(changes);
            }
            self.state.draining.pause(pause).await;
            pause = (pause * 2).min(LAST_PAUSE);
        }
    }
}

/// A stream that ends with the process, or with the first failure: the client comes back and goes on.
fn events(reads: Data<Reads>, from: FeedPlace) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(stream_of(reads, from))
}

fn stream_of(reads: Data<Reads>, from: FeedPlace) -> impl Stream<Item = Result<Bytes, actix_web::Error>> {
    stream::unfold(Some(from), move |place| {
        let reads = reads.clone();
        async move {
            let (text, next) = next_events(&reads, place?).await?;
            Some((Ok(Bytes::from(text)), Some(next)))
        }
    })
}

/// The next events as text, or a comment if none came for a while; none when the stream ends.
async fn next_events(reads: &Reads, from: FeedPlace) -> Option<(String, FeedPlace)> {
    if reads.state.draining.is_requested() {
        return None;
    }
    let changes = reads.changes_until(from, LIMIT_MAX, Timer::now() + HEARTBEAT).await.ok()?;
    let Some(last) = changes.last().map(|one| FeedPlace(one.number)) else {
        return Some((": nothing new\n\n".to_owned(), from));
    };
    let events = changes.into_iter().map(|one| shown(reads, one).map(|change| change.event()));
    Some((events.collect::<Result<String, Problem>>().ok()?, last))
}
