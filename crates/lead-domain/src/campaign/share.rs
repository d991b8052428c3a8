//! Sums of parts of whole numbers, which do not depend on the order in which the parts come.

use std::collections::BTreeMap;

/// What a half may miss by the inexactness of parts, and is still rounded up.
const ALMOST: f64 = 1e-9;

/// A sum of parts: per number of equal parts, the sum of what was divided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shares(BTreeMap<u64, i128>);

impl Shares {
    /// Adds one of `among` equal parts of `amount`.
    pub(super) fn add(&mut self, amount: i64, among: u64) {
        let sum = self.0.entry(among.max(1)).or_default();
        *sum = sum.saturating_add(amount.into());
    }

    /// The sum.
    pub(super) fn value(&self) -> f64 {
        self.0.iter().fold(0.0, |total, (among, sum)| total + *sum as f64 / *among as f64)
    }

    /// The sum as a whole number, halves rounded up; past what 64 bits hold it stays there.
    pub(super) fn rounded(&self) -> i64 {
        let whole: i128 = self.0.iter().map(|(among, sum)| sum / i128::from(*among)).sum();
        let rest: f64 =
            self.0.iter().map(|(among, sum)| (sum % i128::from(*among)) as f64 / *among as f64).sum();
        clamped(whole.saturating_add(nearest(rest)))
    }

    /// `amount` divided by the sum, rounded likewise; none if the sum is nothing.
    pub(super) fn divide(&self, amount: i64) -> Option<i64> {
        let people = self.value();
        if people <= 0.0 {
            return None;
        }
        let exact = self.whole().map(|people| (2 * i128::from(amount) + people).div_euclid(2 * people));
        Some(clamped(exact.unwrap_or_else(|| nearest(amount as f64 / people))))
    }

    /// The sum where every part is a whole number.
    fn whole(&self) -> Option<i128> {
        let part =
            |(among, sum): (&u64, &i128)| (sum % i128::from(*among) == 0).then(|| sum / i128::from(*among));
        self.0.iter().map(part).sum()
    }
}

fn nearest(number: f64) -> i128 {
    (number + 0.5 + ALMOST).floor() as i128
}

fn clamped(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(if number < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(parts: &[(i64, u64)]) -> Shares {
        let mut shares = Shares::default();
        parts.iter().for_each(|(amount, among)| shares.add(*amount, *among));
        shares
    }

    #[test]
    fn halves_are_rounded_up_whatever_they_are_made_of() {
        for parts in [&[(1, 2)][..], &[(1, 6), (1, 3)], &[(1, 14), (3, 7)], &[(3, 10), (1, 5)]] {
            assert_eq!(sum(parts).rounded(), 1, "{parts:?}");
        }
        assert_eq!(sum(&[(1, 3), (1, 7)]).rounded(), 0);
        assert_eq!(sum(&[(10_000, 3)]).rounded(), 3_333);
    }

    #[test]
    fn whole_numbers_are_divided_exactly_and_sums_do_not_overflow() {
        assert_eq!(sum(&[(3, 1)]).divide(9_007_199_254_740_991), Some(3_002_399_751_580_330));
        assert_eq!(sum(&[(2, 1)]).divide(5), Some(3));
        assert_eq!(sum(&[(3, 2)]).divide(100), Some(67));
        assert_eq!(sum(&[]).divide(100), None);
        assert_eq!(sum(&[(i64::MAX, 1), (i64::MAX, 1)]).rounded(), i64::MAX);
    }
}
