//! The figures: people go in one after another, rows come out.

use std::collections::BTreeMap;

use super::row::{RowKey, Sums};
use super::{Activity, Attribution, CampaignRow, CampaignTouch, Campaigns};
use crate::fact::Fact;
use crate::instant::Instant;
use crate::lead::{Lead, Purchase};
use crate::policy::Stage;

/// What is asked of the figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignQuestion {
    /// To which campaigns events are owed.
    pub attribution: Attribution,
    /// A row per campaign and channel, not only per campaign.
    pub by_channel: bool,
    /// Only this campaign; none: all.
    pub campaign: Option<String>,
    /// Only rows behind this one.
    pub after: Option<RowKey>,
    /// The most rows, at least one; the first ones in their order.
    pub most: usize,
}

/// A person that a campaign touched.
#[derive(Clone, Copy, Debug)]
pub struct Touched<'p> {
    /// The facts that carry a campaign, in the order of facts.
    pub touches: &'p [CampaignTouch],
    /// The stages that were reached, each with the instant at which it or a later one first was.
    pub reached: &'p [(Stage, Instant)],
    /// The purchases that stand.
    pub purchases: &'p [Purchase],
}

/// Counts people.
///
/// However many campaigns and people there are, no more rows are held than asked for: a row behind all of those is
/// dropped, and can never come back.
#[derive(Clone, Debug)]
pub struct CampaignFigures {
    question: CampaignQuestion,
    campaigns: Campaigns,
    rows: BTreeMap<RowKey, Sums>,
}

impl CampaignFigures {
    /// Nobody counted yet: a row for each campaign that was defined or paid for, with its costs.
    #[must_use]
    pub fn new(question: CampaignQuestion, campaigns: Campaigns) -> Self {
        let mut figures = Self { question, campaigns: Campaigns::default(), rows: BTreeMap::new() };
        for (name, campaign) in campaigns.all() {
            let key = figures.key(name, campaign.channel.as_ref());
            if let Some(row) = figures.row(key) {
                row.cost.add_all(&campaign.cost);
            }
        }
        figures.campaigns = campaigns;
        figures
    }

    /// Counts one more person. Every campaign that touched them has a row, whether an event counts or not.
    pub fn add(&mut self, person: &Touched<'_>) {
        self.count_activity(person.touches);
        for (stage, at) in person.reached {
            self.credit(person.touches, *at, |row, among| row.reach(*stage, among));
        }
        for purchase in person.purchases {
            self.credit(person.touches, purchase.at, |row, among| row.sell(&purchase.worth, among));
        }
    }

    /// Counts one more person: the state of a lead, and its facts that carry a campaign, in the order of facts.
    pub fn add_lead<'f>(&mut self, lead: &Lead, facts: impl IntoIterator<Item = &'f Fact>) {
        let touches: Vec<CampaignTouch> = facts.into_iter().filter_map(CampaignTouch::of).collect();
        let first = |stage: Stage| lead.reached.at(stage).map(|at| (stage, at));
        let reached: Vec<(Stage, Instant)> = Stage::DOWNWARDS.into_iter().filter_map(first).collect();
        self.add(&Touched { touches: &touches, reached: &reached, purchases: &lead.sales.standing() });
    }

    fn count_activity(&mut self, touches: &[CampaignTouch]) {
        let mut person: BTreeMap<RowKey, Activity<u64>> = BTreeMap::new();
        for touch in touches {
            let counted = person.entry(self.key_of(touch)).or_default();
            if self.campaigns.period().has(touch.at) {
                counted.add(&touch.counts, |times, counts| *times += u64::from(*counts));
            }
        }
        for (key, counted) in person {
            if let Some(row) = self.row(key) {
                row.activity.add(&counted, |tally, times| tally.add(*times));
            }
        }
    }

    /// Gives an event to the campaigns that it is owed to.
    fn credit(&mut self, touches: &[CampaignTouch], at: Instant, give: impl Fn(&mut Sums, u64)) {
        if !self.campaigns.period().has(at) {
            return;
        }
        for credit in self.question.attribution.credits(touches, at) {
            let key = self.key_of(credit.touch);
            if let Some(row) = self.row(key) {
                give(row, credit.among);
            }
        }
    }

    /// The row of a touch: its channel is its own, else the campaign's.
    fn key_of(&self, touch: &CampaignTouch) -> RowKey {
        let channel = touch.channel.as_ref().or_else(|| self.campaigns.channel_of(&touch.campaign));
        self.key(&touch.campaign, channel)
    }

    fn key(&self, campaign: &str, channel: Option<&String>) -> RowKey {
        let channel = channel.filter(|_| self.question.by_channel);
        RowKey { campaign: campaign.to_owned(), channel: channel.cloned() }
    }

    /// The row at a place, unless it is not asked for.
    fn row(&mut self, key: RowKey) -> Option<&mut Sums> {
        let CampaignQuestion { campaign, after, most, .. } = &self.question;
        let asked = campaign.as_ref().is_none_or(|campaign| *campaign == key.campaign)
            && after.as_ref().is_none_or(|after| key > *after);
        if !asked {
            return None;
        }
        if self.rows.len() >= *most && !self.rows.contains_key(&key) {
            let last = self.rows.last_entry()?;
            if *last.key() < key {
                return None;
            }
            last.remove();
        }
        Some(self.rows.entry(key).or_default())
    }

    /// The rows in their order.
    #[must_use]
    pub fn rows(self) -> Vec<CampaignRow> {
        let Self { question, campaigns, rows } = self;
        let row = |(key, sums): (RowKey, Sums)| {
            let campaign = campaigns.get(&key.campaign);
            sums.row(key, campaign, question.by_channel)
        };
        rows.into_iter().map(row).collect()
    }
}
