//! Folding everything anew and comparing.

use lead_domain::LeadId;
use proptest::prelude::*;
use qualification::verify;
use read_model::{BatchWrite, PositionMove, ProjectionStore};
use serde_json::json;

use crate::projection::posted;
use crate::support::{Installation, block_on, event, payload, secret};

/// What differs, by lead or identifier, and how many leads and facts were looked at.
async fn verified(installation: &Installation) -> (Vec<(LeadId, String)>, u64, u64) {
    let mut found = Vec::new();
    let tell = |difference: qualification::Difference| found.push((difference.id, difference.what.join(" ")));
    let verified = verify(installation.store.as_ref(), &secret(), tell, |_| ()).await.unwrap();
    assert_eq!(verified.differences, found.len() as u64);
    (found, verified.leads, verified.facts)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn nothing_differs_whatever_the_facts_were_and_in_whatever_batches_they_came(
        facts in prop::collection::vec((0..60_i64, any::<u8>(), any::<u8>()), 1..60),
        size in 1..20_usize,
    ) {
        let posts = facts.iter().enumerate().map(|(index, (hour, pick, kind))| posted(index, *hour, *pick, *kind));
        let payloads: Vec<Vec<u8>> = posts.map(payload).collect();
        block_on(async {
            let mut installation = Installation::new().await;
            for batch in payloads.chunks(size) {
                installation.project(batch).await;
            }
            assert_eq!(verified(&installation).await.0, []);
        });
    }
}

/// Puts rows into the store that do not follow from the facts.
async fn tamper(installation: &mut Installation, write: BatchWrite) {
    let to = installation.next.unwrap() + 1;
    let position = PositionMove {
        partition: 0,
        epoch: installation.epoch,
        from: installation.next,
        to,
        latest_fact: None,
    };
    let batch = installation.store.begin(position, &installation.rules.numbers()).await.unwrap();
    batch.commit(write).await.unwrap();
    installation.next = Some(to);
}

#[test]
fn each_row_that_differs_is_named_with_what_differs() {
    block_on(async {
        let mut installation = Installation::new().await;
        let fact = |email: &str| json!({"id": email, "type": "message.received", "lead": {"email": email}, "data": {"channel": "phone"}});
        installation.project(&[payload(fact("ada@example.com")), payload(fact("ben@example.com"))]).await;
        let (found, leads, facts) = verified(&installation).await;
        assert_eq!((found, leads, facts), (vec![], 2, 2));

        let ada = event(fact("ada@example.com"));
        let id = ada.fact.subject.id(&secret());
        let policy = &installation.rules.active.policy;
        let lead = lead_domain::lead::Lead::fold([&ada.fact], policy).unwrap();
        let mut row =
            read_model::LeadRow::of(id, ada.fact.order_key(), &lead, policy, Default::default(), None);
        row.columns.stage = Some("customer");
        row.shown.clear();
        let orphan = LeadId(uuid::Uuid::max());
        let leads = vec![read_model::LeadRow { id: orphan, ..row.clone() }, row];
        tamper(&mut installation, BatchWrite { leads, ..BatchWrite::default() }).await;
        let (found, ..) = verified(&installation).await;
        assert_eq!(found, [(id, "leads.stage follow_ups".to_owned()), (orphan, "leads".to_owned())]);
    });
}
