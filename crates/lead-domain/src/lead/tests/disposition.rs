//! The side state of the sale.

use super::*;

#[test]
fn the_disposition_is_the_latest_word() {
    disposition_of(&[(1, "lead.deferred", json!({}))], "nurture");
    disposition_of(&[(1, "lead.refused", json!({}))], "refused");
    disposition_of(&[(1, "lead.refused", json!({"contact_again_at": on(9)}))], "contact_later");
    disposition_of(
        &[(1, "call.made", json!({"outcome": "refused", "contact_again_at": on(9)}))],
        "contact_later",
    );
    disposition_of(
        &[(1, "lead.refused", json!({})), (2, "lead.deferred", json!({"until": on(9)}))],
        "nurture",
    );
    disposition_of(&[(1, "lead.refused", json!({})), (2, "lead.reopened", json!({}))], "open");
}

#[test]
fn asking_a_new_quote_and_one_more_purchase_reopen_a_refusal() {
    let refused = (1, "lead.refused", json!({}));
    disposition_of(&[refused.clone(), (2, "message.received", json!({"channel": "email"}))], "open");
    disposition_of(
        &[refused.clone(), (2, "message.received", json!({"channel": "email", "machine": true}))],
        "refused",
    );
    disposition_of(
        &[refused.clone(), (2, "form.submitted", json!({"form": "f", "intent": "newsletter"}))],
        "refused",
    );
    disposition_of(&[refused.clone(), (2, "quote.issued", quote("Q"))], "open");
    disposition_of(
        &[(1, "quote.issued", quote("Q")), (2, "lead.refused", json!({})), (3, "quote.issued", quote("Q"))],
        "refused",
    );
    disposition_of(&[refused.clone(), (2, "order.placed", json!({"order": "O"}))], "open");
    let second_paper = [
        (1, "order.placed", json!({"order": "O"})),
        (2, "lead.refused", json!({})),
        (3, "invoice.paid", json!({"invoice": "I", "order": "O"})),
    ];
    disposition_of(&second_paper, "refused");
}

#[test]
fn a_disqualification_ends_only_by_word() {
    let out = (1, "lead.disqualified", json!({"reason": "competitor"}));
    for later in [("lead.refused", json!({})), ("lead.deferred", json!({})), ("quote.issued", quote("Q"))] {
        disposition_of(&[out.clone(), (2, later.0, later.1)], "disqualified");
    }
    disposition_of(&[out.clone(), (2, "lead.accepted", json!({}))], "open");
    disposition_of(&[out, (2, "lead.reopened", json!({}))], "open");
}
