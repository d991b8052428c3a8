//! Quotes and purchases. Papers that name each other are one chain; a chain is at most one purchase (DOMAIN §4).

mod ledger;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use ledger::Ledger;

use crate::fact::{Amounts, Body, Document, DocumentKind, DocumentRef, Fact, FactType, Money};
use crate::ids::EventId;
use crate::instant::Instant;
use crate::policy::Policy;

/// The papers of a lead, and what follows from them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub struct Sales {
    papers: BTreeMap<String, Paper>,
    chains: BTreeMap<u64, Chain>,
    open_quotes: u64,
    purchases: u64,
    last_purchase_at: Option<Instant>,
    /// The fact that made the latest purchase.
    last_purchase_by: Option<EventId>,
    /// The date of the purchase before the latest one.
    previous_purchase_at: Option<Instant>,
    revenue: Amounts,
    /// What follows from papers and chains.
    #[serde(skip)]
    ledger: Ledger,
}

/// What is stored of it.
#[derive(Deserialize)]
struct Stored {
    papers: BTreeMap<String, Paper>,
    chains: BTreeMap<u64, Chain>,
}

impl From<Stored> for Sales {
    fn from(Stored { papers, chains }: Stored) -> Self {
        let mut sales = Self { papers, chains, ..Self::default() };
        for (key, paper) in &sales.papers {
            let is_open = is_open_quote(paper, &sales.chains);
            sales.open_quotes += u64::from(is_open);
            if let Some(chain) = paper.chain {
                sales.ledger.tallies.entry(chain).or_default().add(key, paper, is_open);
            }
        }
        for (number, chain) in &sales.chains {
            sales.ledger.enter(*number, chain.made);
        }
        sales.sum_up();
        sales
    }
}

/// The instant of a fact that makes a purchase, and the fact.
type Made = (Instant, EventId);

/// Whether somebody who bought buys still. Depends on time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerState {
    /// The latest purchase is not long ago.
    Active,
    /// It is.
    Inactive,
    /// Active again: the latest purchase came when the customer had become inactive.
    Reactivated,
}

impl CustomerState {
    /// The code in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Reactivated => "reactivated",
        }
    }
}

/// A purchase that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// Its date: the instant of its first purchase-making fact.
    pub at: Instant,
    /// What it is worth.
    pub worth: Amounts,
}

/// A paper, known by its kind and id. Facts are told apart by their number within the lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Paper {
    kind: DocumentKind,
    /// The latest amount given.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Money>,
    /// The chain that it is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    chain: Option<u64>,
    /// Of a quote: the fact that issued it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    issued: Option<u64>,
    /// Of a quote: the fact that closed it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<u64>,
    /// Of an order: whether its latest fact cancelled it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled: Option<bool>,
    /// Of an invoice.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    paid: bool,
}

impl Paper {
    const fn of(kind: DocumentKind) -> Self {
        Self { kind, amount: None, chain: None, issued: None, closed: None, cancelled: None, paid: false }
    }

    /// An order is what nobody cancelled, also where only other papers name it.
    fn is_cancelled(&self) -> bool {
        self.kind == DocumentKind::Order && self.cancelled == Some(true)
    }
}

/// Papers that name each other, directly or through a third. Its number is that of the fact that began it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Chain {
    /// The first purchase-making fact, and its instant.
    made: Option<Made>,
    /// Number of the latest purchase-making fact.
    made_last: Option<u64>,
}

/// What one fact did to the sales.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SaleEffect {
    quote_opened: bool,
    one_more_purchase: bool,
}

impl SaleEffect {
    /// Whether the sale is on again.
    pub(super) const fn reopens(self) -> bool {
        self.quote_opened || self.one_more_purchase
    }
}

impl Sales {
    /// Quotes that are open.
    #[must_use]
    pub const fn open_quotes(&self) -> u64 {
        self.open_quotes
    }

    /// Purchases that stand.
    #[must_use]
    pub const fn purchases(&self) -> u64 {
        self.purchases
    }

    /// The date of the latest purchase that stands.
    #[must_use]
    pub const fn last_purchase_at(&self) -> Option<Instant> {
        self.last_purchase_at
    }

    /// Until when the latest purchase keeps the customer active, exclusive.
    #[must_use]
    pub fn active_until(&self, policy: &Policy) -> Option<Instant> {
        self.last_purchase_at.map(|at| at.plus_millis(policy.inactive_after_ms))
    }

    /// The state of the customer at `t`, by comparison alone; none without a purchase.
    #[must_use]
    pub fn state_at(&self, t: Instant, policy: &Policy) -> Option<CustomerState> {
        Some(if t >= self.active_until(policy)? {
            CustomerState::Inactive
        } else if self.is_reactivated(policy) {
            CustomerState::Reactivated
        } else {
            CustomerState::Active
        })
    }

    /// Whether the latest purchase came when the customer had become inactive.
    #[must_use]
    pub fn is_reactivated(&self, policy: &Policy) -> bool {
        let inactive_from = self.previous_purchase_at.map(|at| at.plus_millis(policy.inactive_after_ms));
        inactive_from.is_some_and(|from| self.last_purchase_at >= Some(from))
    }

    /// What the purchases that stand are worth.
    #[must_use]
    pub const fn revenue(&self) -> &Amounts {
        &self.revenue
    }

    /// The purchases that stand, in no order that means anything.
    #[must_use]
    pub fn standing(&self) -> Vec<Purchase> {
        let purchase = |(number, chain): (&u64, &Chain)| self.ledger.purchase(*number, chain.made);
        let standing = self.chains.iter().filter_map(purchase);
        standing.map(|((at, _), worth)| Purchase { at, worth }).collect()
    }

    /// Takes in the lead's fact number `number`.
    pub(super) fn record(&mut self, fact: &Fact, number: u64) -> SaleEffect {
        let Body::Sale(sale) = &fact.body else { return SaleEffect::default() };
        let quote_opened = fact.kind == FactType::QuoteIssued && !self.is_open(&sale.document);
        let purchases = self.purchases;
        let linked = sale.links.iter().filter(|_| joins(fact.kind));
        let named: BTreeMap<String, DocumentKind> =
            std::iter::once(&sale.document).chain(linked).map(|one| (key_of(one), one.kind)).collect();
        self.take_out(&named);
        self.note(fact.kind, sale, number);
        if joins(fact.kind) {
            let made = makes_a_purchase(fact.kind).then_some((fact.occurred_at, fact.event_id));
            self.join(&named, number, made);
        }
        self.put_in(&named);
        self.sum_up();
        SaleEffect { quote_opened, one_more_purchase: self.purchases > purchases }
    }

    /// What is named, and the purchases of its chains, count no longer.
    fn take_out(&mut self, named: &BTreeMap<String, DocumentKind>) {
        for number in self.chains_of(named) {
            let chain = self.chains.get(&number).copied().unwrap_or_default();
            self.ledger.strike(number, chain.made);
            self.open_quotes -= self.open_quotes_in(number);
        }
        for (key, paper) in named.keys().filter_map(|key| self.papers.get_key_value(key)) {
            match paper.chain.and_then(|chain| self.ledger.tallies.get_mut(&chain)) {
                Some(tally) => tally.remove(key, paper),
                None => self.open_quotes -= u64::from(is_open_quote(paper, &self.chains)),
            }
        }
    }

    /// It counts again, as it is now.
    fn put_in(&mut self, named: &BTreeMap<String, DocumentKind>) {
        for (key, paper) in named.keys().filter_map(|key| self.papers.get_key_value(key)) {
            let is_open = is_open_quote(paper, &self.chains);
            match paper.chain {
                Some(chain) => self.ledger.tallies.entry(chain).or_default().add(key, paper, is_open),
                None => self.open_quotes += u64::from(is_open),
            }
        }
        for number in self.chains_of(named) {
            let chain = self.chains.get(&number).copied().unwrap_or_default();
            self.ledger.enter(number, chain.made);
            self.open_quotes += self.open_quotes_in(number);
        }
    }

    fn chains_of(&self, named: &BTreeMap<String, DocumentKind>) -> BTreeSet<u64> {
        named.keys().filter_map(|key| self.papers.get(key)?.chain).collect()
    }

    fn open_quotes_in(&self, chain: u64) -> u64 {
        self.ledger.tallies.get(&chain).map_or(0, |tally| tally.open_quotes.len() as u64)
    }

    fn paper(&mut self, key: &str, kind: DocumentKind) -> &mut Paper {
        self.papers.entry(key.to_owned()).or_insert_with(|| Paper::of(kind))
    }

    /// What the fact says of the paper itself.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "all other types of fact say nothing of a paper but its amount"
    )]
    fn note(&mut self, kind: FactType, sale: &Document, number: u64) {
        let paper = self.paper(&key_of(&sale.document), sale.document.kind);
        if let Some(amount) = &sale.amount {
            paper.amount = Some(amount.clone());
        }
        match kind {
            FactType::QuoteIssued => paper.issued = Some(number),
            FactType::QuoteAccepted | FactType::QuoteDeclined | FactType::QuoteExpired => {
                paper.closed = Some(number)
            }
            FactType::OrderPlaced => paper.cancelled = Some(false),
            FactType::OrderCancelled => paper.cancelled = Some(true),
            FactType::InvoicePaid => paper.paid = true,
            _ => {}
        }
    }

    /// Makes one chain of all papers that the fact names and of the chains that they are in.
    fn join(&mut self, named: &BTreeMap<String, DocumentKind>, number: u64, made: Option<Made>) {
        let joined = self.chains_of(named);
        let into = joined.first().copied().unwrap_or(number);
        let mut chain = Chain::default();
        for part in joined.iter().filter_map(|number| self.chains.remove(number)) {
            chain.made = earliest(chain.made, part.made);
            chain.made_last = chain.made_last.max(part.made_last);
        }
        if made.is_some() {
            chain.made = earliest(chain.made, made);
            chain.made_last = Some(number);
        }
        self.chains.insert(into, chain);
        self.absorb(into, joined.into_iter().filter(|chain| *chain != into));
        for (key, kind) in named {
            self.paper(key, *kind).chain = Some(into);
        }
    }

    /// The papers of other chains become those of this one; a purchase in it closes its quotes.
    fn absorb(&mut self, into: u64, others: impl Iterator<Item = u64>) {
        let mut whole = self.ledger.tallies.remove(&into).unwrap_or_default();
        for tally in others.filter_map(|other| self.ledger.tallies.remove(&other)) {
            for key in &tally.papers {
                self.papers.entry(key.clone()).and_modify(|paper| paper.chain = Some(into));
            }
            whole.absorb(tally);
        }
        let is_open =
            |key: &String| self.papers.get(key).is_some_and(|paper| is_open_quote(paper, &self.chains));
        whole.open_quotes.retain(is_open);
        self.ledger.tallies.insert(into, whole);
    }

    /// Whether the quote of this id is open.
    pub(super) fn has_open_quote(&self, id: &str) -> bool {
        self.is_open(&DocumentRef { kind: DocumentKind::Quote, id: id.to_owned() })
    }

    /// The fact that made the latest purchase that stands.
    pub(super) const fn last_purchase_by(&self) -> Option<EventId> {
        self.last_purchase_by
    }

    fn is_open(&self, quote: &DocumentRef) -> bool {
        self.papers.get(&key_of(quote)).is_some_and(|paper| is_open_quote(paper, &self.chains))
    }

    fn sum_up(&mut self) {
        self.purchases = self.ledger.count();
        let mut latest = self.ledger.latest();
        (self.last_purchase_at, self.last_purchase_by) = latest.next().unzip();
        self.previous_purchase_at = latest.next().map(|(at, _)| at);
        self.revenue = self.ledger.revenue();
    }
}

/// Open from its latest issue until it is closed, or a purchase is made in its chain.
fn is_open_quote(paper: &Paper, chains: &BTreeMap<u64, Chain>) -> bool {
    let made = paper.chain.and_then(|chain| chains.get(&chain)?.made_last);
    paper.kind == DocumentKind::Quote && paper.issued > paper.closed.max(made)
}

/// The key of a paper in the state: kinds have plain names, so the first slash ends them.
fn key_of(document: &DocumentRef) -> String {
    format!("{}/{}", document.kind.name(), document.id)
}

/// An issued quote and a cancelled order say nothing of what belongs together.
const fn joins(kind: FactType) -> bool {
    makes_a_purchase(kind) || matches!(kind, FactType::InvoiceIssued)
}

const fn makes_a_purchase(kind: FactType) -> bool {
    use FactType as T;
    matches!(kind, T::QuoteAccepted | T::ContractSigned | T::OrderPlaced | T::InvoicePaid)
}

fn earliest<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    one.into_iter().chain(other).min()
}
