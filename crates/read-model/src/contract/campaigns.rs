//! What campaign figures are made from.

use lead_domain::LeadId;
use lead_domain::fact::LeadEvent;

use super::Stand;
use super::sample::{email, event_about, fact, lead, lead_id, member, row, touch};
use super::stand::{Owner, activate, owner};
use crate::{BatchWrite, CampaignReader, StoreError, TimelineRow, TouchedLead};

/// Stores facts under the subjects of their numbers, and leads over these identifiers, as (identifier, lead).
async fn project(owner: &mut Owner, facts: Vec<TimelineRow>, members: &[(u128, u128)]) {
    let named: Vec<_> = members.iter().map(|(number, _)| email(*number)).collect();
    let identifiers = members.iter().map(|(number, lead)| member(*number, *lead)).collect();
    let mut leads: Vec<u128> = members.iter().map(|(_, lead)| *lead).collect();
    leads.sort_unstable();
    leads.dedup();
    let leads = leads.into_iter().map(lead).collect();
    owner.project(&named, &facts, BatchWrite { identifiers, leads, ..BatchWrite::default() }).await;
}

fn touched(number: u128, facts: Vec<LeadEvent>) -> TouchedLead {
    TouchedLead { id: lead_id(number), state: lead(number).state, facts }
}

/// All pages, with so many subjects each.
async fn all_touched(
    reader: &dyn CampaignReader,
    generation: i64,
    campaign: Option<&str>,
    limit: u32,
) -> Vec<TouchedLead> {
    let (mut leads, mut after): (_, Option<LeadId>) = (Vec::new(), None);
    loop {
        let page = reader.touched(generation, campaign, after, limit).await.expect("read");
        assert!(page.leads.len() <= limit as usize, "{page:?}");
        leads.extend(page.leads);
        after = page.next;
        if after.is_none() {
            leads.sort_by_key(|lead| lead.id);
            return leads;
        }
    }
}

async fn all_about(reader: &dyn CampaignReader, campaign: Option<&str>, limit: u32) -> Vec<LeadEvent> {
    let mut facts: Vec<LeadEvent> = Vec::new();
    loop {
        let page = reader.about_campaigns(campaign, facts.last(), limit).await.expect("read");
        let full = page.len() == limit as usize;
        facts.extend(page);
        if !full {
            return facts;
        }
    }
}

pub async fn facts_about_campaigns_come_in_pages_each_campaign_in_the_order_of_facts(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let facts = [event_about(1, "a", -1_770_000_000_009), event_about(3, "a", 3), event_about(2, "b", 2)];
    let carried = touch(4, "a");
    let mut rows: Vec<TimelineRow> = facts.iter().cloned().map(|fact| row(9, fact)).collect();
    rows.reverse();
    rows.extend([row(1, carried), row(1, fact(5))]);
    project(&mut owner, rows, &[(1, 1)]).await;

    let reader = stand.reader();
    for limit in 1..=4 {
        assert_eq!(all_about(reader.as_ref(), None, limit).await, facts, "{limit}");
    }
}

pub async fn facts_about_one_campaign_are_found_by_its_name(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let facts = [event_about(1, "O'\u{e9}\u{1f33b} %", 1), event_about(2, "b", 2), event_about(3, "b", 3)];
    project(&mut owner, facts.iter().cloned().map(|fact| row(9, fact)).collect(), &[]).await;

    let reader = stand.reader();
    assert_eq!(all_about(reader.as_ref(), Some("b"), 1).await, facts[1..]);
    assert_eq!(all_about(reader.as_ref(), Some("O'\u{e9}\u{1f33b} %"), 5).await, facts[..1]);
    assert_eq!(all_about(reader.as_ref(), Some("B"), 5).await, []);
}

pub async fn a_touched_lead_comes_once_with_all_its_facts_that_carry_a_campaign(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let facts = vec![
        row(2, touch(5, "b")),
        row(1, touch(7, "a")),
        row(2, fact(6)),
        row(1, touch(4, "a")),
        row(3, fact(8)),
        row(9, event_about(9, "a", 9)),
    ];
    project(&mut owner, facts, &[(1, 2), (2, 2), (3, 3)]).await;

    let reader = stand.reader();
    let expected = [touched(2, vec![touch(4, "a"), touch(5, "b"), touch(7, "a")])];
    for limit in 1..=3 {
        assert_eq!(all_touched(reader.as_ref(), owner.generation(), None, limit).await, expected, "{limit}");
    }
}

pub async fn touched_leads_are_paged_to_the_end(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let facts = (1..=7).map(|number| row(number, touch(number, "a"))).collect();
    // Facts 1 and 7 are one person's; nothing of subject 5 was folded, so it is no lead.
    let members = [(1, 7), (2, 2), (3, 3), (4, 4), (6, 6), (7, 7)];
    project(&mut owner, facts, &members).await;

    let reader = stand.reader();
    let mut expected: Vec<_> =
        [2, 3, 4, 6].into_iter().map(|number| touched(number, vec![touch(number, "a")])).collect();
    expected.push(touched(7, vec![touch(1, "a"), touch(7, "a")]));
    for limit in 1..=8 {
        assert_eq!(all_touched(reader.as_ref(), owner.generation(), None, limit).await, expected, "{limit}");
    }
}

pub async fn leads_that_one_campaign_touched_come_with_what_others_did(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let facts = vec![
        row(1, touch(1, "a")),
        row(2, touch(2, "b")),
        row(2, touch(3, "b")),
        row(3, touch(4, "b")),
        row(4, touch(5, "a")),
    ];
    project(&mut owner, facts, &[(1, 1), (2, 1), (3, 3), (4, 4)]).await;

    let reader = stand.reader();
    let one = touched(1, vec![touch(1, "a"), touch(2, "b"), touch(3, "b")]);
    for limit in 1..=3 {
        let of = |campaign| all_touched(reader.as_ref(), owner.generation(), Some(campaign), limit);
        assert_eq!(of("b").await, [one.clone(), touched(3, vec![touch(4, "b")])], "{limit}");
        assert_eq!(of("a").await, [one.clone(), touched(4, vec![touch(5, "a")])], "{limit}");
        assert_eq!(of("c").await, [], "{limit}");
    }
}

pub async fn long_names_are_found_by_their_beginning(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    // Characters that no compression makes fit.
    let name = |last: &str| (0..1_000).map(incompressible).chain(last.chars()).collect::<String>();
    let (long, other) = (name("x"), name("y"));
    let about = event_about(1, &long, 1);
    let facts = vec![row(9, about.clone()), row(1, touch(2, &long)), row(2, touch(3, &other))];
    project(&mut owner, facts, &[(1, 1), (2, 2)]).await;

    let reader = stand.reader();
    assert!(all_about(reader.as_ref(), Some(&long), 5).await.contains(&about));
    let found = all_touched(reader.as_ref(), owner.generation(), Some(&long), 5).await;
    assert!(found.contains(&touched(1, vec![touch(2, &long)])), "{found:?}");
}

fn incompressible(number: u32) -> char {
    char::from_u32(0x2_0000 + number.wrapping_mul(2_654_435_761) % 0xa000).expect("an ideograph")
}

pub async fn a_generation_that_was_replaced_is_superseded(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    project(&mut owner, vec![row(1, touch(1, "a"))], &[(1, 1)]).await;
    let newer = activate(stand, "second").await;
    let reader = stand.reader();
    let old = reader.touched(owner.generation(), None, None, 5).await;
    assert!(matches!(old, Err(StoreError::Superseded { .. })), "{old:?}");
    assert_eq!(reader.touched(newer, None, None, 5).await.expect("read").leads, [], "over no leads");
}
