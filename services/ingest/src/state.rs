//! What every handler needs: the log to write to, the forms, the secret that names people, the time.

use std::sync::Arc;

use event_log::{EventAppender, Position};
use lead_domain::{IdentitySecret, Instant};
use service_kit::auth::Keys;
use service_kit::clock::Clock;
use service_kit::problem::Problem;

use crate::config::IngestConfig;
use crate::record::{self, FactRecord};

/// The state of the service. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Ingest {
    pub(crate) desk: Arc<Desk>,
    pub(crate) keys: Keys,
}

impl Ingest {
    /// Facts that come through `keys` or the forms of `config` are named under `secret` and go to `appender`.
    #[must_use]
    pub fn new(
        appender: Arc<dyn EventAppender>,
        config: IngestConfig,
        keys: Keys,
        secret: IdentitySecret,
        clock: Clock,
    ) -> Self {
        Self { desk: Arc::new(Desk { appender, config, secret, clock }), keys }
    }
}

/// What handlers share.
#[derive(Debug)]
pub(crate) struct Desk {
    appender: Arc<dyn EventAppender>,
    pub(crate) config: IngestConfig,
    pub(crate) secret: IdentitySecret,
    clock: Clock,
}

impl Desk {
    /// The instant of receipt.
    pub(crate) fn now(&self) -> Instant {
        Instant::from_millis(self.clock.now_ms())
    }

    /// Makes all facts of one request durable, in one append.
    pub(crate) async fn append(&self, facts: Vec<FactRecord>) -> Result<Position, Problem> {
        record::append(self.appender.as_ref(), facts).await
    }
}
