//! Stages.

use super::*;

#[test]
fn somebody_known_without_interest_is_a_suspect_and_with_interest_a_lead() {
    stage_of(&[(1, "list.imported", json!({"list": "l"}))], Some("suspect"));
    stage_of(&[(1, "list.imported", json!({"list": "l"})), (2, "email.opened", json!({}))], Some("suspect"));
    stage_of(&[(1, "list.imported", json!({"list": "l"})), (2, "email.clicked", json!({}))], Some("lead"));
    stage_of(&[(1, "email.clicked", json!({"machine": true}))], Some("suspect"));
}

#[test]
fn an_employee_who_shows_no_interest_has_no_stage() {
    stage_of(&[(1, "role.added", json!({"role": "employee"}))], None);
    stage_of(
        &[(1, "role.added", json!({"role": "employee"})), (2, "role.removed", json!({"role": "employee"}))],
        Some("suspect"),
    );
}

#[test]
fn a_visitor_nobody_can_name_has_no_stage() {
    let viewed = json!({"type": "page.viewed", "lead": {"anonymous_id": "an-1"}, "data": {"url": "/"}});
    let lead = Lead::fold(&[admitted(0, viewed)], &Policy::default_policy()).unwrap();
    assert_eq!((lead.stage, lead.identified, lead.inbound_facts), (None, false, 1));
}

#[test]
fn taken_over_or_with_an_open_quote_it_is_a_prospect_and_falls_when_that_ends() {
    stage_of(&[(1, "lead.accepted", json!({}))], Some("prospect"));
    stage_of(
        &[(1, "lead.accepted", json!({})), (2, "lead.disqualified", json!({"reason": "r"}))],
        Some("suspect"),
    );
    stage_of(&[(1, "quote.issued", quote("Q"))], Some("prospect"));
    stage_of(&[(1, "quote.issued", quote("Q")), (2, "quote.expired", quote("Q"))], Some("suspect"));
}

#[test]
fn a_purchase_makes_a_customer_and_a_cancelled_only_order_unmakes_it() {
    stage_of(&[(1, "order.placed", json!({"order": "O"}))], Some("customer"));
    stage_of(
        &[(1, "order.placed", json!({"order": "O"})), (2, "order.cancelled", json!({"order": "O"}))],
        Some("suspect"),
    );
}
