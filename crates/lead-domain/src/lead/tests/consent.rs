//! Consents and refusals.

use super::*;

#[test]
fn a_refusal_wins_over_a_consent_of_the_same_instant_where_it_covers_it() {
    let consents = |entries: &[(u8, &str, Value)]| {
        let list = given(entries).lead().consents.to_list();
        list.into_iter().map(|c| (c.channel.unwrap_or_default(), c.status.name())).collect::<Vec<_>>()
    };
    let given_for =
        |day, channel: Value| (day, "consent.given", json!({"purpose": "marketing", "channel": channel}));
    let gone = |day| (day, "email.unsubscribed", json!({}));
    let pairs =
        |list: &[(&str, &'static str)]| list.iter().map(|(c, s)| ((*c).to_owned(), *s)).collect::<Vec<_>>();
    assert_eq!(consents(&[given_for(1, json!("email")), gone(2)]), pairs(&[("email", "withdrawn")]));
    assert_eq!(consents(&[given_for(2, json!("email")), gone(2)]), pairs(&[("email", "withdrawn")]));
    assert_eq!(
        consents(&[given_for(2, Value::Null), gone(2)]),
        pairs(&[("", "given"), ("email", "withdrawn")])
    );
    assert_eq!(consents(&[gone(2), given_for(3, Value::Null)]), pairs(&[("", "given"), ("email", "given")]));
    let all = (2, "consent.withdrawn", json!({"purpose": "marketing"}));
    assert_eq!(
        consents(&[given_for(1, json!("email")), all]),
        pairs(&[("", "withdrawn"), ("email", "withdrawn")])
    );
}
