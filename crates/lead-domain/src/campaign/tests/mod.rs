//! Given campaigns and the people they touched, when they are counted, then the rows say so; a file for each subject.

mod activity;
mod attribution;
mod money;
mod rows;

use serde_json::{Value, json};

use super::*;
use crate::fact::{Amounts, Fact, Money};
use crate::instant::Instant;
use crate::lead::Purchase;
use crate::lead::tests::facts::admitted;
use crate::policy::Stage;

/// Noon of a day of January 2026.
fn on(day: u8) -> Instant {
    format!("2026-01-{day:02}T12:00:00.000Z").parse().unwrap()
}

/// A fact of one person: day, type, campaign, channel, data.
fn fact(day: u8, kind: &str, campaign: &str, channel: Option<&str>, data: Value) -> Fact {
    let lead = json!({"email": "ada@example.com"});
    let posted = json!({"type": kind, "occurred_at": on(day).to_string(), "lead": lead, "campaign": campaign, "channel": channel, "data": data});
    admitted(usize::from(day), posted)
}

/// A page view: day, campaign, channel.
fn viewed(day: u8, campaign: &str, channel: Option<&str>) -> Fact {
    fact(day, "page.viewed", campaign, channel, json!({}))
}

/// A fact about a campaign.
fn about(day: u8, kind: &str, data: Value) -> Fact {
    admitted(usize::from(day), json!({"type": kind, "occurred_at": on(day).to_string(), "data": data}))
}

fn defined(campaign: &str, channel: &str) -> Fact {
    about(1, "campaign.defined", json!({"campaign": campaign, "channel": channel}))
}

fn paid(day: u8, campaign: &str, amount: i64, currency: &str) -> Fact {
    let amount = json!({"amount_minor": amount, "currency": currency});
    about(day, "campaign.cost_recorded", json!({"campaign": campaign, "amount": amount}))
}

/// Somebody whom campaigns touched.
#[derive(Clone, Default)]
struct Person {
    touches: Vec<CampaignTouch>,
    reached: Vec<(Stage, Instant)>,
    purchases: Vec<Purchase>,
}

fn person(facts: &[Fact]) -> Person {
    Person { touches: facts.iter().filter_map(CampaignTouch::of).collect(), ..Person::default() }
}

impl Person {
    fn reached(mut self, stage: Stage, day: u8) -> Self {
        self.reached.push((stage, on(day)));
        self
    }

    fn bought(mut self, day: u8, amount_minor: i64, currency: &str) -> Self {
        let mut worth = Amounts::default();
        worth.add(&Money { amount_minor, currency: currency.to_owned() });
        self.purchases.push(Purchase { at: on(day), worth });
        self
    }
}

/// What is given, and what is asked of it.
struct Given {
    campaigns: Vec<Fact>,
    people: Vec<Person>,
    period: Period,
    question: CampaignQuestion,
}

fn given(campaigns: &[Fact], people: &[Person]) -> Given {
    let question = CampaignQuestion {
        attribution: Attribution::First,
        by_channel: false,
        campaign: None,
        after: None,
        most: 100,
    };
    Given { campaigns: campaigns.to_vec(), people: people.to_vec(), period: Period::default(), question }
}

impl Given {
    fn attribution(mut self, attribution: Attribution) -> Self {
        self.question.attribution = attribution;
        self
    }

    fn by_channel(mut self) -> Self {
        self.question.by_channel = true;
        self
    }

    /// From noon of a day until before noon of another.
    fn between(mut self, from: u8, to: u8) -> Self {
        self.period = Period { from: Some(on(from)), to: Some(on(to)) };
        self
    }

    fn rows(self) -> Vec<CampaignRow> {
        let mut campaigns = Campaigns::within(self.period);
        self.campaigns.iter().for_each(|fact| campaigns.learn(fact));
        let mut figures = CampaignFigures::new(self.question, campaigns);
        for Person { touches, reached, purchases } in &self.people {
            figures.add(&Touched { touches, reached, purchases });
        }
        figures.rows()
    }

    /// The only row there is.
    #[track_caller]
    fn row(self) -> CampaignRow {
        let mut rows = self.rows();
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows.remove(0)
    }

    /// Campaign and channel of every row, with a figure of it.
    fn each<T>(self, figure: impl Fn(&CampaignRow) -> T) -> Vec<(String, Option<String>, T)> {
        let rows = self.rows();
        rows.iter().map(|row| (row.key.campaign.clone(), row.key.channel.clone(), figure(row))).collect()
    }
}

/// A row as [`Given::each`] tells it.
fn at<T>(campaign: &str, channel: Option<&str>, figure: T) -> (String, Option<String>, T) {
    (campaign.to_owned(), channel.map(str::to_owned), figure)
}
