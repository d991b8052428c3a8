//! Everything at once.

use lead_domain::Instant;
use lead_domain::identity::{IdentifierKind, Pair};
use lead_domain::lead::{Candidate, Question, Reason, Shown};

use super::Stand;
use super::sample::{
    at, change, columns, email, event, fact, key, lead, lead_id, letter, member, named, only_id, row,
};
use super::stand::owner;
use crate::{BatchWrite, DeadLetter, LeadColumns, LeadRow, Questions};

/// Every adapter must dump this text, so all of them dump the same.
const DUMP: &str = include_str!("dump.ndjson");

fn full() -> LeadRow {
    let names = |names: [&str; 2]| names.map(str::to_owned).to_vec();
    let columns = LeadColumns {
        stage: Some("customer"),
        grade: Some("A"),
        rank_key: Some(712.345_678_901_234_5),
        hot_until: Some(at(100)),
        warm_until: Some(at(200)),
        name_key: Some("\u{e9}mile".to_owned()),
        search_text: "\u{e9}mile\nemile@example.org".to_owned(),
        country: Some("fr".to_owned()),
        country_given: Some("FR".to_owned()),
        owner: Some("zo\u{eb}".to_owned()),
        source: Some("site".to_owned()),
        campaign: Some("spring".to_owned()),
        channel: Some("ads".to_owned()),
        created_at: at(1),
        last_activity_at: Some(at(2)),
        roles: names(["partner", "press"]),
        groups: names(["a \"group\"", "another"]),
        active_until: Some(at(900)),
        reactivated: true,
        reached: [Some(at(1)), Some(at(2)), None, None],
        ..columns()
    };
    let candidate =
        Candidate { reason: Reason::QuoteOpen, due_at: at(30), waiting_since: at(3), until: None };
    let shown = vec![
        Shown { from: Instant::MIN, to: Some(at(50)), candidate },
        Shown { from: at(50), to: None, candidate: Candidate { due_at: at(60), ..candidate } },
    ];
    let told = [
        Question::Answered { number: 1, asked_at: at(1), at: at(4) },
        Question::Asked { number: 2, at: at(5) },
    ];
    LeadRow { columns, shown, questions: Questions::all(&told), next_change: Some(at(100)), ..lead(1) }
}

pub async fn equal_stores_dump_equal_text(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let phone = named(2, IdentifierKind::Phone, "+33612345678");
    let external = named(3, IdentifierKind::ExternalId, "C-1");
    let linked = Some((key(2), lead_id(2)));
    let pair =
        Pair { sighted: Some(key(1)), linked, unlinked: Some(key(3)), ..Pair::new(lead_id(1), lead_id(2)) };
    let write = BatchWrite {
        identifiers: vec![member(1, 1), member(3, 3)],
        pairs: vec![pair, Pair::new(lead_id(3), lead_id(1))],
        leads: vec![full(), lead(3)],
        changes: vec![change(1)],
        dead_letters: vec![letter(1, DeadLetter::UNREADABLE, Some(3))],
        ..BatchWrite::default()
    };
    let facts = [row(3, fact(2)), row(1, event(1, "email.opened", -1_770_000_000_001, "same"))];
    owner.project(&[email(1), phone, external, only_id(4)], &facts, write).await;
    let dump = stand.dump().await;
    for (line, expected) in dump.lines().zip(DUMP.lines()) {
        assert_eq!(line, expected);
    }
    assert_eq!(dump, DUMP);
}
