//! Everybody, to be folded anew.

use super::Stand;
use super::sample::{email, event, fact, lead_id, member, only_id, row};
use super::stand::{identifiers, owner};
use crate::Refold;

fn person(id: u128, subjects: &[u128]) -> Refold {
    Refold { id: lead_id(id), subjects: subjects.iter().map(|subject| lead_id(*subject)).collect() }
}

pub async fn everybody_is_read_page_by_page(stand: &dyn Stand) {
    let people = stand.reader();
    assert_eq!(people.people_count().await.expect("counted"), 0);
    assert_eq!(people.people_after(None, 9).await.expect("read"), []);

    let mut owner = owner(stand).await;
    let facts = [row(1, fact(1)), row(2, fact(2)), row(3, fact(3)), row(4, fact(4))];
    let members = identifiers(vec![member(1, 2), member(2, 2), member(3, 3), member(4, 4)]);
    let named = [email(1), email(2), email(3), email(4), only_id(5)];
    owner.project(&named, &facts, members).await;

    assert_eq!(people.people_count().await.expect("counted"), 3, "nobody has a fact under 5");
    let first = people.people_after(None, 2).await.expect("read");
    assert_eq!(first, [person(2, &[1, 2]), person(3, &[3])]);
    let rest = people.people_after(Some(lead_id(3)), 2).await.expect("read");
    assert_eq!(rest, [person(4, &[4]), person(5, &[5])]);
    assert_eq!(people.people_after(Some(lead_id(5)), 2).await.expect("read"), []);
}

pub async fn the_facts_of_a_person_stand_in_their_order(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let early = event(9, "page.viewed", -5, "same");
    let rows = [row(2, fact(2)), row(1, fact(1)), row(3, fact(3)), row(2, early.clone()), row(1, fact(4))];
    let members = identifiers(vec![member(1, 2), member(2, 2), member(3, 3)]);
    owner.project(&[email(1), email(2), email(3)], &rows, members).await;

    let people = stand.reader();
    let read = people.facts_of(&[lead_id(3), lead_id(1), lead_id(2), lead_id(5)]).await.expect("read");
    let expected = [rows[1].clone(), rows[4].clone(), rows[3].clone(), rows[0].clone(), rows[2].clone()];
    assert_eq!(read, expected, "subject by subject");
    let own = person(2, &[1, 2]).facts(&read);
    assert_eq!(own, [&early.fact, &fact(1).fact, &fact(2).fact, &fact(4).fact]);
    assert_eq!(person(5, &[5]).facts(&read), [] as [&lead_domain::fact::Fact; 0]);
    assert_eq!(people.facts_of(&[]).await.expect("read"), []);
}
