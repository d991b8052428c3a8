//! What can be asked of campaign figures.

use actix_web::HttpRequest;
use event_log::Position;
use lead_domain::campaign::{Attribution, CampaignQuestion, CampaignRow, Period, RowKey};
use service_kit::problem::Problem;
use utoipa::IntoParams;

use crate::page_cursor::{self, CampaignPlace};
use crate::parameters::Parameters;
use crate::state::Reads;
use crate::view::names::{AttributionName, GroupName};

/// How events are attributed, and how rows are told apart. `from` and `to` say which of them count.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the contract is derived from the fields; the values are read by name")]
pub(crate) struct CampaignParams {
    /// To which of the campaigns that touched a person, at or before the event that is counted, the event is owed: to the
    /// one that touched `first` (default) or `last`, or in equal parts to all of them (`even`). A campaign touches with
    /// every fact that carries it.
    #[param(value_type = Option<AttributionName>, inline, example = "first")]
    attribution: Option<String>,
    /// `channel`: a row for each channel of a campaign. A fact is on the channel that it tells itself, else on that of
    /// its campaign; newcomers and revenue count where the fact that earned them is; a cost on the campaign's own.
    #[param(value_type = Option<GroupName>, inline, example = "channel")]
    group_by: Option<String>,
}

const ATTRIBUTIONS: [(&str, Attribution); 3] = {
    use Attribution::{Even, First, Last};
    [(First.name(), First), (Last.name(), Last), (Even.name(), Even)]
};
const GROUPS: [(&str, ()); 1] = [("channel", ())];

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
        let attribution = given.one_of("attribution", &ATTRIBUTIONS);
        let (from, to) = given.period();
        let by_channel = given.one_of("group_by", &GROUPS).is_some();
        let limit = given.limit() as usize;
        let cursor = given.text("cursor");
        let min_position = given.min_position()?;
        let fingerprint = format!("campaigns/{}/{campaign:?}", given.fingerprint());
        given.finish()?;
        let open = |cursor: &String| page_cursor::open(&reads.state.cursors, &fingerprint, cursor);
        let after: Option<CampaignPlace> = cursor.as_ref().map(open).transpose()?;
        let question = CampaignQuestion {
            attribution: attribution.map(|(_, attribution)| attribution).unwrap_or_default(),
            by_channel,
            campaign,
            after: after.map(RowKey::from),
            most: limit + 1,
        };
        let period = Period { from, to };
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
