//! Reached, seen, clicked, contacted.

use super::*;

fn tally(unique: u64, total: u64) -> Tally {
    Tally { unique, total }
}

#[test]
fn each_figure_counts_unique_people_and_the_total() {
    let one = person(&[viewed(1, "spring", None), viewed(2, "spring", None)]);
    let other = person(&[viewed(3, "spring", None)]);
    assert_eq!(given(&[], &[one, other]).row().activity.seen, tally(2, 3));
}

#[test]
fn every_type_counts_as_what_it_is_and_a_clicked_ad_was_seen_too() {
    let of = |kind: &str, data: Value| {
        given(&[], &[person(&[fact(1, kind, "spring", None, data)])]).row().activity
    };
    let (none, once) = (Activity::default(), tally(1, 1));
    let (list, row) = (json!({"list": "l"}), json!({}));
    assert_eq!(of("email.delivered", row.clone()), Activity { reached: once, ..none });
    assert_eq!(of("list.imported", list), Activity { reached: once, ..none });
    for kind in ["email.opened", "page.viewed", "social.engaged"] {
        assert_eq!(of(kind, row.clone()), Activity { seen: once, ..none }, "{kind}");
    }
    assert_eq!(of("ad.clicked", row.clone()), Activity { seen: once, clicked: once, ..none });
    assert_eq!(of("email.clicked", row.clone()), Activity { clicked: once, ..none });
    for kind in ["email.bounced", "content.downloaded", "email.unsubscribed"] {
        assert_eq!(of(kind, row.clone()), none, "{kind}");
    }
}

#[test]
fn machine_ones_stand_apart_in_seen_and_clicked() {
    let machine = json!({"machine": true});
    let of =
        |kind: &str| given(&[], &[person(&[fact(1, kind, "spring", None, machine.clone())])]).row().activity;
    let (none, once) = (Activity::default(), tally(1, 1));
    assert_eq!(of("email.opened"), Activity { seen_machine: once, ..none });
    assert_eq!(of("email.clicked"), Activity { clicked_machine: once, ..none });
    assert_eq!(of("ad.clicked"), Activity { seen_machine: once, clicked_machine: once, ..none });
    assert_eq!(of("email.delivered"), Activity { reached: once, ..none }, "it is reached all the same");
}

#[test]
fn contacted_counts_asking_facts_and_a_machine_never_asks() {
    let contacted = |kind: &str, data: Value| {
        given(&[], &[person(&[fact(1, kind, "spring", None, data)])]).row().activity.contacted
    };
    for intent in ["contact", "demo", "quote"] {
        assert_eq!(
            contacted("form.submitted", json!({"form": "f", "intent": intent})),
            tally(1, 1),
            "{intent}"
        );
    }
    assert_eq!(contacted("message.received", json!({"channel": "phone"})), tally(1, 1));
    assert_eq!(contacted("email.replied", json!({})), tally(1, 1));
    assert_eq!(contacted("form.submitted", json!({"form": "f", "intent": "newsletter"})), tally(0, 0));
    assert_eq!(contacted("email.replied", json!({"machine": true})), tally(0, 0));
}

#[test]
fn from_and_to_limit_the_events() {
    let seen =
        given(&[], &[person(&[1, 2, 3, 4].map(|day| viewed(day, "spring", None)))]).between(2, 4).row();
    assert_eq!(seen.activity.seen, tally(1, 2), "from is included, to is not");
    let before = given(&[], &[person(&[viewed(1, "spring", None)])]).between(2, 4).row();
    assert_eq!(before.activity, Activity::default(), "a campaign without events has its row");
}

#[test]
fn a_fact_without_a_campaign_counts_nowhere_and_its_utm_campaign_is_one() {
    let view = |data: Value| {
        let posted = json!({"type": "page.viewed", "lead": {"email": "ada@example.com"}, "channel": "ads", "data": data});
        CampaignTouch::of(&admitted(1, posted))
    };
    assert_eq!(view(json!({})), None);
    assert_eq!(view(json!({"utm": {"campaign": "brand"}})).unwrap().campaign, "brand");
}

#[test]
fn a_release_is_kept_beside_the_leads() {
    let release = json!({"quarantined": "7d65a29b-5931-8d0d-9b6b-5a0378c84114"});
    assert_eq!(CampaignTouch::of(&fact(1, "form.released", "spring", None, release)), None);
}
