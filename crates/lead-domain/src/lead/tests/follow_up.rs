//! Whom to contact, why, and by when: each sentence of the table of DOMAIN §4.

use super::*;
use crate::instant::DAY_MS;

const HOUR_MS: i64 = 3_600_000;

/// What the queue shows at noon of a day: reason, due and waiting since, in days and hours after noon of January 1.
fn shown(entries: &[(u8, &str, Value)], day: u8) -> Option<(&'static str, Instant, Instant)> {
    let candidate = given(entries).lead().follow_up_at(at(day), &Policy::default_policy())?;
    Some((candidate.reason.name(), candidate.due_at, candidate.waiting_since))
}

fn reason(entries: &[(u8, &str, Value)], day: u8) -> Option<&'static str> {
    shown(entries, day).map(|(reason, ..)| reason)
}

fn callback(day: u8) -> Value {
    json!({"outcome": "callback", "callback_at": on(day)})
}

fn called(outcome: &str) -> Value {
    json!({"outcome": outcome})
}

fn demo() -> Value {
    json!({"form": "f", "intent": "demo"})
}

fn contact() -> Value {
    json!({"form": "f", "intent": "contact"})
}

#[test]
fn a_call_is_promised_for_callback_at_until_an_answer_at_or_after_it() {
    let promised = (1, "call.made", callback(5));
    assert_eq!(shown(&[promised.clone()], 1), Some(("callback_promised", at(5), at(1))));
    let early = [promised.clone(), (4, "follow_up.done", json!({}))];
    assert_eq!(shown(&early, 4), Some(("callback_promised", at(5), at(1))), "before it is due");
    let unanswered = [promised.clone(), (5, "call.made", called("no_answer"))];
    assert_eq!(shown(&unanswered, 6), Some(("callback_promised", at(5), at(1))));
    assert_eq!(shown(&[promised, (5, "call.made", called("answered"))], 6), None);
}

#[test]
fn a_newer_promise_takes_the_place_of_the_one_before_and_one_without_a_date_promises_nothing() {
    let newer = [(1, "call.made", callback(9)), (2, "call.made", callback(4))];
    assert_eq!(shown(&newer, 2), Some(("callback_promised", at(4), at(2))));
    assert_eq!(shown(&[(1, "call.made", called("callback"))], 2), None);
    let past = [(6, "call.made", callback(5))];
    assert_eq!(
        shown(&past, 6),
        Some(("callback_promised", at(5), at(6))),
        "never ended by the fact that made it"
    );
}

#[test]
fn the_first_asking_fact_since_the_last_answer_waits_an_hour_if_hot_right_after_it_else_a_day() {
    let hot = [(1, "form.submitted", demo())];
    assert_eq!(shown(&hot, 1), Some(("inbound_unanswered", at(1).plus_millis(HOUR_MS), at(1))));
    let warm = [(1, "form.submitted", contact())];
    assert_eq!(shown(&warm, 1), Some(("inbound_unanswered", at(2), at(1))));
    assert_eq!(shown(&[(1, "form.submitted", json!({"form": "f", "intent": "download"}))], 1), None);
}

#[test]
fn a_later_asking_fact_can_only_move_the_answer_nearer() {
    let calm = [(1, "form.submitted", contact()), (2, "form.submitted", demo())];
    assert_eq!(shown(&calm, 2), Some(("inbound_unanswered", at(2), at(1))), "24 h end before the new hour");
    let later = [(1, "form.submitted", demo()), (5, "message.received", json!({"channel": "email"}))];
    assert_eq!(shown(&later, 5), Some(("inbound_unanswered", at(1).plus_millis(HOUR_MS), at(1))));
}

#[test]
fn an_answer_ends_a_question_whether_due_or_not_and_the_next_one_starts_anew() {
    for (kind, data) in [
        ("call.made", called("answered")),
        ("call.made", called("callback")),
        ("meeting.booked", json!({})),
        ("meeting.held", json!({})),
        ("follow_up.done", json!({})),
    ] {
        let answered = [(1, "form.submitted", contact()), (1, kind, data)];
        assert_ne!(reason(&answered, 1), Some("inbound_unanswered"), "{kind}");
    }
    let again = [
        (1, "form.submitted", contact()),
        (2, "follow_up.done", json!({})),
        (3, "message.received", json!({"channel": "phone"})),
    ];
    assert_eq!(shown(&again, 3), Some(("inbound_unanswered", at(3).plus_millis(HOUR_MS), at(3))));
    let no_answer = [(1, "form.submitted", contact()), (1, "call.made", called("voicemail"))];
    assert_eq!(shown(&no_answer, 1), Some(("inbound_unanswered", at(2), at(1))));
}

#[test]
fn questions_are_counted_as_asked_and_answered() {
    let history = given(&[
        (1, "form.submitted", contact()),
        (2, "form.submitted", contact()),
        (3, "call.made", called("answered")),
        (4, "call.made", called("answered")),
        (5, "form.submitted", demo()),
    ]);
    let (mut lead, policy) = (None, Policy::default_policy());
    let told: Vec<Question> =
        history.0.iter().filter_map(|fact| Lead::fold_on(&mut lead, fact, &policy).question).collect();
    let expected = [
        Question::Asked { number: 1, at: at(1) },
        Question::Answered { number: 1, asked_at: at(1), at: at(3) },
        Question::Asked { number: 2, at: at(5) },
    ];
    assert_eq!(told, expected);
}

#[test]
fn an_open_quote_is_due_three_days_after_its_latest_issue() {
    let issued = (1, "quote.issued", quote("Q"));
    assert_eq!(shown(&[issued.clone()], 1), Some(("quote_open", at(4), at(1))));
    let anew = [issued.clone(), (3, "quote.issued", quote("Q"))];
    assert_eq!(shown(&anew, 3), Some(("quote_open", at(6), at(3))));
    for kind in ["quote.accepted", "quote.declined", "quote.expired"] {
        assert_ne!(reason(&[issued.clone(), (2, kind, quote("Q"))], 9), Some("quote_open"), "{kind}");
    }
    let bought = (3, "order.placed", json!({"order": "O", "quote": "Q"}));
    let made = [issued.clone(), (2, "quote.declined", quote("R")), bought];
    assert_ne!(reason(&made, 9), Some("quote_open"), "a purchase in its chain");
}

#[test]
fn after_an_answer_once_due_a_quote_is_due_three_days_after_that() {
    let issued = (1, "quote.issued", quote("Q"));
    let early = [issued.clone(), (3, "follow_up.done", json!({}))];
    assert_eq!(shown(&early, 3), Some(("quote_open", at(4), at(1))), "not due yet");
    let once = [issued, (6, "call.made", called("answered"))];
    assert_eq!(shown(&once, 6), Some(("quote_open", at(9), at(1))));
    let other = [&once[..], &[(10, "quote.issued", quote("R"))]].concat();
    assert_eq!(
        shown(&other, 10),
        Some(("quote_open", at(13), at(1))),
        "the issue of another quote is an answer"
    );
}

/// Warm from January 1, fit and means met, authority missing.
fn one_criterion_missing() -> Vec<(u8, &'static str, Value)> {
    vec![
        (1, "message.received", json!({"channel": "phone"})),
        (1, "call.made", called("answered")),
        (1, "criterion.assessed", json!({"criterion": "fit", "verdict": "met"})),
        (1, "criterion.assessed", json!({"criterion": "means", "verdict": "met"})),
    ]
}

#[test]
fn a_warm_lead_that_misses_one_or_two_criteria_is_due_three_days_after_its_last_inbound_fact() {
    let one = one_criterion_missing();
    assert_eq!(shown(&one, 2), Some(("missing_criteria", at(4), at(1))));
    let three = [(1, "message.received", json!({"channel": "phone"})), (1, "call.made", called("answered"))];
    assert_eq!(shown(&three, 2), None, "fit, means and authority are missing");
    let moved = [&one[..], &[(3, "meeting.held", json!({}))]].concat();
    assert_eq!(shown(&moved, 3), Some(("missing_criteria", at(6), at(3))), "a meeting is inbound");
}

#[test]
fn missing_criteria_end_with_the_warmth_or_an_answer_once_due() {
    let one = one_criterion_missing();
    let lead = given(&one).lead();
    let policy = Policy::default_policy();
    let warm_until = lead.score.warm_until.unwrap();
    assert!(lead.follow_up_at(warm_until.plus_millis(-1), &policy).is_some());
    assert_eq!(lead.follow_up_at(warm_until, &policy), None);
    let early = [&one[..], &[(3, "follow_up.done", json!({}))]].concat();
    assert_eq!(shown(&early, 3), Some(("missing_criteria", at(4), at(1))));
    let done = [&one[..], &[(4, "follow_up.done", json!({}))]].concat();
    assert_eq!(shown(&done, 5), None);
    let anew = [&done[..], &[(6, "page.viewed", json!({}))]].concat();
    assert_eq!(shown(&anew, 6), Some(("missing_criteria", at(9), at(6))), "a newer inbound fact");
}

#[test]
fn contact_again_is_due_at_the_date_agreed() {
    let opened = (1, "contact.added", json!({}));
    let deferred = [opened.clone(), (2, "lead.deferred", json!({"until": on(9)}))];
    assert_eq!(shown(&deferred, 3), Some(("contact_again", at(9), at(2))));
    let refused =
        [opened.clone(), (2, "call.made", json!({"outcome": "refused", "contact_again_at": on(8)}))];
    assert_eq!(shown(&refused, 3), Some(("contact_again", at(8), at(2))));
    let early = [&refused[..], &[(7, "follow_up.done", json!({}))]].concat();
    assert_eq!(shown(&early, 7), Some(("contact_again", at(8), at(2))));
    let done = [&refused[..], &[(8, "follow_up.done", json!({}))]].concat();
    assert_eq!(shown(&done, 9), None, "an answer once due");
    let reopened = [&refused[..], &[(3, "lead.reopened", json!({}))]].concat();
    assert_eq!(shown(&reopened, 9), None, "the disposition changed");
    assert_eq!(shown(&[opened, (2, "lead.deferred", json!({}))], 3), None, "no date was agreed");
}

#[test]
fn a_customer_is_to_be_reactivated_when_the_latest_purchase_is_a_year_old() {
    let bought = [(1, "order.placed", json!({"order": "O"}))];
    let due = at(1).plus_millis(365 * DAY_MS);
    assert_eq!(shown(&bought, 1), Some(("reactivate", due, at(1))));
    let lead = given(&bought).lead();
    let answered_late = |millis: i64| {
        let mut lead = Some(lead.clone());
        let done = facts::of_ada(&[(due.plus_millis(millis).to_string(), "follow_up.done", json!({}))]);
        Lead::fold_on(&mut lead, &done[0], &Policy::default_policy());
        lead.unwrap()
            .follow_up_at(due.plus_millis(DAY_MS), &Policy::default_policy())
            .map(|one| one.reason.name())
    };
    assert_eq!(answered_late(-1), Some("reactivate"));
    assert_eq!(answered_late(0), None, "an answer once due");
    let again = [&bought[..], &[(9, "order.placed", json!({"order": "P"}))]].concat();
    assert_eq!(
        shown(&again, 9),
        Some(("reactivate", at(9).plus_millis(365 * DAY_MS), at(9))),
        "the next purchase"
    );
}

#[test]
fn of_those_due_the_first_of_the_table_shows_else_the_one_due_earliest() {
    let both = [(1, "quote.issued", quote("Q")), (2, "call.made", callback(8))];
    assert_eq!(shown(&both, 2).unwrap().0, "quote_open", "due on the 4th");
    assert_eq!(shown(&both, 7).unwrap().0, "quote_open");
    assert_eq!(shown(&both, 8).unwrap().0, "callback_promised", "both are due");
}

#[test]
fn who_is_refused_or_disqualified_is_never_in_the_queue() {
    let waiting = [(1, "quote.issued", quote("Q")), (1, "call.made", callback(2))];
    let after = |kind: &'static str, data: Value| [&waiting[..], &[(1, kind, data)]].concat();
    assert_eq!(shown(&after("lead.refused", json!({})), 9), None);
    assert_eq!(shown(&after("lead.disqualified", json!({"reason": "spam"})), 9), None);
    let nurture = after("lead.deferred", json!({}));
    assert_eq!(shown(&nurture, 9).unwrap().0, "callback_promised", "not the quote");
}

#[test]
fn without_a_stage_only_a_promised_call_shows() {
    let employee = [(1, "role.added", json!({"role": "employee"})), (2, "call.made", callback(5))];
    let lead = given(&employee).lead();
    assert_eq!(lead.stage, None);
    assert_eq!(shown(&employee, 2).unwrap().0, "callback_promised");
    let deferred = [&employee[..], &[(3, "lead.deferred", json!({"until": on(4)}))]].concat();
    assert_eq!(shown(&deferred, 6).unwrap().0, "callback_promised");
}
