//! Campaign figures as the API shows them.

use lead_domain::Instant;
use lead_domain::campaign::{CampaignRow, Return, Tally};
use lead_domain::fact::Money;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::lead::MoneyView;
use super::names::{AttributionName, GroupName};
use crate::campaign_question::AskedCampaigns;

/// One page of campaign figures, with what was asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CampaignPage {
    /// How newcomers and revenue are attributed.
    #[schema(value_type = AttributionName)]
    attribution: &'static str,
    /// Only events at or after this instant count; null: since ever.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-01-01T00:00:00.000Z")]
    from: Option<Instant>,
    /// Only events before this instant count; null: for ever.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-07-01T00:00:00.000Z")]
    to: Option<Instant>,
    /// `channel` if there is a row for each channel of a campaign, else null.
    #[schema(value_type = Option<GroupName>)]
    group_by: Option<&'static str>,
    /// The rows, by campaign, then channel, by code point; a row without a channel comes last.
    data: Vec<CampaignView>,
    /// Pass it as `cursor`, with the same other parameters, for the next page; null on the last one.
    #[schema(example = "AXpR0c2V0LXNlYWxlZA")]
    next_cursor: Option<String>,
}

/// What a campaign brought and cost. Reached, seen, clicked and contacted count the facts that carry the campaign;
/// newcomers and revenue are those owed to it by the attribution asked for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Campaign)]
struct CampaignView {
    /// The campaign, as facts call it.
    #[schema(example = "spring-mail")]
    campaign: String,
    /// What people call it, from its latest definition that tells a name; null if none does.
    #[schema(example = "Spring mailing")]
    name: Option<String>,
    /// The channel of the row with `group_by=channel`, else that of the campaign itself by its latest definition that
    /// tells one; null if there is none.
    #[schema(example = "email")]
    channel: Option<String>,
    /// Mails delivered and contacts imported with a list (`email.delivered`, `list.imported`).
    reached: TallyView,
    /// Mails opened, pages viewed, advertisements clicked, things done on social networks (`email.opened`, `page.viewed`,
    /// `ad.clicked`, `social.engaged`), by people.
    seen: TallyView,
    /// The same by machines, such as proxies that open every mail.
    seen_machine: TallyView,
    /// Links in mails and advertisements clicked (`email.clicked`, `ad.clicked`), by people.
    clicked: TallyView,
    /// The same by machines, such as filters that follow every link.
    clicked_machine: TallyView,
    /// Times that somebody asked something that expects an answer: a form posted with intent contact, demo or quote, a
    /// message, a reply to a mail.
    contacted: TallyView,
    /// People who reached the stage lead or a later one for the first time. A fraction may come of `attribution=even`.
    #[serde(serialize_with = "whole_if_whole")]
    #[schema(example = 2)]
    new_leads: f64,
    /// People who reached the stage prospect or a later one for the first time.
    #[serde(serialize_with = "whole_if_whole")]
    #[schema(example = 1)]
    new_prospects: f64,
    /// People who reached the stage customer for the first time.
    #[serde(serialize_with = "whole_if_whole")]
    #[schema(example = 1)]
    new_customers: f64,
    /// What the purchases that still stand are worth, each at its date; one entry per currency, sorted by code. With
    /// `attribution=even` rounded to the minor unit.
    revenue: Vec<MoneyView>,
    /// Costs recorded for the campaign, each on its day (midnight UTC), else at the instant of its fact; one entry per
    /// currency, sorted by code.
    cost: Vec<MoneyView>,
    /// Cost by new lead, rounded to the minor unit; empty if there is nobody to divide by.
    cost_per_lead: Vec<MoneyView>,
    /// Cost by new prospect, likewise.
    cost_per_prospect: Vec<MoneyView>,
    /// Cost by new customer, likewise.
    cost_per_customer: Vec<MoneyView>,
    /// (Revenue − cost) / cost, one entry per currency that has a cost, sorted by code.
    r#return: Vec<ReturnView>,
}

/// A figure, by people and in all.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tally)]
struct TallyView {
    /// Different people.
    #[schema(example = 2)]
    unique: u64,
    /// Facts.
    #[schema(example = 4)]
    total: u64,
}

/// What came back of a cost, in one currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Return)]
struct ReturnView {
    /// ISO 4217 code.
    #[schema(example = "EUR")]
    currency: String,
    /// −1: nothing came back; 0: as much as was paid; 1: twice as much.
    #[schema(example = 0.0825)]
    ratio: f64,
}

impl CampaignPage {
    pub(crate) fn new(asked: &AskedCampaigns, rows: Vec<CampaignRow>, next_cursor: Option<String>) -> Self {
        Self {
            attribution: asked.question.attribution.name(),
            from: asked.period.from,
            to: asked.period.to,
            group_by: asked.question.by_channel.then_some("channel"),
            data: rows.into_iter().map(CampaignView::new).collect(),
            next_cursor,
        }
    }
}

impl CampaignView {
    fn new(row: CampaignRow) -> Self {
        let activity = row.activity;
        Self {
            campaign: row.key.campaign,
            name: row.name,
            channel: row.channel,
            reached: TallyView::new(activity.reached),
            seen: TallyView::new(activity.seen),
            seen_machine: TallyView::new(activity.seen_machine),
            clicked: TallyView::new(activity.clicked),
            clicked_machine: TallyView::new(activity.clicked_machine),
            contacted: TallyView::new(activity.contacted),
            new_leads: row.new_leads,
            new_prospects: row.new_prospects,
            new_customers: row.new_customers,
            revenue: money(row.revenue),
            cost: money(row.cost),
            cost_per_lead: money(row.cost_per_lead),
            cost_per_prospect: money(row.cost_per_prospect),
            cost_per_customer: money(row.cost_per_customer),
            r#return: row.returns.into_iter().map(ReturnView::new).collect(),
        }
    }
}

impl TallyView {
    const fn new(Tally { unique, total }: Tally) -> Self {
        Self { unique, total }
    }
}

impl ReturnView {
    fn new(Return { currency, ratio }: Return) -> Self {
        Self { currency, ratio }
    }
}

fn money(list: Vec<Money>) -> Vec<MoneyView> {
    list.into_iter().map(MoneyView::new).collect()
}

/// Whole people are whole numbers.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn whole_if_whole<S: Serializer>(people: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if people.fract() == 0.0 {
        serializer.serialize_u64(*people as u64)
    } else {
        serializer.serialize_f64(*people)
    }
}
