//! Areas, intervals and lifts: against published figures, and against the words of POLICY §4 counted pair by pair.

use proptest::prelude::*;

use super::*;

fn quality(buyers: &[f64], others: &[f64]) -> Quality {
    Ranks::new(buyers.to_vec(), others.to_vec()).quality()
}

/// So many leads of each score.
fn leads(counts: &[(usize, f64)]) -> Vec<f64> {
    counts.iter().flat_map(|(many, score)| std::iter::repeat_n(*score, *many)).collect()
}

#[track_caller]
fn near(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
}

// J. Hanley, B. McNeil: The Meaning and Use of the Area under a ROC Curve, Radiology 143 (1982): 109 CT images rated 1 to
// 5, with ties. By DeLong's method: area 0.8932, standard error 0.0307, interval 0.83295 to 0.95339.
#[test]
fn the_interval_is_that_of_delong_for_the_images_of_hanley_and_mcneil() {
    let abnormal = leads(&[(3, 1.0), (2, 2.0), (2, 3.0), (11, 4.0), (33, 5.0)]);
    let normal = leads(&[(33, 1.0), (6, 2.0), (6, 3.0), (11, 4.0), (2, 5.0)]);
    let found = quality(&abnormal, &normal);
    near(found.auc.unwrap(), 0.8932, 5e-5);
    let [low, high] = found.auc_95.unwrap();
    near(low, 0.83295, 5e-6);
    near(high, 0.95339, 5e-6);
    near((high - low) / 2.0 / Z, 0.0307, 5e-5);
}

#[test]
fn a_tie_is_a_half() {
    assert_eq!(quality(&[2.0], &[1.0]).auc, Some(1.0));
    assert_eq!(quality(&[1.0], &[1.0]).auc, Some(0.5));
    assert_eq!(quality(&[1.0], &[2.0]).auc, Some(0.0));
    assert_eq!(quality(&[3.0, 1.0], &[2.0, 1.0]).auc, Some((1.0 + 1.0 + 0.0 + 0.5) / 4.0));
}

#[test]
fn where_there_is_no_pair_nothing_is_told() {
    let nothing = Quality { auc: None, auc_95: None, top_decile_lift: None };
    assert_eq!(quality(&[], &[]), nothing);
    assert_eq!(quality(&[1.0; 30], &[]), nothing);
    assert_eq!(quality(&[], &[1.0; 30]), nothing);
}

#[test]
fn interval_and_lift_are_null_below_10_buyers_or_10_others() {
    for (buyers, others) in [(9, 100), (100, 9)] {
        let few = quality(&vec![1.0; buyers], &vec![0.0; others]);
        assert_eq!(few, Quality { auc: Some(1.0), auc_95: None, top_decile_lift: None });
    }
    let enough = quality(&[1.0; 10], &[1.0; 10]);
    assert_eq!(enough, Quality { auc: Some(0.5), auc_95: Some([0.5, 0.5]), top_decile_lift: Some(1.0) });
}

#[test]
fn an_interval_ends_at_0_and_1_and_shrinks_to_a_point_where_all_pairs_agree() {
    let apart = quality(&[2.0; 12], &[1.0; 12]);
    assert_eq!((apart.auc, apart.auc_95), (Some(1.0), Some([1.0, 1.0])));
    let nearly = quality(&[&[2.0; 11][..], &[0.5]].concat(), &[1.0; 12]);
    let [low, high] = nearly.auc_95.unwrap();
    assert!(low > 0.5 && low < nearly.auc.unwrap());
    assert_eq!(high, 1.0);
}

#[test]
fn the_lift_is_the_share_of_buyers_in_the_best_tenth_by_their_share_among_all() {
    // 100 leads, 20 buyers; of the best ten 8 buy: 80 % against 20 %.
    let buyers = leads(&[(8, 9.0), (12, 1.0)]);
    let others = leads(&[(2, 9.0), (78, 1.0)]);
    near(quality(&buyers, &others).top_decile_lift.unwrap(), 4.0, 1e-12);
}

#[test]
fn a_tenth_is_not_rounded_and_whoever_ties_at_its_border_is_in_it_in_part() {
    // 25 leads: two and a half are the best tenth. One buyer, then four leads of one score, of whom one and a half.
    let buyers = leads(&[(1, 9.0), (2, 5.0), (7, 1.0)]);
    let others = leads(&[(2, 5.0), (13, 1.0)]);
    let in_tenth = 1.0 + 1.5 * 2.0 / 4.0;
    near(quality(&buyers, &others).top_decile_lift.unwrap(), (in_tenth / 2.5) / (10.0 / 25.0), 1e-12);
}

/// Few distinct scores, so that ties are common.
fn scores() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((0..12_u8).prop_map(|score| f64::from(score) / 3.0), 0..40)
}

/// 1 where the buyer scored higher, a half where both score alike.
fn won(buyer: f64, other: f64) -> f64 {
    if buyer == other { 0.5 } else { f64::from(u8::from(buyer > other)) }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn sample_variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0)
}

/// DeLong's variance by its definition: from the placement of each lead among those of the other kind.
fn variance_by_definition(buyers: &[f64], others: &[f64]) -> f64 {
    let of_buyers: Vec<f64> = buyers
        .iter()
        .map(|one| mean(&others.iter().map(|other| won(*one, *other)).collect::<Vec<_>>()))
        .collect();
    let of_others: Vec<f64> = others
        .iter()
        .map(|other| mean(&buyers.iter().map(|one| won(*one, *other)).collect::<Vec<_>>()))
        .collect();
    sample_variance(&of_buyers) / buyers.len() as f64 + sample_variance(&of_others) / others.len() as f64
}

/// Ten copies of each lead, best first: the tenth is then as many copies as there are leads. Within one score buyers
/// are spread evenly, by their share.
fn lift_by_definition(buyers: &[f64], others: &[f64]) -> f64 {
    let all: Vec<f64> = buyers.iter().chain(others).copied().collect();
    let share_at = |score: f64| {
        let at = |scores: &[f64]| scores.iter().filter(|one| **one == score).count() as f64;
        at(buyers) / at(&all)
    };
    let mut copies: Vec<f64> = all.iter().flat_map(|score| [*score; 10]).collect();
    copies.sort_by(|one, other| other.total_cmp(one));
    let in_tenth: Vec<f64> = copies.iter().take(all.len()).map(|score| share_at(*score)).collect();
    mean(&in_tenth) / (buyers.len() as f64 / all.len() as f64)
}

proptest! {
    #[test]
    fn everything_agrees_with_its_definition_counted_pair_by_pair(buyers in scores(), others in scores()) {
        let found = quality(&buyers, &others);
        let pairs: Vec<f64> =
            buyers.iter().flat_map(|one| others.iter().map(|other| won(*one, *other))).collect();
        prop_assert_eq!(found.auc.is_some(), !pairs.is_empty());
        if let Some(auc) = found.auc {
            prop_assert!((auc - mean(&pairs)).abs() < 1e-12);
        }
        let enough = buyers.len() >= 10 && others.len() >= 10;
        prop_assert_eq!((found.auc_95.is_some(), found.top_decile_lift.is_some()), (enough, enough));
        if let (Some(auc), Some([low, high]), Some(lift)) = (found.auc, found.auc_95, found.top_decile_lift) {
            let reach = 1.959_963_985 * variance_by_definition(&buyers, &others).sqrt();
            prop_assert!((low - (auc - reach).max(0.0)).abs() < 1e-9);
            prop_assert!((high - (auc + reach).min(1.0)).abs() < 1e-9);
            prop_assert!((lift - lift_by_definition(&buyers, &others)).abs() < 1e-9);
        }
    }

    #[test]
    fn the_order_in_which_leads_came_changes_nothing(buyers in scores(), others in scores()) {
        let turned = |scores: &[f64]| scores.iter().rev().copied().collect::<Vec<_>>();
        prop_assert_eq!(quality(&buyers, &others), quality(&turned(&buyers), &turned(&others)));
    }
}
