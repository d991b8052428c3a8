//! The behaviour that every adapter must show. `event_log_contract!` makes a test of each case.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;

use crate::{
    Delivery, EventAppender, EventSubscription, LogRecord, NewRecord, Position, Start, SubscriptionError,
};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A new, empty log.
#[async_trait]
pub trait FreshLog: Send + Sync {
    /// The end that ingest writes to; it is ready.
    async fn appender(&self) -> Arc<dyn EventAppender>;

    /// A member of the one group of readers.
    async fn subscription(&self) -> Box<dyn EventSubscription>;
}

/// Makes a test of each case. The expression is a future of a [`FreshLog`]; attributes behind it go to each test.
#[macro_export]
macro_rules! event_log_contract {
    ($fresh:expr $(, #[$attribute:meta])*) => {
        $crate::event_log_contract! { @cases [$(#[$attribute])*] $fresh;
            records_of_one_key_keep_their_order
            a_position_lies_behind_all_records_of_its_request
            no_records_are_stored_at_once
            any_bytes_come_out_as_they_went_in
            a_large_record_fits
            a_duplicate_is_delivered_twice
            what_many_append_at_once_is_delivered_once
            a_delivery_has_no_more_records_than_wanted
            a_drained_log_is_idle
            a_reader_starts_at_any_offset
            another_reader_goes_on_where_it_is_started
            starting_anew_drops_what_was_fetched
            a_paused_partition_waits_for_its_start
            an_offset_beyond_the_end_is_a_gap
        }
    };
    (@cases $attributes:tt $fresh:expr; $($case:ident)*) => {
        $($crate::event_log_contract! { @case $attributes $case $fresh })*
    };
    (@case [$(#[$attribute:meta])*] $case:ident $fresh:expr) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        $(#[$attribute])*
        async fn $case() {
            $crate::contract::$case(&$fresh.await).await;
        }
    };
}

/// A reader that remembers what it got.
struct Reader {
    subscription: Box<dyn EventSubscription>,
    read: BTreeMap<i32, Vec<LogRecord>>,
}

impl Reader {
    /// Takes what it is assigned, from these offsets on, or else from the first.
    async fn open(log: &dyn FreshLog, from: &BTreeMap<i32, i64>) -> Self {
        let mut subscription = log.subscription().await;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match subscription.next(1).await {
                Ok(Delivery::Assigned(partitions)) => {
                    let start = |&partition| Start { partition, offset: from.get(&partition).copied() };
                    subscription.start(&partitions.iter().map(start).collect::<Vec<_>>()).await.unwrap();
                    return Self {
                        subscription,
                        read: partitions.iter().map(|&p| (p, Vec::new())).collect(),
                    };
                }
                Ok(Delivery::Idle) | Err(SubscriptionError::Unavailable(_)) => {}
                other => panic!("{other:?} before an assignment"),
            }
            assert!(Instant::now() < deadline, "no assignment");
        }
    }

    async fn from_the_first(log: &dyn FreshLog) -> Self {
        Self::open(log, &BTreeMap::new()).await
    }

    fn count(&self) -> usize {
        self.read.values().map(Vec::len).sum()
    }

    /// One delivery; whether it was records.
    async fn step(&mut self, max: usize) -> bool {
        match self.subscription.next(max).await {
            Ok(Delivery::Records { partition, records }) => {
                assert!((1..=max).contains(&records.len()), "{} records", records.len());
                self.read.entry(partition).or_default().extend(records);
                true
            }
            Ok(Delivery::Idle) | Err(SubscriptionError::Unavailable(_)) => false,
            other => panic!("{other:?} while reading"),
        }
    }

    /// Reads so many records in all, and sees that no more come.
    async fn read(&mut self, records: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.count() < records {
            self.step(100).await;
            assert!(Instant::now() < deadline, "{} of {records} records", self.count());
        }
        while self.step(100).await {}
        assert_eq!(self.count(), records);
        for records in self.read.values() {
            assert!(records.is_sorted_by(|one, next| one.offset < next.offset), "offsets grow");
        }
    }

    /// All payloads, in order per partition.
    fn payloads(&self) -> Vec<Vec<u8>> {
        self.read.values().flatten().map(|record| record.payload.clone()).collect()
    }

    fn place(&self) -> Vec<(i32, i64)> {
        let next =
            |(&partition, records): (&i32, &Vec<LogRecord>)| Some((partition, records.last()?.offset + 1));
        self.read.iter().filter_map(next).collect()
    }

    /// The partition with the most records, and those.
    fn fullest(&self) -> (i32, Vec<LogRecord>) {
        let fullest = self.read.iter().max_by_key(|(_, records)| records.len());
        fullest.map(|(partition, records)| (*partition, records.clone())).unwrap()
    }

    async fn start(&mut self, partition: i32, offset: i64) {
        self.read.insert(partition, Vec::new());
        self.subscription.start(&[Start { partition, offset: Some(offset) }]).await.unwrap();
    }
}

fn record(key: &str, payload: &str) -> NewRecord {
    NewRecord { key: key.to_owned(), payload: payload.as_bytes().to_vec() }
}

async fn append(log: &dyn FreshLog, records: Vec<NewRecord>) -> Position {
    log.appender().await.append(records).await.unwrap()
}

/// Of one key, so that they share a partition.
async fn append_numbers(log: &dyn FreshLog, count: usize) {
    append(log, (0..count).map(|number| record("key", &number.to_string())).collect()).await;
}

/// Within a request and from request to request.
pub async fn records_of_one_key_keep_their_order(log: &dyn FreshLog) {
    let appender = log.appender().await;
    let keys = ["one", "two", "three", "four", "five"];
    for round in 0..20 {
        let of_round = |half: usize| keys.map(|key| record(key, &format!("{key} {:02}", 2 * round + half)));
        appender.append([of_round(0), of_round(1)].concat()).await.unwrap();
    }
    let mut reader = Reader::from_the_first(log).await;
    reader.read(200).await;
    for key in keys {
        let of_key = |payload: &Vec<u8>| payload.starts_with(format!("{key} ").as_bytes());
        let got: Vec<_> = reader.payloads().into_iter().filter(of_key).collect();
        let sent: Vec<_> = (0..40).map(|number| format!("{key} {number:02}").into_bytes()).collect();
        assert_eq!(got, sent, "{key}");
    }
}

/// And no further than the last.
pub async fn a_position_lies_behind_all_records_of_its_request(log: &dyn FreshLog) {
    append_numbers(log, 3).await;
    let records = (0..20).map(|number| record(&format!("key {number}"), "")).collect();
    let position = append(log, records).await;
    let mut reader = Reader::from_the_first(log).await;
    reader.read(23).await;
    let place = reader.place();
    assert!(position.is_reached_by(&place), "{position} by {place:?}");
    for short in 0..place.len() {
        let mut less = place.clone();
        less[short].1 -= 1;
        let touched =
            position.to_string().split('.').any(|part| part.starts_with(&format!("{}-", less[short].0)));
        assert_eq!(position.is_reached_by(&less), !touched, "{position} by {less:?}");
    }
}

/// The position is anybody's.
pub async fn no_records_are_stored_at_once(log: &dyn FreshLog) {
    assert!(append(log, Vec::new()).await.is_reached_by(&[]));
}

/// The log does not look into a record.
pub async fn any_bytes_come_out_as_they_went_in(log: &dyn FreshLog) {
    let payloads =
        [b"{\"a\": \"'\xc3\xa9\"}".to_vec(), vec![0, 159, 146, 150, 0], Vec::new(), b"last".to_vec()];
    let records =
        payloads.iter().map(|payload| NewRecord { key: "key".to_owned(), payload: payload.clone() });
    append(log, records.collect()).await;
    append(log, vec![NewRecord { key: "key".to_owned(), payload: Vec::new() }]).await;
    let mut reader = Reader::from_the_first(log).await;
    reader.read(5).await;
    let sent: Vec<_> = payloads.into_iter().chain([Vec::new()]).collect();
    assert_eq!(reader.payloads(), sent);
}

/// A body may hold 1 MiB, and so may the fact in it, with some more around.
pub async fn a_large_record_fits(log: &dyn FreshLog) {
    let large = "x".repeat(1_100_000);
    append(log, vec![record("key", &large), record("key", "small")]).await;
    let mut reader = Reader::from_the_first(log).await;
    reader.read(2).await;
    assert_eq!(reader.payloads(), [large.into_bytes(), b"small".to_vec()]);
}

/// The timeline sorts duplicates out, not the log.
pub async fn a_duplicate_is_delivered_twice(log: &dyn FreshLog) {
    for _ in 0..2 {
        append(log, vec![record("key", "same")]).await;
    }
    let mut reader = Reader::from_the_first(log).await;
    reader.read(2).await;
    assert_eq!(reader.payloads(), [b"same".to_vec(), b"same".to_vec()]);
}

/// Requests share what they can, but each gets its own answer.
pub async fn what_many_append_at_once_is_delivered_once(log: &dyn FreshLog) {
    let appender = log.appender().await;
    let mut requests = Vec::new();
    for request in 0..300 {
        let appender = Arc::clone(&appender);
        requests.push(tokio::spawn(async move {
            let records =
                (0..3).map(|part| record(&format!("key {}", request % 7), &format!("{request}/{part}")));
            appender.append(records.collect()).await.unwrap()
        }));
    }
    let mut reader = Reader::from_the_first(log).await;
    reader.read(900).await;
    let mut got = reader.payloads();
    got.sort();
    let mut sent: Vec<_> = (0..300).flat_map(|request| (0..3).map(move |part| (request, part))).collect();
    sent.sort_by_key(|(request, part)| format!("{request}/{part}"));
    let sent: Vec<_> =
        sent.into_iter().map(|(request, part)| format!("{request}/{part}").into_bytes()).collect();
    assert_eq!(got, sent);
    for request in requests {
        let position = request.await.unwrap();
        assert!(position.is_reached_by(&reader.place()), "{position}");
    }
}

/// The rest comes next.
pub async fn a_delivery_has_no_more_records_than_wanted(log: &dyn FreshLog) {
    append_numbers(log, 10).await;
    let mut reader = Reader::from_the_first(log).await;
    let deadline = Instant::now() + PATIENCE;
    while reader.count() < 10 {
        reader.step(3).await;
        assert!(Instant::now() < deadline, "{} of 10 records", reader.count());
    }
    let sent: Vec<_> = (0..10).map(|number: usize| number.to_string().into_bytes()).collect();
    assert_eq!(reader.payloads(), sent);
}

/// And wakes up when something is appended.
pub async fn a_drained_log_is_idle(log: &dyn FreshLog) {
    append_numbers(log, 1).await;
    let mut reader = Reader::from_the_first(log).await;
    reader.read(1).await;
    let asked = Instant::now();
    assert_eq!(reader.subscription.next(10).await, Ok(Delivery::Idle));
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    append_numbers(log, 1).await;
    reader.read(2).await;
}

/// The same records, with the same offsets.
pub async fn a_reader_starts_at_any_offset(log: &dyn FreshLog) {
    append_numbers(log, 20).await;
    let mut reader = Reader::from_the_first(log).await;
    reader.read(20).await;
    let (partition, all) = reader.fullest();
    for from in [13, 0, 19] {
        reader.start(partition, all[from].offset).await;
        reader.read(20 - from).await;
        assert_eq!(reader.read[&partition], all[from..]);
    }
}

/// Whoever had the partition before: the place is the reader's to know.
pub async fn another_reader_goes_on_where_it_is_started(log: &dyn FreshLog) {
    append_numbers(log, 20).await;
    let mut reader = Reader::from_the_first(log).await;
    reader.read(20).await;
    let (partition, all) = reader.fullest();
    for (partition, next) in reader.place() {
        reader.subscription.projected(partition, next);
    }
    reader.subscription.close().await;
    let mut next = Reader::open(log, &BTreeMap::from([(partition, all[5].offset)])).await;
    next.read(15).await;
    assert_eq!(next.read[&partition], all[5..]);
}

/// Also what the client had fetched ahead.
pub async fn starting_anew_drops_what_was_fetched(log: &dyn FreshLog) {
    append_numbers(log, 500).await;
    let mut reader = Reader::from_the_first(log).await;
    reader.read(500).await;
    let (partition, all) = reader.fullest();
    reader.start(partition, all[0].offset).await;
    while !reader.step(10).await {}
    reader.start(partition, all[300].offset).await;
    while !reader.step(10).await {}
    reader.start(partition, all[200].offset).await;
    reader.read(300).await;
    assert_eq!(reader.read[&partition], all[200..]);
}

/// It may be paused with records on their way.
pub async fn a_paused_partition_waits_for_its_start(log: &dyn FreshLog) {
    append_numbers(log, 50).await;
    let mut reader = Reader::from_the_first(log).await;
    reader.read(50).await;
    let (partition, all) = reader.fullest();
    reader.start(partition, all[0].offset).await;
    while !reader.step(10).await {}
    reader.subscription.pause(partition).await.unwrap();
    append_numbers(log, 1).await;
    for _ in 0..2 {
        assert_eq!(reader.subscription.next(10).await, Ok(Delivery::Idle));
    }
    reader.start(partition, all[49].offset).await;
    reader.read(2).await;
}

/// The log was replaced by an older or another one: going on would skip facts. It can be started at a right place.
pub async fn an_offset_beyond_the_end_is_a_gap(log: &dyn FreshLog) {
    append_numbers(log, 3).await;
    let mut reader = Reader::from_the_first(log).await;
    reader.read(3).await;
    let (partition, all) = reader.fullest();
    reader.start(partition, all[2].offset + 100).await;
    let deadline = Instant::now() + PATIENCE;
    loop {
        match reader.subscription.next(10).await {
            Err(SubscriptionError::Gap(_)) => break,
            Ok(Delivery::Idle) | Err(SubscriptionError::Unavailable(_)) => {}
            other => panic!("{other:?} instead of a gap"),
        }
        assert!(Instant::now() < deadline, "no gap is told");
    }
    reader.start(partition, all[1].offset).await;
    reader.read(2).await;
}
