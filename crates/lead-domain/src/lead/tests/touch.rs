//! First and last touch.

use super::*;

#[test]
fn touches_are_facts_with_a_campaign_a_channel_of_their_own_or_utm() {
    let posted = |day: u8, more: Value| {
        let mut posted =
            json!({"type": "page.viewed", "occurred_at": on(day), "lead": {"email": "a@example.com"}});
        posted.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        posted
    };
    let facts = [
        admitted(0, posted(1, json!({}))),
        admitted(1, posted(2, json!({"data": {"utm": {"campaign": "spring", "source": "x"}}}))),
        admitted(2, posted(3, json!({"channel": "ads"}))),
        admitted(3, posted(4, json!({"data": {"utm": {}}}))),
    ];
    let touches = Lead::fold(&facts, &Policy::default_policy()).unwrap().touches;
    let (first, last) = (touches.first.unwrap(), touches.last.unwrap());
    assert_eq!((first.at, first.campaign.as_deref()), (at(2), Some("spring")), "the campaign comes from utm");
    assert_eq!((last.at, last.channel.as_deref(), last.utm), (at(3), Some("ads"), None));
}
