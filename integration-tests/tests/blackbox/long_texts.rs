//! The longest texts, of characters that take four bytes each and do not compress: stored, listed, and no stall.

use serde_json::{Map, Value, json};

use crate::support::app::{App, Mode, shared};
use crate::support::facts::{CANARY, Random, fact, unique, unique_email};
use crate::support::http::{Request, encoded};
use crate::support::in_both_modes;

in_both_modes!(
    the_longest_texts_of_every_field_are_stored_and_found_again,
    the_longest_identifiers_are_stored_and_found_again,
    a_large_fact_is_stored_whole,
);

/// A text of so many different characters, each four bytes long.
fn long(random: &mut Random, characters: usize) -> String {
    (0..characters)
        .map(|_| char::from_u32(0x2_0000 + u32::try_from(random.below(0xA000)).unwrap()).unwrap())
        .collect()
}

fn the_longest_texts_of_every_field_are_stored_and_found_again(mode: Mode) {
    let app = shared(mode);
    let random = &mut Random::new(7);
    let email = unique_email("long");
    let lead = json!({"email": email});
    let mut name = || long(random, 1_024);
    let profile: Map<String, Value> = [
        "name",
        "first_name",
        "last_name",
        "company",
        "job_title",
        "region",
        "city",
        "postal_code",
        "industry",
        "language",
        "website",
        "country",
    ]
    .map(|key| (key.to_owned(), name().into()))
    .into_iter()
    .collect();
    let mut position = String::new();
    let mut post = |mut fact: Value, extra: Value| {
        for (key, value) in extra.as_object().unwrap() {
            fact[key] = value.clone();
        }
        let answer = app.post("application/json", fact.to_string());
        // A field may have a form of its own (a country of two letters): then it is refused, and not stored in part.
        if answer.status == 422 {
            answer.problem();
            return;
        }
        position = answer.expect(202).json()["position"].as_str().unwrap().to_owned();
        app.projected(&position);
    };
    for (key, value) in &profile {
        post(fact("profile.updated", lead.clone(), json!({key: value})), json!({}));
    }
    let (role, group, owner, campaign, channel, source) = (name(), name(), name(), name(), name(), name());
    let whole = json!({"campaign": campaign, "channel": channel, "source": source});
    post(fact("role.added", lead.clone(), json!({"role": role})), whole);
    post(fact("group.joined", lead.clone(), json!({"group": group})), json!({}));
    post(fact("owner.assigned", lead.clone(), json!({"owner": owner})), json!({}));
    post(fact("consent.given", lead.clone(), json!({"purpose": name(), "channel": name()})), json!({}));
    post(
        fact("activity.recorded", lead.clone(), json!({"name": name(), "properties": {"a": name()}})),
        json!({}),
    );
    post(fact("lead.disqualified", lead.clone(), json!({"reason": name()})), json!({}));
    post(fact("contest.entered", lead.clone(), json!({"name": name(), "answers": {"a": name()}})), json!({}));
    post(
        fact("form.submitted", lead.clone(), json!({"form": name(), "utm": {"campaign": name()}})),
        json!({}),
    );
    let attribute = name().chars().take(60).collect::<String>();
    post(fact("profile.updated", lead.clone(), json!({"attributes": {attribute: name()}})), json!({}));
    post(fact("quote.issued", lead.clone(), json!({"quote": long(&mut Random::new(8), 128)})), json!({}));
    let campaign_fact = json!({"campaign": name(), "name": name(), "channel": name()});
    post(fact("campaign.defined", Value::Null, campaign_fact), json!({}));
    post(fact("note.added", lead, json!({"text": long(&mut Random::new(9), 65_536)})), json!({}));
    app.projected(&position);

    let found = app.lead_of(&email);
    for key in ["name", "first_name", "last_name", "company", "job_title", "city"] {
        assert_eq!(found[key], profile[key], "{key}");
    }
    assert_eq!(
        (&found["owner"], &found["roles"], &found["groups"]),
        (&json!(owner), &json!([role]), &json!([group]))
    );
    assert_eq!(found["source"]["first"]["campaign"], campaign);
    check_found(app, &email, &profile);
}

/// Lists sort by the name, and filters of a sane length find within it.
fn check_found(app: &App, email: &str, profile: &Map<String, Value>) {
    for key in ["name", "company"] {
        let part: String = profile[key].as_str().unwrap().chars().skip(500).take(20).collect();
        let found = app.leads(&format!("q={}", encoded(&part)));
        assert_eq!(found.iter().map(|lead| &lead["email"]).collect::<Vec<_>>(), [email], "{key}");
    }
    let sorted = app.leads(&format!("q={CANARY}&sort=name&limit=200"));
    assert!(sorted.iter().any(|lead| lead["email"] == email));
    let page = app.get("/v1/leads?sort=name&limit=1").expect(200).json();
    if let Some(cursor) = page["next_cursor"].as_str() {
        app.get(&format!("/v1/leads?sort=name&limit=1&cursor={cursor}")).expect(200);
    }
}

fn the_longest_identifiers_are_stored_and_found_again(mode: Mode) {
    let app = shared(mode);
    let random = &mut Random::new(std::process::id().into());
    let mut id = || long(random, 128);
    let (external, anonymous, sender) = (id(), id(), id());
    let label = CANARY.repeat(9);
    let local = format!("{:k<64}", unique("l").replace('-', "."));
    let email = format!("{local}@{label}.{label}.example");
    let lead = json!({"email": email, "external_id": external, "anonymous_id": anonymous});
    let mut fact = fact("page.viewed", lead, json!({"url": "/"}));
    fact["id"] = sender.into();
    let answer = app.post_fact(&fact);
    assert_eq!(answer["event_id"], app.post_fact(&fact)["event_id"]);
    app.projected(answer["position"].as_str().unwrap());
    let found = app.leads(&format!("external_id={}", encoded(&external)));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["email"], email);
    assert_eq!(app.lead_of(&email)["id"], found[0]["id"]);
}

fn a_large_fact_is_stored_whole(mode: Mode) {
    let app = shared(mode);
    let random = &mut Random::new(11);
    let email = unique_email("large");
    // Just under the mebibyte of a request, in fields and in keys nobody knows.
    let text = long(random, 60_000);
    let fields: Map<String, Value> =
        (0..3).map(|field| (format!("field {field}"), text.clone().into())).collect();
    let data = json!({"form": "contact", "fields": fields, "more": {"text": long(random, 10_000)}});
    let fact = fact("form.submitted", json!({"email": email}), data);
    let answer = app.post_fact(&fact);
    app.projected(answer["position"].as_str().unwrap());
    let id = app.lead_of(&email)["id"].as_str().unwrap().to_owned();
    let timeline = app.pages(&format!("/v1/leads/{id}/timeline"));
    assert_eq!(timeline[0]["data"]["fields"], fact["data"]["fields"]);
    assert_eq!(timeline[0]["data"]["extra"]["more"], fact["data"]["more"]);

    let form = json!({"email": unique_email("largeform"), "message": long(random, 10_000)});
    let request = Request::post("/f/contact", "application/json", form.to_string());
    app.send(request.header("Accept", "application/json")).expect(202);
}
