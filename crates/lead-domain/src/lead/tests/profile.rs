//! What is known of the person, and what they are beside.

use super::*;

#[test]
fn the_profile_is_the_latest_word_per_field() {
    let lead = given(&[
        (
            1,
            "profile.updated",
            json!({"name": " Ada ", "company": "A", "attributes": {"a": 1, "b": 2}, "city": "Paris"}),
        ),
        (2, "profile.updated", json!({"company": "", "city": null, "attributes": {"b": null, "c": 3}})),
    ])
    .lead();
    let profile = &lead.profile;
    assert_eq!(
        (profile.text("name"), profile.text("company"), profile.text("city")),
        (Some("Ada"), Some("A"), None)
    );
    assert_eq!(json!(profile.attributes()), json!({"a": 1, "c": 3}));
    assert_eq!(profile.text("email"), Some("ada@example.com"));
}

#[test]
fn a_form_fills_the_profile_under_the_names_that_people_use() {
    let fields = json!({"Prénom": " Ada ", "NOM": "Lovelace", "société": "A SARL", "Code-Postal": "75001", "message": "hi", "email": "other@example.org", "company_size": "40"});
    let lead = given(&[(1, "form.submitted", json!({"form": "f", "fields": fields}))]).lead();
    let shown = |field| lead.profile.text(field).map(str::to_owned);
    assert_eq!(lead.profile.display_name().as_deref(), Some("Ada Lovelace"));
    assert_eq!(
        (shown("company").as_deref(), shown("postal_code").as_deref()),
        (Some("A SARL"), Some("75001"))
    );
    assert_eq!(shown("email").as_deref(), Some("other@example.org"), "the data say otherwise");
    assert_eq!(lead.profile.company_size().and_then(serde_json::Number::as_u64), Some(40));
}

#[test]
fn null_clears_a_field_in_a_form_too_and_an_empty_text_changes_nothing() {
    let fields = json!({"job_title": null, "city": "", "société": null, "company": "B", "phone": null});
    let lead = given(&[
        (1, "profile.updated", json!({"job_title": "CEO", "city": "Paris", "company": "A"})),
        (2, "form.submitted", json!({"form": "f", "fields": fields})),
    ])
    .lead();
    let shown = |field| lead.profile.text(field);
    assert_eq!((shown("job_title"), shown("city"), shown("company")), (None, Some("Paris"), Some("B")));
    let attributes = given(&[
        (1, "profile.updated", json!({"attributes": {"plan": " pro ", "x": "keep", "n": 1}})),
        (2, "profile.updated", json!({"attributes": {"x": " ", "n": null}})),
    ]);
    assert_eq!(json!(attributes.lead().profile.attributes()), json!({"plan": "pro", "x": "keep"}));
}

#[test]
fn roles_groups_and_owner_follow_the_latest_fact() {
    let lead = given(&[
        (1, "group.joined", json!({"group": "north"})),
        (2, "group.joined", json!({"group": "trade"})),
        (3, "group.left", json!({"group": "north"})),
        (4, "owner.assigned", json!({"owner": "kim"})),
        (5, "role.added", json!({"role": "partner"})),
    ])
    .lead();
    assert_eq!(
        (lead.groups.len(), lead.owner.as_deref(), lead.roles.contains("partner")),
        (1, Some("kim"), true)
    );
    assert_eq!(
        given(&[
            (1, "owner.assigned", json!({"owner": "kim"})),
            (2, "owner.assigned", json!({"owner": null}))
        ])
        .lead()
        .owner,
        None
    );
}
