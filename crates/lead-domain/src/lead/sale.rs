//! Quotes and purchases. Papers that name each other are one chain; a chain is at most one purchase (DOMAIN §4).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::fact::{Amounts, Body, Document, DocumentKind, DocumentRef, Fact, FactType, Money};
use crate::ids::EventId;
use crate::instant::Instant;
use crate::policy::Policy;

/// The papers of a lead, and what follows from them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
}

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

/// Papers that name each other, directly or through a third. Its number is that of the fact that began it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Chain {
    /// The first purchase-making fact, and its instant.
    made: Option<(Instant, EventId)>,
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
        self.bought().into_iter().map(|((at, _), worth)| Purchase { at, worth }).collect()
    }

    /// Takes in the lead's fact number `number`.
    pub(super) fn record(&mut self, fact: &Fact, number: u64) -> SaleEffect {
        let Body::Sale(sale) = &fact.body else { return SaleEffect::default() };
        let quote_opened = fact.kind == FactType::QuoteIssued && !self.is_open(&sale.document);
        let purchases = self.purchases;
        self.note(fact.kind, sale, number);
        if joins(fact.kind) {
            let made = makes_a_purchase(fact.kind).then_some((fact.occurred_at, fact.event_id));
            self.join(sale, number, made);
        }
        self.count();
        SaleEffect { quote_opened, one_more_purchase: self.purchases > purchases }
    }

    fn paper(&mut self, document: &DocumentRef) -> &mut Paper {
        let blank = || Paper {
            kind: document.kind,
            amount: None,
            chain: None,
            issued: None,
            closed: None,
            cancelled: None,
            paid: false,
        };
        self.papers.entry(key_of(document)).or_insert_with(blank)
    }

    /// What the fact says of the paper itself.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "all other types of fact say nothing of a paper but its amount"
    )]
    fn note(&mut self, kind: FactType, sale: &Document, number: u64) {
        let paper = self.paper(&sale.document);
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
    fn join(&mut self, sale: &Document, number: u64, made: Option<(Instant, EventId)>) {
        let named: Vec<&DocumentRef> = std::iter::once(&sale.document).chain(&sale.links).collect();
        let joined: BTreeSet<u64> = named.iter().filter_map(|document| self.paper(document).chain).collect();
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
        for paper in
            self.papers.values_mut().filter(|paper| paper.chain.is_some_and(|chain| joined.contains(&chain)))
        {
            paper.chain = Some(into);
        }
        for document in named {
            self.paper(document).chain = Some(into);
        }
        self.chains.insert(into, chain);
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
        self.papers.get(&key_of(quote)).is_some_and(|paper| self.is_open_quote(paper))
    }

    /// Open from its latest issue until it is closed, or a purchase is made in its chain.
    fn is_open_quote(&self, paper: &Paper) -> bool {
        let made = paper.chain.and_then(|chain| self.chains.get(&chain)?.made_last);
        paper.kind == DocumentKind::Quote && paper.issued > paper.closed.max(made)
    }

    fn count(&mut self) {
        self.open_quotes = self.papers.values().map(|paper| u64::from(self.is_open_quote(paper))).sum();
        let bought = self.bought();
        let mut revenue = Amounts::default();
        bought.iter().for_each(|(_, worth)| revenue.add_all(worth));
        self.purchases = bought.len() as u64;
        let mut dates: Vec<(Instant, EventId)> = bought.iter().map(|(made, _)| *made).collect();
        dates.sort_unstable();
        (self.last_purchase_at, self.last_purchase_by) = dates.pop().unzip();
        self.previous_purchase_at = dates.pop().map(|(at, _)| at);
        self.revenue = revenue;
    }

    /// When and by which fact each purchase that stands was made, and what it is worth.
    fn bought(&self) -> Vec<((Instant, EventId), Amounts)> {
        let mut chains: BTreeMap<u64, Vec<&Paper>> = BTreeMap::new();
        for paper in self.papers.values() {
            if let Some(chain) = paper.chain {
                chains.entry(chain).or_default().push(paper);
            }
        }
        let made = |chain: &u64| self.chains.get(chain).and_then(|chain| chain.made);
        let standing = chains.iter().filter(|(_, papers)| stands(papers));
        standing.filter_map(|(chain, papers)| Some((made(chain)?, worth(papers)))).collect()
    }
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

/// Where a chain has orders, not all of them are cancelled.
fn stands(papers: &[&Paper]) -> bool {
    let mut orders = papers.iter().filter_map(|paper| paper.cancelled).peekable();
    orders.peek().is_none() || orders.any(|cancelled| !cancelled)
}

/// The sum of the orders that are not cancelled, else of the paid invoices, else of the contracts, else of the quotes.
fn worth(papers: &[&Paper]) -> Amounts {
    let kinds: [&dyn Fn(&Paper) -> bool; 4] = [
        &|paper| paper.kind == DocumentKind::Order && paper.cancelled != Some(true),
        &|paper| paper.paid,
        &|paper| paper.kind == DocumentKind::Contract,
        &|paper| paper.kind == DocumentKind::Quote,
    ];
    let sum = |is: &dyn Fn(&Paper) -> bool| {
        let mut sum = Amounts::default();
        papers
            .iter()
            .filter(|paper| is(paper))
            .filter_map(|paper| paper.amount.as_ref())
            .for_each(|amount| sum.add(amount));
        sum
    };
    kinds.into_iter().map(sum).find(|sum| !sum.is_empty()).unwrap_or_default()
}
