//! The queue of follow-ups and the times of answers.

use lead_domain::lead::{Candidate, Question, Reason, Shown};
use lead_domain::{Instant, LeadId};

use super::Stand;
use super::sample::{at, email, lead, lead_id, member};
use super::stand::{Owner, owner};
use crate::{AnswerTimes, BatchWrite, FollowUpFilter, FollowUpRow, LeadRow, Questions};

const HOUR_MS: i64 = 3_600_000;

fn shown(from: Instant, to: Option<i64>, reason: Reason, due: i64) -> Shown {
    let candidate = Candidate { reason, due_at: at(due), waiting_since: at(due - 7), until: None };
    Shown { from, to: to.map(at), candidate }
}

async fn write(owner: &mut Owner, leads: Vec<LeadRow>) {
    let named: Vec<_> = leads.iter().map(|lead| email(lead.id.0.as_u128())).collect();
    let identifiers = leads.iter().map(|lead| member(lead.id.0.as_u128(), lead.id.0.as_u128())).collect();
    owner.project(&named, &[], BatchWrite { identifiers, leads, ..BatchWrite::default() }).await;
}

fn at_instant(t: i64) -> FollowUpFilter {
    let (reason, owner, stage) = (Vec::new(), Vec::new(), Vec::new());
    FollowUpFilter { at: at(t), due_before: at(t + 24 * HOUR_MS), reason, owner, stage }
}

async fn queue(stand: &dyn Stand, owner: &Owner, filter: &FollowUpFilter) -> Vec<(LeadId, String, Instant)> {
    let rows = stand.reader().queue(owner.generation(), filter, None, 99).await.expect("read");
    rows.into_iter().map(|row| (row.lead.id, row.reason, row.due_at)).collect()
}

/// Leads whose schedules end after spans of every size, some before they are due.
fn schedules() -> Vec<LeadRow> {
    let one = |number: u8| {
        let due = i64::from(number % 7) * 5 * HOUR_MS;
        let first_ends = due - HOUR_MS + (HOUR_MS << (number % 9));
        let second = due + 3 * HOUR_MS;
        let last = match number % 3 {
            0 => None,
            1 => Some(shown(at(first_ends), None, Reason::Reactivate, second)),
            _ => Some(shown(at(first_ends), Some(first_ends + 1), Reason::ContactAgain, second)),
        };
        let first = shown(Instant::MIN, Some(first_ends), Reason::QuoteOpen, due);
        LeadRow { shown: std::iter::once(first).chain(last).collect(), ..lead(u128::from(number)) }
    };
    (1..=60).map(one).collect()
}

pub async fn the_queue_shows_at_every_instant_what_the_schedules_say(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    write(&mut owner, schedules()).await;
    for t in (-30..600).step_by(13).map(|hours| hours * HOUR_MS) {
        let filter = at_instant(t);
        let scan = schedules().into_iter().filter_map(|lead| {
            let now =
                lead.shown.iter().find(|one| one.from <= at(t) && one.to.is_none_or(|to| at(t) < to))?;
            Some((lead.id, now.candidate.reason.name().to_owned(), now.candidate.due_at))
        });
        let mut expected: Vec<_> = scan.filter(|(_, _, due)| *due <= filter.due_before).collect();
        expected.sort_by_key(|(id, _, due)| (*due, *id));
        assert_eq!(queue(stand, &owner, &filter).await, expected, "{t}");
    }
}

pub async fn the_queue_is_paged_and_filtered(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let waiting = |number: u128, reason, due, stage, owner: Option<&str>| {
        let mut lead = LeadRow { shown: vec![shown(Instant::MIN, None, reason, due)], ..lead(number) };
        (lead.columns.stage, lead.columns.owner) = (stage, owner.map(str::to_owned));
        lead
    };
    let leads = vec![
        waiting(1, Reason::QuoteOpen, 20, Some("prospect"), Some("kim")),
        waiting(2, Reason::ContactAgain, 10, Some("lead"), None),
        waiting(3, Reason::QuoteOpen, 10, None, Some("kim")),
        waiting(4, Reason::Reactivate, 25 * HOUR_MS, Some("customer"), None),
    ];
    write(&mut owner, leads.clone()).await;
    let all = at_instant(15);
    let ids =
        |rows: &[(LeadId, String, Instant)]| rows.iter().map(|row| row.0.0.as_u128()).collect::<Vec<_>>();
    assert_eq!(
        ids(&queue(stand, &owner, &all).await),
        [2, 3, 1],
        "equal ones by id, those due later not yet"
    );
    let later = FollowUpFilter { due_before: at(25 * HOUR_MS), ..all.clone() };
    assert_eq!(ids(&queue(stand, &owner, &later).await), [2, 3, 1, 4]);
    let of_kim = FollowUpFilter { owner: vec!["kim".to_owned()], ..all.clone() };
    assert_eq!(ids(&queue(stand, &owner, &of_kim).await), [3, 1]);
    let quotes = FollowUpFilter { reason: vec!["quote_open".to_owned()], ..of_kim.clone() };
    let of_prospects = FollowUpFilter { stage: vec![Some("prospect".to_owned())], ..quotes.clone() };
    assert_eq!(ids(&queue(stand, &owner, &of_prospects).await), [1]);
    let without_stage = FollowUpFilter { stage: vec![None], ..quotes };
    assert_eq!(ids(&queue(stand, &owner, &without_stage).await), [3]);

    let page =
        stand.reader().queue(owner.generation(), &all, Some((at(10), lead_id(2))), 1).await.expect("read");
    let FollowUpRow { lead, reason, due_at, waiting_since } = &page[0];
    assert_eq!(
        (lead.id, reason.as_str(), *due_at, *waiting_since),
        (lead_id(3), "quote_open", at(10), at(3))
    );
    assert_eq!((page.len(), lead.state.as_str()), (1, leads[2].state.as_str()));

    write(&mut owner, vec![LeadRow { shown: Vec::new(), ..leads[1].clone() }]).await;
    assert_eq!(ids(&queue(stand, &owner, &all).await), [3, 1], "nothing waits any more");
    let gone = BatchWrite { gone: vec![lead_id(3)], ..BatchWrite::default() };
    owner.project(&[], &[], gone).await;
    assert_eq!(ids(&queue(stand, &owner, &all).await), [1]);
}

pub async fn questions_are_told_with_their_answers(stand: &dyn Stand) {
    let mut owner = owner(stand).await;
    let asked = |number, t| Question::Asked { number, at: at(t) };
    let answered = |number, asked, t| Question::Answered { number, asked_at: at(asked), at: at(t) };
    let first = [asked(1, 10), answered(1, 10, 15), asked(2, 20)];
    let with = |number, questions| LeadRow { questions, ..lead(number) };
    write(&mut owner, vec![with(1, Questions::all(&first)), with(2, Questions::newer(&[asked(1, 30)]))])
        .await;
    write(&mut owner, vec![with(1, Questions::newer(&[answered(2, 20, 25)]))]).await;
    let reader = stand.reader();
    let times = async |from, to| {
        reader.answer_times(owner.generation(), at(from), at(to), [4, 5]).await.expect("read")
    };
    let told =
        |questions, answered, within, median_ms| AnswerTimes { questions, answered, within, median_ms };
    assert_eq!(times(10, 30).await, told(2, 2, [0, 2], Some(5.0)));
    assert_eq!(times(20, 31).await, told(2, 1, [0, 1], Some(5.0)));
    assert_eq!(times(30, 31).await, told(1, 0, [0, 0], None));
    assert_eq!(times(31, 99).await, AnswerTimes::default());

    write(&mut owner, vec![with(1, Questions::all(&[asked(1, 12)]))]).await;
    let late = [
        asked(1, 30),
        answered(1, 30, 34),
        asked(2, 40),
        answered(2, 40, 43),
        asked(3, 50),
        answered(3, 50, 61),
    ];
    write(
        &mut owner,
        vec![with(2, Questions::all(&late)), with(3, Questions::all(&[asked(1, 13), answered(1, 13, 20)]))],
    )
    .await;
    let times = reader.answer_times(owner.generation(), at(0), at(99), [4, 5]).await.expect("read");
    assert_eq!(times, told(5, 4, [2, 2], Some(5.5)), "a late fact rewrote them; of 3, 4, 7 and 11 ms");
}
