//! The log in Kafka: the contract and hand-overs on a real broker, outages on the client's mock cluster.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use event_log::contract::FreshLog;
use event_log::kafka::{self, KafkaAppender, KafkaError, KafkaSettings, KafkaSubscription};
use event_log::{
    AppendError, Delivery, EventAppender, EventSubscription, NewRecord, Start, SubscriptionError,
};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::mocking::MockCluster;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

const PATIENCE: Duration = Duration::from_secs(30);
const GROUP: &str = "readers";

/// A topic on the real broker; it is deleted in the end.
struct Fresh {
    settings: KafkaSettings,
    appender: KafkaAppender,
}

fn real_broker() -> String {
    #[expect(clippy::disallowed_methods, reason = "tells where the test server is")]
    let broker = std::env::var("BATEA_TEST_KAFKA");
    broker.unwrap_or_else(|_| panic!("BATEA_TEST_KAFKA is not set; run `cargo xtask test -p event-log`"))
}

fn settings(brokers: &str) -> KafkaSettings {
    let mut settings = KafkaSettings::new(brokers);
    settings.topic = format!("event-log-{}", uuid::Uuid::now_v7());
    settings
}

async fn fresh() -> Fresh {
    let settings = settings(&real_broker());
    assert_eq!(kafka::ensure_topic(&settings, true).await, Ok(4));
    let appender = kafka::appender(&settings).await.unwrap();
    until_ready(&appender).await;
    Fresh { settings, appender }
}

async fn until_ready(appender: &KafkaAppender) {
    let deadline = Instant::now() + PATIENCE;
    while let Err(error) = appender.ready().await {
        assert!(Instant::now() < deadline, "{error}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

impl Fresh {
    async fn reader(&self) -> KafkaSubscription {
        kafka::subscription(&self.settings, &format!("{GROUP}-{}", self.settings.topic)).await.unwrap()
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        let settings = self.settings.clone();
        // A runtime of its own: the test's runs this.
        let deleting = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(kafka::delete_topic(&settings)).unwrap();
        });
        deleting.join().unwrap();
    }
}

fn admin(brokers: &str) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", brokers).create().unwrap()
}

#[async_trait]
impl FreshLog for Fresh {
    async fn appender(&self) -> Arc<dyn EventAppender> {
        Arc::new(self.appender.clone())
    }

    async fn subscription(&self) -> Box<dyn EventSubscription> {
        Box::new(self.reader().await)
    }
}

event_log::event_log_contract!(fresh(), #[ignore = "needs Kafka; run by cargo xtask test"]);

fn record(key: &str) -> NewRecord {
    NewRecord { key: key.to_owned(), payload: b"{}".to_vec() }
}

/// What one reader has, kept up to date by its deliveries.
struct Member {
    subscription: KafkaSubscription,
    partitions: BTreeSet<i32>,
    records: usize,
}

impl Member {
    async fn join(fresh: &Fresh) -> Self {
        Self { subscription: fresh.reader().await, partitions: BTreeSet::new(), records: 0 }
    }

    async fn step(&mut self) {
        match self.subscription.next(1000).await {
            Ok(Delivery::Assigned(partitions)) => {
                let starts: Vec<_> =
                    partitions.iter().map(|&partition| Start { partition, offset: Some(0) }).collect();
                self.partitions = partitions.into_iter().collect();
                self.subscription.start(&starts).await.unwrap();
            }
            Ok(Delivery::Revoked(partitions)) => self.partitions.retain(|one| !partitions.contains(one)),
            Ok(Delivery::Records { partition, records }) => {
                assert!(self.partitions.contains(&partition), "of a partition that is not its own");
                self.records += records.len();
            }
            Ok(Delivery::Idle) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Kafka; run by cargo xtask test"]
async fn two_readers_share_the_partitions_and_one_takes_over_from_the_other() {
    let fresh = fresh().await;
    let deadline = Instant::now() + PATIENCE;
    let (mut one, mut two) = (Member::join(&fresh).await, Member::join(&fresh).await);
    while (one.partitions.len(), two.partitions.len()) != (2, 2) {
        tokio::join!(one.step(), two.step());
        assert!(Instant::now() < deadline, "{:?} and {:?}", one.partitions, two.partitions);
    }
    assert!(one.partitions.is_disjoint(&two.partitions));

    let leaving = Instant::now();
    Box::new(one.subscription).close().await;
    while two.partitions.len() < 4 {
        two.step().await;
    }
    assert!(leaving.elapsed() < Duration::from_secs(5), "{:?}", leaving.elapsed());

    two.records = 0;
    fresh.appender.append((0..40).map(|key| record(&key.to_string())).collect()).await.unwrap();
    while two.records < 40 {
        two.step().await;
        assert!(Instant::now() < deadline, "{} records", two.records);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Kafka; run by cargo xtask test"]
async fn a_reader_that_takes_nothing_holds_up_nobody_and_loses_nothing() {
    let fresh = fresh().await;
    let large = NewRecord { key: "key".to_owned(), payload: vec![b'x'; 100_000] };
    for _ in 0..40 {
        fresh.appender.append(vec![large.clone(); 10]).await.unwrap();
    }
    let deadline = Instant::now() + PATIENCE;
    let mut slow = Member::join(&fresh).await;
    while slow.partitions.len() < 4 {
        slow.step().await;
    }
    // `slow` is stuck, as with its database away; its partitions go to `other` all the same.
    let mut other = Member::join(&fresh).await;
    while other.partitions.len() < 2 {
        other.step().await;
        assert!(Instant::now() < deadline, "the group waits for the stuck reader");
    }
    Box::new(other.subscription).close().await;
    // The deliveries from before are still there, then it learns what happened meanwhile.
    while slow.partitions.len() != 2 {
        slow.step().await;
    }
    while slow.partitions.len() != 4 {
        slow.step().await;
    }
    slow.records = 0;
    while slow.records < 400 {
        slow.step().await;
        assert!(Instant::now() < deadline, "{} of 400 records", slow.records);
    }
    slow.step().await;
    assert_eq!(slow.records, 400);
}

#[tokio::test]
#[ignore = "needs Kafka; run by cargo xtask test"]
async fn a_topic_is_created_only_when_wanted_and_refused_when_it_keeps_too_long() {
    let mut settings = settings(&real_broker());
    assert_eq!(kafka::ensure_topic(&settings, false).await, Err(KafkaError::Missing(settings.topic.clone())));
    let topic = NewTopic::new(&settings.topic, 2, TopicReplication::Fixed(1)).set("retention.ms", "-1");
    admin(&settings.brokers).create_topics([&topic], &AdminOptions::new()).await.unwrap();
    let refused = kafka::ensure_topic(&settings, true).await;
    assert!(
        matches!(&refused, Err(KafkaError::Topic(why)) if why.contains("longer than 30 days")),
        "{refused:?}"
    );
    settings.long_retention_acknowledged = true;
    assert_eq!(kafka::ensure_topic(&settings, true).await, Ok(2));
    kafka::delete_topic(&settings).await.unwrap();
}

#[tokio::test]
async fn without_a_broker_nothing_hangs() {
    // Nobody listens there.
    let settings = settings("127.0.0.1:1");
    let appender = kafka::appender(&settings).await.unwrap();
    assert!(appender.ready().await.is_err());
    let asked = Instant::now();
    let refused = appender.append(vec![record("key")]).await;
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    assert!(matches!(refused, Err(AppendError::Unavailable(_))), "{refused:?}");

    let mut subscription = kafka::subscription(&settings, GROUP).await.unwrap();
    let told = subscription.next(1).await;
    assert!(!matches!(told, Ok(Delivery::Assigned(_) | Delivery::Records { .. })), "{told:?}");
    let closing = Instant::now();
    Box::new(subscription).close().await;
    assert!(closing.elapsed() < Duration::from_secs(8), "{:?}", closing.elapsed());

    assert!(matches!(kafka::ensure_topic(&settings, true).await, Err(KafkaError::Unavailable(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_broker_goes_appends_are_refused_in_time_and_when_it_comes_back_they_are_not() {
    let cluster = MockCluster::new(1).unwrap();
    let settings = settings(&cluster.bootstrap_servers());
    cluster.create_topic(&settings.topic, 4, 1).unwrap();
    let appender = kafka::appender(&settings).await.unwrap();
    until_ready(&appender).await;
    appender.append(vec![record("key")]).await.unwrap();

    cluster.broker_down(1).unwrap();
    let asked = Instant::now();
    let refused = appender.append(vec![record("key")]).await;
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    assert_eq!(refused, Err(AppendError::Unavailable("Kafka does not acknowledge".to_owned())));
    assert!(appender.ready().await.is_err());

    cluster.broker_up(1).unwrap();
    let deadline = Instant::now() + PATIENCE;
    while let Err(error) = appender.append(vec![record("key")]).await {
        assert!(Instant::now() < deadline, "{error}");
    }
    until_ready(&appender).await;
    appender.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_refuses_at_once() {
    let mut settings = settings("127.0.0.1:1");
    settings.set("queue.buffering.max.messages", "10").unwrap();
    let appender = kafka::appender(&settings).await.unwrap();
    let asked = Instant::now();
    let refused = appender.append(vec![record("key"); 11]).await;
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert!(
        matches!(&refused, Err(AppendError::Unavailable(why)) if why.contains("Queue full")),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_producer_that_gave_up_is_replaced() {
    let cluster = MockCluster::new(1).unwrap();
    let settings = settings(&cluster.bootstrap_servers());
    cluster.create_topic(&settings.topic, 1, 1).unwrap();
    let appender = kafka::appender(&settings).await.unwrap();
    until_ready(&appender).await;
    appender.append(vec![record("key")]).await.unwrap();

    // The broker claims to have seen another sequence: the client may not go on.
    cluster.request_errors(
        RDKafkaApiKey::Produce,
        &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER],
    );
    let refused = appender.append(vec![record("key")]).await;
    assert!(matches!(refused, Err(AppendError::Unavailable(_))), "{refused:?}");
    let deadline = Instant::now() + PATIENCE;
    while let Err(error) = appender.append(vec![record("key")]).await {
        assert!(Instant::now() < deadline, "{error}");
    }
    until_ready(&appender).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_says_that_the_broker_is_away_and_goes_on_when_it_is_back() {
    let cluster = MockCluster::new(1).unwrap();
    let settings = settings(&cluster.bootstrap_servers());
    cluster.create_topic(&settings.topic, 1, 1).unwrap();
    let appender = kafka::appender(&settings).await.unwrap();
    until_ready(&appender).await;
    let mut subscription = kafka::subscription(&settings, GROUP).await.unwrap();
    let deadline = Instant::now() + PATIENCE;
    let mut read = Vec::new();
    let (mut went, mut back) = (false, false);
    while read.len() < 2 {
        assert!(Instant::now() < deadline, "read {read:?}, broker went {went}, came back {back}");
        match subscription.next(10).await {
            Ok(Delivery::Assigned(partitions)) => {
                assert_eq!(partitions, [0]);
                let offset = read.last().map(|last| last + 1);
                subscription.start(&[Start { partition: 0, offset }]).await.unwrap();
                if read.is_empty() {
                    appender.append(vec![record("key")]).await.unwrap();
                }
            }
            Ok(Delivery::Records { partition: 0, records }) => {
                read.extend(records.iter().map(|record| record.offset));
                if !went {
                    went = true;
                    cluster.broker_down(1).unwrap();
                }
            }
            Err(error) => {
                assert!(matches!(error, SubscriptionError::Unavailable(_)), "{error}");
                if went && !back {
                    back = true;
                    cluster.broker_up(1).unwrap();
                    while appender.append(vec![record("key")]).await.is_err() {
                        assert!(Instant::now() < deadline, "cannot append");
                    }
                }
            }
            Ok(Delivery::Revoked(_) | Delivery::Idle) => {}
            Ok(Delivery::Records { partition, .. }) => panic!("records of partition {partition}"),
        }
    }
    assert_eq!(read.get(..2), Some([0, 1].as_slice()));
    Box::new(subscription).close().await;
}
