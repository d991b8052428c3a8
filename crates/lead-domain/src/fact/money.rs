//! Money: whole minor units and an ISO 4217 code. Currencies are never added up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An amount in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Whole minor units (cents of a euro, whole yen), zero or more.
    pub amount_minor: i64,
    /// The ISO 4217 code, upper case.
    pub currency: String,
}

/// The largest amount that every JSON reader keeps exactly, 2^53 − 1.
pub(super) const AMOUNT_MAX: i64 = 9_007_199_254_740_991;

/// ISO 4217 codes in use, and those that old purchases may still be in.
const CURRENCIES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD \
    CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD \
    GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD \
    LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN \
    PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD \
    TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XAG XAU XCD XCG XOF XPD XPF XPT XSU XUA YER ZAR ZMW ZWG ZWL";

pub(super) fn is_currency(code: &str) -> bool {
    code.len() == 3 && CURRENCIES.split_whitespace().any(|known| known == code)
}

/// Sums per currency, sorted by code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amounts(BTreeMap<String, i64>);

impl Amounts {
    /// Adds an amount to that of its currency; a sum past what 64 bits hold stays there.
    pub fn add(&mut self, money: &Money) {
        let sum = self.0.entry(money.currency.clone()).or_default();
        *sum = sum.saturating_add(money.amount_minor);
    }

    /// Adds all amounts of `other`.
    pub fn add_all(&mut self, other: &Self) {
        other.to_list().iter().for_each(|money| self.add(money));
    }

    /// One entry per currency, sorted by code.
    #[must_use]
    pub fn to_list(&self) -> Vec<Money> {
        let entry =
            |(currency, amount): (&String, &i64)| Money { amount_minor: *amount, currency: currency.clone() };
        self.0.iter().map(entry).collect()
    }

    /// No amount in any currency.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
