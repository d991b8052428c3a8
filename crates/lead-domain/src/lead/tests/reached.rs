//! When a lead first got as far as each stage.

use super::*;

#[test]
fn a_later_stage_counts_as_having_reached_the_earlier_ones() {
    let lead =
        given(&[(1, "list.imported", json!({"list": "l"})), (5, "order.placed", json!({"order": "O"}))]);
    let reached = lead.lead().reached;
    let at = [Stage::Suspect, Stage::Lead, Stage::Prospect, Stage::Customer].map(|stage| reached.at(stage));
    assert_eq!(at, [Some(super::at(1)), Some(super::at(5)), Some(super::at(5)), Some(super::at(5))]);
}

#[test]
fn a_stage_that_is_lost_was_still_reached() {
    let lead = given(&[
        (2, "order.placed", json!({"order": "O"})),
        (3, "order.cancelled", json!({"order": "O"})),
        (4, "order.placed", json!({"order": "P"})),
    ]);
    assert_eq!(lead.lead().reached.at(Stage::Customer), Some(at(2)));
}
