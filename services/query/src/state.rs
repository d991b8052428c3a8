//! What the handlers share: the ports to the read model, the clock, and the policy whose rows are answered from.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lead_domain::policy::{FOLD_VERSION, Policy};
use lead_domain::segment::Segments;
use lead_domain::{IdentitySecret, Instant};
use read_model::{ActivePolicy, ReadModel, ReadModelStatus, StoreError};
use service_kit::auth::Keys;
use service_kit::clock::Clock;
use service_kit::cursor::CursorKey;
use service_kit::lifecycle::Shutdown;
use service_kit::problem::{Code, Problem};
use tokio::sync::Semaphore;

/// What a query service is made of.
#[derive(Clone, Debug)]
pub struct QueryState {
    /// Leads, their facts, and what follows from them.
    pub reader: Arc<dyn ReadModel>,
    /// How far the read model is, and under which policy.
    pub status: Arc<dyn ReadModelStatus>,
    /// The keys that may read.
    pub keys: Keys,
    /// The clock that says what "now" is.
    pub clock: Clock,
    /// Seals the cursors of pages.
    pub cursors: CursorKey,
    /// Default phone region (`region` of the configuration file), in which a phone number given as a filter is read.
    pub region: Option<String>,
    /// Long polls and streams of changes end with the process.
    pub draining: Shutdown,
    /// The segments of the configuration file.
    pub segments: Arc<Segments>,
    /// What `/openapi.json` answers.
    pub document: Arc<str>,
}

/// The key that seals the cursors of an installation: all its query services open each other's.
#[must_use]
pub fn cursor_key(secret: &IdentitySecret) -> CursorKey {
    CursorKey::new(secret.derived_key("query cursor"))
}

/// How long a read may take before the read model counts as away.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks the read model, but not for ever.
///
/// # Errors
/// 503 when it is away, slow, or cannot be used.
pub(crate) async fn ask<T>(answer: impl Future<Output = Result<T, StoreError>>) -> Result<T, Problem> {
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => Err(refused(&error)),
        Err(_) => {
            tracing::warn!(
                read_model.patience_s = PATIENCE.as_secs(),
                "the read model did not answer in time"
            );
            Err(Problem::new(Code::ReadModelUnavailable))
        }
    }
}

/// Asks likewise for rows of one generation; none where the next one took over: its predecessor's rows are gone.
///
/// # Errors
/// What [`ask`] says.
pub(crate) async fn ask_generation<T>(
    answer: impl Future<Output = Result<T, StoreError>>,
) -> Result<Option<T>, Problem> {
    ask(async {
        match answer.await {
            Err(StoreError::Superseded { .. }) => Ok(None),
            found => found.map(Some),
        }
    })
    .await
}

fn refused(error: &StoreError) -> Problem {
    match error {
        // A schema that is still to be migrated, or rows that this build cannot read: for the operator to see to.
        StoreError::Broken(_) => {
            tracing::error!(error = %error, "the read model cannot be used");
            Problem::new(Code::ReadModelUnavailable)
        }
        StoreError::Unavailable(_)
        | StoreError::Conflict(_)
        | StoreError::Fenced { .. }
        | StoreError::Superseded { .. } => {
            tracing::warn!(error = %error, "the read model did not answer");
            Problem::new(Code::ReadModelUnavailable)
        }
    }
}

/// The generation of rows that is answered from, and the policy that it was folded under.
#[derive(Clone, Debug)]
pub(crate) struct Active {
    pub(crate) generation: i64,
    pub(crate) policy: Arc<Policy>,
}

/// [`QueryState`] with what is kept between requests.
#[derive(Debug)]
pub(crate) struct Reads {
    pub(crate) state: QueryState,
    /// The policy answered from last, so that its text is parsed once.
    parsed: Mutex<Option<Arc<Policy>>>,
    /// The right to simulate: one at a time, as each takes a worker's time and a reader's.
    pub(crate) simulations: Arc<Semaphore>,
}

impl Reads {
    pub(crate) fn new(state: QueryState) -> Self {
        Self { state, parsed: Mutex::new(None), simulations: Arc::new(Semaphore::new(1)) }
    }

    /// Refuses a list of the past that rows cannot tell: they hold what each lead's last fact left, and what time does
    /// after it. To be asked after the rows were read, which may be newer than what is known before.
    ///
    /// # Errors
    /// 400 when a fact came after `as_of`.
    pub(crate) async fn refuse_unkept(&self, as_of: Option<Instant>) -> Result<(), Problem> {
        let Some(as_of) = as_of.filter(|as_of| *as_of < self.now()) else { return Ok(()) };
        match ask(self.state.reader.latest_fact()).await? {
            Some(latest) if as_of < latest => {
                let detail = format!(
                    "Lists are kept as of the latest fact, which is of {latest}: ask for that instant or later, or for \
                     one lead at any instant."
                );
                Err(Problem::new(Code::InvalidParameter).error("/as_of", "in_the_past", detail))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn now(&self) -> Instant {
        Instant::from_millis(self.state.clock.now_ms())
    }

    /// The active generation; none before the first qualification ran.
    ///
    /// # Errors
    /// 503 while its rows are of another build's fold: nothing of them could be read.
    pub(crate) async fn active(&self) -> Result<Option<Active>, Problem> {
        let Some(active) = ask(self.state.status.active_policy()).await? else { return Ok(None) };
        if active.key.fold_version != FOLD_VERSION {
            let (found, ours) = (active.key.fold_version, FOLD_VERSION);
            tracing::warn!(
                found,
                ours,
                "the rows are of another build's fold; waiting for those of this one"
            );
            return Err(Problem::new(Code::ReadModelUnavailable));
        }
        let policy = self.policy_of(&active)?;
        Ok(Some(Active { generation: active.generation, policy }))
    }

    /// A known policy by its version.
    ///
    /// # Errors
    /// 400 when no such policy is known.
    pub(crate) async fn known_policy(&self, version: &str) -> Result<Arc<Policy>, Problem> {
        let unknown = || {
            let detail = "No policy of this version is known: `/v1/policy` tells which are.";
            Problem::new(Code::InvalidParameter).error("/policy", "unknown_policy", detail)
        };
        let text = ask(self.state.status.policy_text(version)).await?.ok_or_else(unknown)?;
        parse(&text).map(Arc::new)
    }

    fn policy_of(&self, active: &ActivePolicy) -> Result<Arc<Policy>, Problem> {
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(policy) = parsed.as_ref().filter(|policy| policy.version() == active.key.policy_version) {
            return Ok(Arc::clone(policy));
        }
        let policy = Arc::new(parse(&active.policy_text)?);
        *parsed = Some(Arc::clone(&policy));
        Ok(policy)
    }

    /// Reads under the active policy; none while there is no policy.
    ///
    /// # Errors
    /// What [`ask`] says.
    pub(crate) async fn under_active<T>(
        &self,
        read: impl AsyncFn(&Active) -> Result<T, StoreError>,
    ) -> Result<Option<(Active, T)>, Problem> {
        self.under_one(async |active| ask_generation(read(active)).await).await
    }

    /// Reads under the active policy in steps, each of which [asks](ask_generation) by itself; one that finds that the
    /// next generation took over makes all of them start anew.
    ///
    /// # Errors
    /// What [`ask`] and the steps say.
    pub(crate) async fn under_one<T>(
        &self,
        read: impl AsyncFn(&Active) -> Result<Option<T>, Problem>,
    ) -> Result<Option<(Active, T)>, Problem> {
        for _ in 0..SWITCHES {
            let Some(active) = self.active().await? else { return Ok(None) };
            if let Some(found) = read(&active).await? {
                return Ok(Some((active, found)));
            }
        }
        Err(Problem::new(Code::ReadModelUnavailable))
    }
}

/// More switches of the policy than ever happen while one request is answered.
const SWITCHES: u32 = 3;

fn parse(text: &str) -> Result<Policy, Problem> {
    let unreadable = || Problem::internal(&"a policy in the read model cannot be read");
    let value = serde_json::from_str(text).map_err(|_| unreadable())?;
    Policy::parse(&value).map_err(|_| unreadable())
}
