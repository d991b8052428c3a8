//! What can be asked of campaign figures.

use actix_web::HttpRequest;
use event_log::Position;
use lead_domain::Instant;
use lead_domain::campaign::{Attribution, CampaignQuestion, CampaignRow, Period, RowKey};
use service_kit::problem::Problem;
use utoipa::IntoParams;

use crate::page_cursor::{self, CampaignPlace};
use crate::parameters::Parameters;
use crate::state::Reads;
use crate::view::names::{AttributionName, GroupName};

/// How events are attributed, which of them count, and how rows are told apart.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the contract is derived from the fields; the values are read by name")]
pub(crate) struct CampaignParams {
    /// To which of the campaigns that touched a person, at or before the event that is counted, the event is owed: to the
    /// one that touched `first` (default) or `last`, or in equal parts to all of them (`even`). A campaign touches with
    /// every fact that carries it.
    #[param(value_type = Option<AttributionName>, inline, example = "first")]
    attribution: Option<String>,
    /// Only events at or after this instant (RFC 3339; a + in an offset is written %2B).
    #[param(value_type = Option<String>, format = DateTime, example = "2026-01-01T00:00:00Z")]
    from: Option<Instant>,
    /// Only events before this instant (RFC 3339; a + in an offset is written %2B).
    #[param(value_type = Option<String>, format = DateTime, example = "2026-07-01T00:00:00Z")]
    to: Option<Instant>,
    /// `channel`: a row for each channel of a campaign. A fact is on the channel that it tells itself, else on that of
    /// its campaign; newcomers and revenue count where the fact that earned them is; a cost on the campaign's own.
    #[param(value_type = Option<GroupName>, inline, example = "channel")]
    group_by: Option<String>,
}

/// Campaign figures as asked for.
#[derive(Debug)]
pub(crate) struct AskedCampaigns {
    pub(crate) question: CampaignQuestion,
    pub(crate) period: Period,
    pub(crate) min_position: Option<Position>,
    /// The question is continued on a later page.
    pub(crate) goes_on: bool,
    fingerprint: String,
    limit: usize,
}

impl AskedCampaigns {
    /// Reads the question about one campaign, or about all.
    ///
    /// # Errors
    /// For wrong parameters, and for a cursor of another question.
    pub(crate) fn read(
        request: &HttpRequest,
        campaign: Option<String>,
        reads: &Reads,
    ) -> Result<Self, Problem> {
        let mut given = Parameters::of(request);
        let attribution = "This must be first, last or even.";
        let attribution: Option<Attribution> = given.parsed("attribution", "unknown_value", attribution);
        let period = Period { from: given.instant("from"), to: given.instant("to") };
        let by_channel = by_channel(&mut given);
        let limit = given.limit() as usize;
        let cursor = given.text("cursor");
        let min_position = given.min_position()?;
        let fingerprint = format!("campaigns/{}/{campaign:?}", given.fingerprint());
        given.finish()?;
        let open = |cursor: &String| page_cursor::open(&reads.state.cursors, &fingerprint, cursor);
        let after: Option<CampaignPlace> = cursor.as_ref().map(open).transpose()?;
        let question = CampaignQuestion {
            attribution: attribution.unwrap_or_default(),
            by_channel,
            campaign,
            after: after.map(RowKey::from),
            most: limit + 1,
        };
        Ok(Self { question, period, min_position, goes_on: cursor.is_some(), fingerprint, limit })
    }

    /// The rows of the page, without the first of the next, and the cursor that leads there.
    ///
    /// # Errors
    /// When the system has no random bytes.
    pub(crate) fn page(
        &self,
        reads: &Reads,
        mut rows: Vec<CampaignRow>,
    ) -> Result<(Vec<CampaignRow>, Option<String>), Problem> {
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let last = rows.last().filter(|_| more).map(|row| CampaignPlace::from(row.key.clone()));
        let seal = |place| page_cursor::seal(&reads.state.cursors, &self.fingerprint, place);
        Ok((rows, last.map(seal).transpose()?))
    }
}

fn by_channel(given: &mut Parameters) -> bool {
    let group = given.text("group_by");
    let known = group.as_deref().is_none_or(|group| group == "channel");
    if !known {
        given.error("group_by", "unknown_value", "This must be channel.");
    }
    group.is_some()
}
