//! What chains of papers amount to, kept up paper by paper: a lead with ten thousand papers costs no more per fact than
//! one with ten. All of it follows from papers and chains, and is made anew when a state is read.

use std::collections::{BTreeMap, BTreeSet};

use super::{Made, Paper};
use crate::fact::{Amounts, DocumentKind, Money};

/// The chains, and the purchases that stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ledger {
    pub(super) tallies: BTreeMap<u64, Tally>,
    purchases: BTreeSet<(Made, u64)>,
    revenue: Sums,
}

impl Ledger {
    /// Counts the purchase of a chain.
    pub(super) fn enter(&mut self, chain: u64, made: Option<Made>) {
        if let Some((made, worth)) = self.purchase(chain, made) {
            self.purchases.insert((made, chain));
            worth.to_list().iter().for_each(|money| self.revenue.add(money));
        }
    }

    /// Takes the purchase of a chain out of the count.
    pub(super) fn strike(&mut self, chain: u64, made: Option<Made>) {
        if let Some((made, worth)) = self.purchase(chain, made) {
            self.purchases.remove(&(made, chain));
            worth.to_list().iter().for_each(|money| self.revenue.remove(money));
        }
    }

    /// When and by which fact it was made, and what it is worth; none if it does not stand.
    pub(super) fn purchase(&self, chain: u64, made: Option<Made>) -> Option<(Made, Amounts)> {
        let tally = self.tallies.get(&chain).filter(|tally| tally.stands())?;
        Some((made?, tally.worth()))
    }

    /// How many purchases stand.
    pub(super) fn count(&self) -> u64 {
        self.purchases.len() as u64
    }

    /// What made them, the latest first.
    pub(super) fn latest(&self) -> impl Iterator<Item = Made> + '_ {
        self.purchases.iter().rev().map(|(made, _)| *made)
    }

    pub(super) fn revenue(&self) -> Amounts {
        self.revenue.amounts()
    }
}

/// What the papers of one chain say together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) papers: BTreeSet<String>,
    /// Quotes that are open.
    pub(super) open_quotes: BTreeSet<String>,
    orders: u64,
    cancelled_orders: u64,
    /// Of the orders that are not cancelled, of the paid invoices, of the contracts, of the quotes.
    sums: [Sums; 4],
}

impl Tally {
    pub(super) fn add(&mut self, key: &str, paper: &Paper, is_open_quote: bool) {
        self.papers.insert(key.to_owned());
        if is_open_quote {
            self.open_quotes.insert(key.to_owned());
        }
        self.orders += u64::from(paper.kind == DocumentKind::Order);
        self.cancelled_orders += u64::from(paper.is_cancelled());
        if let Some((sum, amount)) = counts_as(paper).zip(paper.amount.as_ref()) {
            self.sums[sum].add(amount);
        }
    }

    pub(super) fn remove(&mut self, key: &str, paper: &Paper) {
        self.papers.remove(key);
        self.open_quotes.remove(key);
        self.orders -= u64::from(paper.kind == DocumentKind::Order);
        self.cancelled_orders -= u64::from(paper.is_cancelled());
        if let Some((sum, amount)) = counts_as(paper).zip(paper.amount.as_ref()) {
            self.sums[sum].remove(amount);
        }
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.papers.extend(other.papers);
        self.open_quotes.extend(other.open_quotes);
        self.orders += other.orders;
        self.cancelled_orders += other.cancelled_orders;
        for (sum, more) in self.sums.iter_mut().zip(other.sums) {
            sum.absorb(more);
        }
    }

    /// Where a chain has orders, not all of them are cancelled.
    const fn stands(&self) -> bool {
        self.orders == 0 || self.orders > self.cancelled_orders
    }

    /// The sum of the orders that are not cancelled, else of the paid invoices, else of the contracts, else of the quotes.
    fn worth(&self) -> Amounts {
        self.sums.iter().find(|sum| !sum.0.is_empty()).map(Sums::amounts).unwrap_or_default()
    }
}

/// The place in [`Tally::sums`].
fn counts_as(paper: &Paper) -> Option<usize> {
    match paper.kind {
        DocumentKind::Order => (!paper.is_cancelled()).then_some(0),
        DocumentKind::Invoice => paper.paid.then_some(1),
        DocumentKind::Contract => Some(2),
        DocumentKind::Quote => Some(3),
    }
}

/// Amounts per currency that can be taken out again: each sum with the number of amounts in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Sums(BTreeMap<String, (i128, u64)>);

impl Sums {
    fn add(&mut self, money: &Money) {
        let (sum, count) = self.0.entry(money.currency.clone()).or_default();
        *sum += i128::from(money.amount_minor);
        *count += 1;
    }

    fn remove(&mut self, money: &Money) {
        let Some((sum, count)) = self.0.get_mut(&money.currency) else { return };
        *sum -= i128::from(money.amount_minor);
        *count -= 1;
        if *count == 0 {
            self.0.remove(&money.currency);
        }
    }

    fn absorb(&mut self, other: Self) {
        for (currency, (more, many)) in other.0 {
            let (sum, count) = self.0.entry(currency).or_default();
            *sum += more;
            *count += many;
        }
    }

    /// A sum past what 64 bits hold stays there.
    fn amounts(&self) -> Amounts {
        let mut amounts = Amounts::default();
        for (currency, (sum, _)) in &self.0 {
            let amount_minor = i64::try_from(*sum).unwrap_or(if *sum < 0 { i64::MIN } else { i64::MAX });
            amounts.add(&Money { amount_minor, currency: currency.clone() });
        }
        amounts
    }
}
