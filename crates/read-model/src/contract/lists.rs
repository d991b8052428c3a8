//! Lists: what is kept, in which order, and where the next page starts.

use lead_domain::LeadId;
use lead_domain::identity::IdentifierKind;

use super::Stand;
use super::sample::{at, columns, email, lead, lead_id, member, named};
use super::stand::{Owner, owner};
use crate::{After, BatchWrite, LeadColumns, LeadFilter, LeadReader, LeadRow, LeadSort, Listed, StoreError};

fn text(text: &str) -> String {
    text.to_owned()
}

fn texts(all: &[&str]) -> Vec<String> {
    all.iter().map(|one| text(one)).collect()
}

/// Four leads that differ in everything; the fourth is an anonymous visitor.
fn four() -> Vec<LeadRow> {
    let mut leads: Vec<LeadRow> = (1..=4).map(lead).collect();
    leads[0].columns = LeadColumns {
        stage: Some("customer"),
        rank_key: Some(700.5),
        hot_until: Some(at(100)),
        warm_until: Some(at(200)),
        active_until: Some(at(150)),
        name_key: Some(text("ada lovelace")),
        search_text: text("ada lovelace\nada_l%@example.org\nengines \"& sons\""),
        country: Some(text("fr")),
        owner: Some(text("Zoë")),
        source: Some(text("site")),
        campaign: Some(text("spring")),
        channel: Some(text("ads")),
        created_at: at(10),
        last_activity_at: Some(at(50)),
        roles: texts(&["partner", "press, \"old\""]),
        groups: texts(&["north"]),
        ..columns()
    };
    leads[1].columns = LeadColumns {
        stage: Some("lead"),
        grade: Some("B"),
        disposition: "nurture",
        rank_key: Some(-2.25),
        warm_until: Some(at(200)),
        active_until: Some(at(160)),
        reactivated: true,
        name_key: Some(text("\u{e9}mile")),
        search_text: text("\u{e9}mile"),
        country: Some(text("be")),
        source: Some(text("crm")),
        created_at: at(20),
        roles: texts(&["press"]),
        groups: texts(&["north", "south"]),
        ..columns()
    };
    leads[2].columns = LeadColumns { disposition: "refused", created_at: at(30), ..columns() };
    leads[3].columns =
        LeadColumns { identified: false, rank_key: Some(800.0), created_at: at(40), ..columns() };
    leads
}

async fn with(stand: &dyn Stand, leads: Vec<LeadRow>) -> Owner {
    let mut owner = owner(stand).await;
    let mut all: Vec<_> = (1..=9).map(email).collect();
    all.push(named(11, IdentifierKind::ExternalId, "C-1"));
    all.push(named(12, IdentifierKind::Phone, "+33612345678"));
    let mut identifiers: Vec<_> = (1..=9).map(|number| member(number, number)).collect();
    identifiers.extend([member(9, 1), member(11, 2), member(12, 2)]);
    identifiers.retain(|row| row.id != lead_id(9) || row.lead_id == lead_id(1));
    owner.project(&all, &[], BatchWrite { identifiers, leads, ..BatchWrite::default() }).await;
    owner
}

async fn ids(reader: &dyn LeadReader, owner: &Owner, filter: &LeadFilter) -> Vec<LeadId> {
    let listed = reader.list(owner.generation(), filter, LeadSort::Created, None, 9).await.expect("read");
    let mut ids: Vec<LeadId> = listed.iter().map(|listed| listed.lead.id).collect();
    ids.reverse();
    ids
}

fn identifier(kind: IdentifierKind, values: &[&str]) -> LeadFilter {
    LeadFilter { identifiers: vec![(kind, texts(values))], ..LeadFilter::default() }
}

fn q(part: &str) -> LeadFilter {
    LeadFilter { q: Some(text(part)), ..LeadFilter::default() }
}

fn temperature(names: &[&str], millis: i64) -> LeadFilter {
    LeadFilter { temperature: texts(names), at: Some(at(millis)), ..LeadFilter::default() }
}

fn customer(states: &[Option<&str>], millis: i64) -> LeadFilter {
    let customer_state = states.iter().map(|state| state.map(text)).collect();
    LeadFilter { customer_state, at: Some(at(millis)), ..LeadFilter::default() }
}

pub async fn each_filter_keeps_what_it_says(stand: &dyn Stand) {
    let owner = with(stand, four()).await;
    let any = LeadFilter::default;
    let cases: Vec<(LeadFilter, &[u128])> = vec![
        (any(), &[1, 2, 3]),
        (LeadFilter { anonymous: true, ..any() }, &[1, 2, 3, 4]),
        (LeadFilter { stage: vec![Some(text("lead")), Some(text("customer"))], ..any() }, &[1, 2]),
        (LeadFilter { stage: vec![None], ..any() }, &[3]),
        (LeadFilter { grade: vec![Some(text("A")), Some(text("B"))], ..any() }, &[2]),
        (LeadFilter { grade: vec![None, Some(text("A"))], ..any() }, &[1, 3]),
        (temperature(&["hot"], 99), &[1]),
        (temperature(&["hot"], 100), &[]),
        (temperature(&["warm"], 99), &[2]),
        (temperature(&["warm"], 199), &[1, 2]),
        (temperature(&["cold", "hot"], 99), &[1, 3]),
        (LeadFilter { temperature: texts(&["cold"]), ..any() }, &[1, 2, 3]),
        (customer(&[Some("active")], 149), &[1]),
        (customer(&[Some("active"), Some("reactivated")], 150), &[2]),
        (customer(&[Some("inactive")], 160), &[1, 2]),
        (customer(&[None, Some("inactive")], 150), &[1, 3]),
        (LeadFilter { min_rank_key: Some(700.5), ..any() }, &[1]),
        (LeadFilter { min_rank_key: Some(-2.25), anonymous: true, ..any() }, &[1, 2, 4]),
        (LeadFilter { min_rank_key: Some(700.500_000_000_1), ..any() }, &[]),
        (LeadFilter { disposition: texts(&["nurture", "refused"]), ..any() }, &[2, 3]),
        (LeadFilter { role: texts(&["press"]), ..any() }, &[2]),
        (LeadFilter { role: texts(&["press, \"old\"", "none"]), ..any() }, &[1]),
        (LeadFilter { group: texts(&["north"]), ..any() }, &[1, 2]),
        (LeadFilter { group: texts(&["south", "west"]), ..any() }, &[2]),
        (LeadFilter { owner: texts(&["Zoë"]), ..any() }, &[1]),
        (LeadFilter { source: texts(&["site", "crm"]), ..any() }, &[1, 2]),
        (LeadFilter { campaign: texts(&["spring"]), ..any() }, &[1]),
        (LeadFilter { channel: texts(&["ads"]), ..any() }, &[1]),
        (LeadFilter { country: texts(&["be", "nl"]), ..any() }, &[2]),
        (identifier(IdentifierKind::Email, &["person1@example.org", "person3@example.org"]), &[1, 3]),
        (identifier(IdentifierKind::Email, &["person9@example.org"]), &[1]),
        (identifier(IdentifierKind::ExternalId, &["C-1"]), &[2]),
        (identifier(IdentifierKind::ExternalId, &["c-1"]), &[]),
        (identifier(IdentifierKind::Phone, &["+33612345678"]), &[2]),
        (q("lovelace"), &[1]),
        (q("a_l%@ex"), &[1]),
        (q("a%l"), &[]),
        (q("\"& s"), &[1]),
        (q("\u{e9}mi"), &[2]),
        (LeadFilter { created_from: Some(at(20)), ..any() }, &[2, 3]),
        (LeadFilter { created_to: Some(at(20)), ..any() }, &[1]),
        (LeadFilter { created_from: Some(at(10)), created_to: Some(at(30)), ..any() }, &[1, 2]),
    ];
    let reader = stand.reader();
    for (filter, expected) in cases {
        let expected: Vec<LeadId> = expected.iter().map(|number| lead_id(*number)).collect();
        assert_eq!(ids(&*reader, &owner, &filter).await, expected, "{filter:?}");
    }
}

pub async fn filters_hold_together(stand: &dyn Stand) {
    let owner = with(stand, four()).await;
    let all = LeadFilter {
        anonymous: true,
        stage: vec![Some(text("customer"))],
        grade: vec![None],
        temperature: texts(&["hot"]),
        min_rank_key: Some(1.0),
        disposition: texts(&["open"]),
        customer_state: vec![Some(text("active"))],
        role: texts(&["partner"]),
        group: texts(&["north"]),
        owner: texts(&["Zoë"]),
        source: texts(&["site"]),
        campaign: texts(&["spring"]),
        channel: texts(&["ads"]),
        country: texts(&["fr"]),
        identifiers: vec![(IdentifierKind::Email, texts(&["person1@example.org"]))],
        q: Some(text("ada")),
        created_from: Some(at(0)),
        created_to: Some(at(11)),
        at: Some(at(0)),
    };
    let reader = stand.reader();
    assert_eq!(ids(&*reader, &owner, &all).await, [lead_id(1)]);
    for sort in [LeadSort::Score, LeadSort::LastActivity, LeadSort::Created, LeadSort::Name] {
        let listed = reader.list(owner.generation(), &all, sort, None, 9).await.expect("read");
        let behind =
            reader.list(owner.generation(), &all, sort, Some(&listed[0].place), 9).await.expect("read");
        assert_eq!((listed.len(), behind.len()), (1, 0), "{sort:?}");
    }
    let two_kinds = LeadFilter {
        identifiers: vec![
            (IdentifierKind::Email, texts(&["person2@example.org", "person1@example.org"])),
            (IdentifierKind::Phone, texts(&["+33612345678"])),
        ],
        ..LeadFilter::default()
    };
    assert_eq!(ids(&*reader, &owner, &two_kinds).await, [lead_id(2)]);
}

pub async fn a_part_of_a_text_is_found_whatever_its_characters(stand: &dyn Stand) {
    let searched = [
        "100% off\nann_lee@example.org",
        "1000 off\nannxlee@example.org",
        r"c:\new\table",
        "c:new\table",
        "\u{e9}l\u{e8}ne \u{1f98a} \u{6771}\u{4eac}\u{682a}",
        "o'neill \"& sons\" -- ;drop",
        "",
    ];
    let mut leads: Vec<LeadRow> = (1..=7).map(lead).collect();
    for (lead, text) in leads.iter_mut().zip(searched) {
        text.clone_into(&mut lead.columns.search_text);
    }
    let owner = with(stand, leads).await;
    let reader = stand.reader();
    let cases: Vec<(&str, &[u128])> = vec![
        ("0% ", &[1]),
        ("%off", &[]),
        ("___", &[]),
        ("n_l", &[1]),
        ("nxl", &[2]),
        (" off", &[1, 2]),
        ("off\nann", &[1, 2]),
        (r":\n", &[3]),
        (r"\\n", &[]),
        (r"w\t", &[3]),
        (r"w\%", &[]),
        ("new\t", &[4]),
        ("\u{e9}l\u{e8}", &[5]),
        ("\u{1f98a} \u{6771}", &[5]),
        ("\u{4eac}\u{682a}", &[5]),
        ("o'n", &[6]),
        ("\"& ", &[6]),
        ("-- ;", &[6]),
        ("example.org", &[1, 2]),
        ("example.orgs", &[]),
        ("...", &[]),
    ];
    for (part, expected) in cases {
        let filter = LeadFilter { q: Some(text(part)), ..LeadFilter::default() };
        let expected: Vec<LeadId> = expected.iter().map(|number| lead_id(*number)).collect();
        let mut found = ids(&*reader, &owner, &filter).await;
        found.sort();
        assert_eq!(found, expected, "{part:?}");
    }
}

/// Seven leads with ties and gaps in every key.
fn seven() -> Vec<LeadRow> {
    let scores = [None, Some(3.5), Some(700.25), Some(3.5), None, Some(-1.0), Some(0.0)];
    let activities = [Some(at(1)), None, Some(at(9)), Some(at(9)), None, Some(at(-5)), Some(at(2))];
    let created = [at(3), at(3), at(1), at(9), at(3), at(2), at(0)];
    let names = [Some("b"), None, Some("a"), Some("\u{10ffff}"), None, Some("\u{e9}"), Some("b")];
    let mut leads: Vec<LeadRow> = (1..=7).map(lead).collect();
    for (index, lead) in leads.iter_mut().enumerate() {
        lead.columns.rank_key = scores[index];
        lead.columns.last_activity_at = activities[index];
        lead.columns.created_at = created[index];
        lead.columns.name_key = names[index].map(text);
    }
    leads
}

async fn pages(stand: &dyn Stand, generation: i64, sort: LeadSort, limit: u32) -> Vec<Listed> {
    let (reader, filter) = (stand.reader(), LeadFilter::default());
    let mut all: Vec<Listed> = Vec::new();
    loop {
        let after = all.last().map(|listed| &listed.place);
        let page = reader.list(generation, &filter, sort, after, limit).await.expect("read");
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

pub async fn each_order_is_paged_to_the_end(stand: &dyn Stand) {
    let owner = with(stand, seven()).await;
    let expected: [(LeadSort, [u128; 7]); 4] = [
        (LeadSort::Score, [3, 2, 4, 7, 6, 1, 5]),
        (LeadSort::LastActivity, [3, 4, 7, 1, 6, 2, 5]),
        (LeadSort::Created, [4, 1, 2, 5, 6, 3, 7]),
        (LeadSort::Name, [3, 1, 7, 6, 4, 2, 5]),
    ];
    for (sort, expected) in expected {
        for limit in [1, 2, 3, 7, 200] {
            let listed = pages(stand, owner.generation(), sort, limit).await;
            let ids: Vec<LeadId> = listed.iter().map(|listed| listed.lead.id).collect();
            assert_eq!(ids, expected.map(lead_id), "{sort:?} by {limit}");
        }
    }
}

pub async fn places_keep_the_bits_of_their_keys(stand: &dyn Stand) {
    let mut leads = seven();
    let keys = [712.345_678_901_234_5, 0.1 + 0.2, 1e-300, f64::MIN_POSITIVE, -1e300, 1.0 / 3.0, 2.5e-7];
    for (lead, key) in leads.iter_mut().zip(keys) {
        lead.columns.rank_key = Some(key);
    }
    let owner = with(stand, leads).await;
    for listed in pages(stand, owner.generation(), LeadSort::Score, 2).await {
        let number = usize::try_from(listed.lead.id.0.as_u128()).expect("a small number");
        let After::Score(Some(key), id) = listed.place else { panic!("{:?}", listed.place) };
        assert_eq!((key.to_bits(), id), (keys[number - 1].to_bits(), listed.lead.id));
    }
    let by_name = pages(stand, owner.generation(), LeadSort::Name, 9).await;
    assert_eq!(by_name[0].place, After::Name(Some(text("a")), lead_id(3)));
    assert_eq!(by_name[6].place, After::Name(None, lead_id(5)));
    let by_activity = pages(stand, owner.generation(), LeadSort::LastActivity, 9).await;
    assert_eq!(by_activity[0].place, After::Instant(Some(at(9)), lead_id(3)));
    assert_eq!(by_activity[6].place, After::Instant(None, lead_id(5)));
}

pub async fn a_place_in_another_order_is_refused(stand: &dyn Stand) {
    let owner = with(stand, seven()).await;
    let place = After::Name(None, lead_id(1));
    let filter = LeadFilter::default();
    let refused = stand.reader().list(owner.generation(), &filter, LeadSort::Score, Some(&place), 9).await;
    assert!(matches!(refused, Err(StoreError::Broken(_))), "{refused:?}");
}
