//! How well scores rank buyers before others: counted exactly, over sorted scores.
//!
//! A score may be shared by many leads, so one walk over the distinct scores tells everything: at each, how many buyers
//! and how many others have it, and how many have less.

/// How well a score ranks buyers before others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// The share of pairs (buyer, other) in which the buyer scored higher, a tie being a half; none where there is no pair.
    pub auc: Option<f64>,
    /// Its 95 % interval by DeLong's method, held to 0 to 1; none below ten buyers or ten others.
    ///
    /// E. DeLong, D. DeLong, D. Clarke-Pearson: Comparing the Areas under Two or More Correlated Receiver Operating
    /// Characteristic Curves: A Nonparametric Approach. Biometrics 44 (1988), 837–845; in O(n log n) as shown by X. Sun,
    /// W. Xu: Fast Implementation of DeLong's Algorithm, IEEE Signal Processing Letters 21 (2014), 1389–1393. Where no
    /// other scores as high as any buyer, the method sees no variance, and both ends are the area itself.
    pub auc_95: Option<[f64; 2]>,
    /// The buyers' share among the best-scored tenth divided by their share among all; none below ten buyers or ten others.
    ///
    /// The tenth is not rounded: of 25 leads it is two and a half. Where its border falls among leads of one score, they
    /// are in it in equal parts, so that nothing depends on the order of leads that tie.
    pub top_decile_lift: Option<f64>,
}

/// Below so many buyers, or others, an interval and a tenth would say more than the data do.
const ENOUGH: usize = 10;

/// 97.5 % of a standard normal distribution lie below this.
const Z: f64 = 1.959_963_984_540_054;

/// The scores of buyers and of others, both ascending.
#[derive(Debug)]
pub(super) struct Ranks {
    buyers: Vec<f64>,
    others: Vec<f64>,
}

/// The leads that share one score, and how many have less.
#[derive(Clone, Copy, Debug)]
struct Level {
    buyers: u128,
    others: u128,
    buyers_below: u128,
    others_below: u128,
}

impl Ranks {
    pub(super) fn new(mut buyers: Vec<f64>, mut others: Vec<f64>) -> Self {
        buyers.sort_unstable_by(f64::total_cmp);
        others.sort_unstable_by(f64::total_cmp);
        Self { buyers, others }
    }

    pub(super) fn quality(&self) -> Quality {
        let pairs = self.buyers.len() as u128 * self.others.len() as u128;
        let enough = self.buyers.len().min(self.others.len()) >= ENOUGH;
        let auc = (pairs > 0).then(|| self.auc(pairs));
        Quality {
            auc,
            auc_95: auc.filter(|_| enough).map(|auc| interval(auc, self.variance())),
            top_decile_lift: enough.then(|| self.top_decile_lift()),
        }
    }

    /// Each distinct score, upwards.
    fn levels(&self) -> impl Iterator<Item = Level> {
        let (mut buyers_below, mut others_below) = (0, 0);
        std::iter::from_fn(move || {
            let (buyers, others) = (&self.buyers[buyers_below..], &self.others[others_below..]);
            let score = least(buyers.first().copied(), others.first().copied())?;
            let sharing = |scores: &[f64]| scores.partition_point(|other| other.total_cmp(&score).is_le());
            let (buyers, others) = (sharing(buyers), sharing(others));
            let level = Level {
                buyers: buyers as u128,
                others: others as u128,
                buyers_below: buyers_below as u128,
                others_below: others_below as u128,
            };
            buyers_below += buyers;
            others_below += others;
            Some(level)
        })
    }

    fn auc(&self, pairs: u128) -> f64 {
        let won: u128 = self.levels().map(|level| level.buyers * level.halves_won_by_a_buyer()).sum();
        ratio(won, 2 * pairs)
    }

    /// The variance of the area: that of each buyer's share of others below, and of each other's share of buyers above.
    /// Summed up in whole halves, so that nothing is lost by rounding.
    fn variance(&self) -> f64 {
        let (buyers, others) = (self.buyers.len() as u128, self.others.len() as u128);
        let of_buyers = spread(self.levels().map(|level| (level.buyers, level.halves_won_by_a_buyer())));
        let of_others =
            spread(self.levels().map(|level| (level.others, level.halves_lost_by_an_other(buyers))));
        let part =
            |spread: f64, own: u128, facing: u128| spread / ratio(own, 1) / ratio(4 * facing * facing, 1);
        part(of_buyers, buyers, others) + part(of_others, others, buyers)
    }

    /// In tenths of a lead there is nothing to round: a tenth of `n` leads are `n` of them. Both shares together come to ten
    /// times the part of all buyers that are in the tenth.
    fn top_decile_lift(&self) -> f64 {
        let (buyers, others) = (self.buyers.len() as u128, self.others.len() as u128);
        let (mut room, mut found) = (buyers + others, 0.0);
        let levels: Vec<Level> = self.levels().collect();
        for level in levels.iter().rev() {
            let sharing = level.buyers + level.others;
            let taken = room.min(10 * sharing);
            found += ratio(taken * level.buyers, sharing);
            room -= taken;
        }
        found / ratio(buyers, 1)
    }
}

impl Level {
    /// Twice the number of others whom a buyer of this score beats, a tie being a half.
    const fn halves_won_by_a_buyer(&self) -> u128 {
        2 * self.others_below + self.others
    }

    /// Twice the number of buyers, of so many, who beat an other of this score.
    const fn halves_lost_by_an_other(&self, buyers: u128) -> u128 {
        2 * (buyers - self.buyers_below - self.buyers) + self.buyers
    }
}

fn least(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    one.into_iter().chain(other).min_by(f64::total_cmp)
}

/// The sample variance of values that so many have each: (n Σx² − (Σx)²) / (n (n − 1)).
fn spread(values: impl Iterator<Item = (u128, u128)>) -> f64 {
    let (mut n, mut sum, mut squares) = (0, 0, 0);
    for (many, value) in values {
        n += many;
        sum += many * value;
        squares += many * value * value;
    }
    ratio(n * squares - sum * sum, n * (n - 1))
}

fn interval(auc: f64, variance: f64) -> [f64; 2] {
    // IEEE 754 defines the root to the last bit, on every platform.
    let reach = Z * variance.sqrt();
    [(auc - reach).max(0.0), (auc + reach).min(1.0)]
}

#[expect(clippy::cast_precision_loss, reason = "counts and their products; rounded once, to the nearest")]
const fn ratio(part: u128, whole: u128) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
#[path = "ranks_tests.rs"]
mod tests;
