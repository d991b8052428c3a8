//! One line of the figures.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::catalogue::Campaign;
use super::share::Shares;
use super::{Activity, Tally};
use crate::fact::{Amounts, Money};
use crate::policy::Stage;

/// The place of a row: by campaign, then channel, by code point; rows without a channel last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowKey {
    /// The campaign.
    pub campaign: String,
    /// The channel, where rows are told apart by channel.
    pub channel: Option<String>,
}

impl RowKey {
    fn place(&self) -> (&str, bool, Option<&str>) {
        (&self.campaign, self.channel.is_none(), self.channel.as_deref())
    }
}

impl Ord for RowKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place().cmp(&other.place())
    }
}

impl PartialOrd for RowKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What a campaign brought and cost, on all its channels or on one of them.
#[derive(Clone, Debug, PartialEq)]
pub struct CampaignRow {
    /// Its place among the rows: the campaign, and the channel where rows are told apart by channel.
    pub key: RowKey,
    /// What the campaign is called.
    pub name: Option<String>,
    /// The channel of the row, where rows are told apart by channel; else that of the campaign itself.
    pub channel: Option<String>,
    /// How many people and how many times.
    pub activity: Activity<Tally>,
    /// People who first became a lead, or more; parts of people where events are divided.
    pub new_leads: f64,
    /// People who first became a prospect, or more.
    pub new_prospects: f64,
    /// People who first became a customer.
    pub new_customers: f64,
    /// What the purchases that stand are worth, per currency.
    pub revenue: Vec<Money>,
    /// What was paid, per currency.
    pub cost: Vec<Money>,
    /// Cost by new lead, per currency, rounded to the minor unit; empty where there is no new lead.
    pub cost_per_lead: Vec<Money>,
    /// Cost by new prospect.
    pub cost_per_prospect: Vec<Money>,
    /// Cost by new customer.
    pub cost_per_customer: Vec<Money>,
    /// What each unit of cost brought beyond itself, per currency that has a cost.
    pub returns: Vec<Return>,
}

/// (Revenue − cost) / cost in one currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Return {
    /// The ISO 4217 code.
    pub currency: String,
    /// −1: nothing came back; 0: as much as was paid; 1: twice as much.
    pub ratio: f64,
}

/// A row while people are still being counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sums {
    pub activity: Activity<Tally>,
    leads: Shares,
    prospects: Shares,
    customers: Shares,
    revenue: BTreeMap<String, Shares>,
    pub cost: Amounts,
}

impl Sums {
    /// One of `among` equal parts of a person reached a stage. A suspect is no newcomer yet.
    pub(super) fn reach(&mut self, stage: Stage, among: u64) {
        match stage {
            Stage::Suspect => {}
            Stage::Lead => self.leads.add(1, among),
            Stage::Prospect => self.prospects.add(1, among),
            Stage::Customer => self.customers.add(1, among),
        }
    }

    /// One of `among` equal parts of a purchase was made.
    pub(super) fn sell(&mut self, worth: &Amounts, among: u64) {
        for Money { amount_minor, currency } in worth.to_list() {
            self.revenue.entry(currency).or_default().add(amount_minor, among);
        }
    }

    pub(super) fn row(self, key: RowKey, campaign: Option<&Campaign>, by_channel: bool) -> CampaignRow {
        let own = campaign.and_then(|campaign| campaign.channel.clone());
        let cost = self.cost.to_list();
        CampaignRow {
            name: campaign.and_then(|campaign| campaign.name.clone()),
            channel: if by_channel { key.channel.clone() } else { own },
            key,
            activity: self.activity,
            new_leads: self.leads.value(),
            new_prospects: self.prospects.value(),
            new_customers: self.customers.value(),
            cost_per_lead: cost_per(&cost, &self.leads),
            cost_per_prospect: cost_per(&cost, &self.prospects),
            cost_per_customer: cost_per(&cost, &self.customers),
            returns: returns(&cost, &self.revenue),
            revenue: self.revenue.into_iter().map(|(currency, sum)| money(sum.rounded(), currency)).collect(),
            cost,
        }
    }
}

const fn money(amount_minor: i64, currency: String) -> Money {
    Money { amount_minor, currency }
}

fn cost_per(cost: &[Money], people: &Shares) -> Vec<Money> {
    let each = |cost: &Money| Some(money(people.divide(cost.amount_minor)?, cost.currency.clone()));
    cost.iter().filter_map(each).collect()
}

/// From the revenue before it is rounded. What cost nothing has no return.
fn returns(cost: &[Money], revenue: &BTreeMap<String, Shares>) -> Vec<Return> {
    let of = |paid: &Money| {
        let (cost, earned) =
            (paid.amount_minor as f64, revenue.get(&paid.currency).map_or(0.0, Shares::value));
        Return { currency: paid.currency.clone(), ratio: (earned - cost) / cost }
    };
    cost.iter().filter(|paid| paid.amount_minor > 0).map(of).collect()
}
