//! The funnel.

use super::Stand;
use super::sample::{at, email, lead, member};
use super::stand::owner;
use crate::{BatchWrite, FunnelGroup, FunnelQuestion, FunnelRow, LeadRow};

fn reached(number: u128, stage: Option<&'static str>, instants: &[i64], channel: Option<&str>) -> LeadRow {
    let mut lead = lead(number);
    lead.columns.stage = stage;
    lead.columns.created_at = at(i64::try_from(number).expect("small"));
    lead.columns.channel = channel.map(str::to_owned);
    for (slot, instant) in lead.columns.reached.iter_mut().zip(instants) {
        *slot = Some(at(*instant));
    }
    lead
}

pub async fn a_funnel_counts_and_takes_medians(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let leads = vec![
        reached(1, None, &[], Some("ads")),
        reached(2, Some("suspect"), &[10], Some("ads")),
        reached(3, Some("lead"), &[10, 30], Some("ads")),
        reached(4, None, &[10, 40, 50], None),
        reached(5, Some("customer"), &[10, 10, 20, 60], Some("email")),
        reached(6, Some("lead"), &[0, 21], Some("email")),
    ];
    let named: Vec<_> = (1..=6).map(email).collect();
    let identifiers = (1..=6).map(|number| member(number, number)).collect();
    owner.project(&named, &[], BatchWrite { identifiers, leads, ..BatchWrite::default() }).await;

    let reader = stand.reader();
    let funnel = async |question| reader.funnel(owner.generation(), question).await.expect("read");
    let all = FunnelRow {
        group: None,
        current: [1, 2, 0, 1],
        reached: [5, 4, 2, 1],
        median_ms: [Some(20.5), Some(10.0), Some(40.0)],
    };
    assert_eq!(funnel(FunnelQuestion::default()).await, [all]);
    let created = FunnelQuestion { from: Some(at(2)), to: Some(at(4)), group: None };
    let some = FunnelRow {
        current: [1, 1, 0, 0],
        reached: [2, 1, 0, 0],
        median_ms: [Some(20.0), None, None],
        group: None,
    };
    assert_eq!(funnel(created).await, [some]);
    let nobody = FunnelQuestion { from: Some(at(90)), ..created };
    assert_eq!(funnel(FunnelQuestion { to: None, ..nobody }).await, [FunnelRow::default()]);

    let by_channel = FunnelQuestion { group: Some(FunnelGroup::Channel), ..FunnelQuestion::default() };
    let groups = funnel(by_channel).await;
    let told: Vec<_> = groups.iter().map(|row| (row.group.as_deref(), row.current, row.reached)).collect();
    let expected = [
        (Some("ads"), [1, 1, 0, 0], [2, 1, 0, 0]),
        (Some("email"), [0, 1, 0, 1], [2, 2, 1, 1]),
        (None, [0, 0, 0, 0], [1, 1, 1, 0]),
    ];
    assert_eq!(told, expected);
}

pub async fn spellings_of_a_country_count_together(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let from = |number, country: &str| {
        let mut lead = reached(number, Some("suspect"), &[1], None);
        lead.columns.country = Some(country.to_lowercase());
        lead.columns.country_given = Some(country.to_owned());
        lead
    };
    let leads = vec![from(1, "fr"), from(2, "FR"), from(3, "BE"), reached(4, Some("suspect"), &[1], None)];
    let named: Vec<_> = (1..=4).map(email).collect();
    let identifiers = (1..=4).map(|number| member(number, number)).collect();
    owner.project(&named, &[], BatchWrite { identifiers, leads, ..BatchWrite::default() }).await;
    let by_country = FunnelQuestion { group: Some(FunnelGroup::Country), ..FunnelQuestion::default() };
    let rows = stand.reader().funnel(owner.generation(), by_country).await.expect("read");
    let told: Vec<_> = rows.iter().map(|row| (row.group.as_deref(), row.current[0])).collect();
    assert_eq!(told, [(Some("BE"), 1), (Some("FR"), 2), (None, 1)]);
}

pub async fn a_funnel_follows_leads_that_move_and_go(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let named: Vec<_> = (1..=4).map(email).collect();
    let identifiers = (1..=4).map(|number| member(number, number)).collect();
    let first = vec![
        reached(1, Some("suspect"), &[10], None),
        reached(2, Some("suspect"), &[10], None),
        reached(3, Some("lead"), &[10, 15], None),
        reached(4, None, &[], None),
    ];
    owner.project(&named, &[], BatchWrite { identifiers, leads: first, ..BatchWrite::default() }).await;
    let moved = vec![
        reached(1, Some("customer"), &[10, 40, 40, 60], None),
        reached(2, None, &[10], None),
        reached(4, Some("lead"), &[1, 2], None),
    ];
    owner.project(&named, &[], BatchWrite { leads: moved, ..BatchWrite::default() }).await;
    let gone = BatchWrite { gone: vec![super::sample::lead_id(3)], ..BatchWrite::default() };
    owner.project(&named, &[], gone).await;

    let reader = stand.reader();
    let funnel = async |question| reader.funnel(owner.generation(), question).await.expect("read");
    let expected = FunnelRow {
        group: None,
        current: [0, 1, 0, 1],
        reached: [3, 2, 1, 1],
        median_ms: [Some(15.5), Some(0.0), Some(20.0)],
    };
    let all = funnel(FunnelQuestion::default()).await;
    assert_eq!(all, std::slice::from_ref(&expected));
    let counted = FunnelQuestion { from: Some(at(0)), ..FunnelQuestion::default() };
    assert_eq!(funnel(counted).await, [expected], "counted one by one");
}
