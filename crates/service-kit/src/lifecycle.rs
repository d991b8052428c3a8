//! A process that starts, works, and ends well: on a signal it answers what is in flight, and when a part of it dies
//! unplanned it does not go on as if nothing had happened.

mod shutdown;

use std::collections::HashMap;
use std::fmt::Display;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use futures_util::future::join_all;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::timeout;

pub use shutdown::Shutdown;

use crate::server::HttpListener;

/// How long the process may take to end.
const DRAIN: Duration = Duration::from_secs(10);

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The parts of a process, and the order in which they end: servers, tasks, last works.
pub struct Lifecycle {
    draining: Shutdown,
    shutdown: Shutdown,
    servers: Vec<ServerHandle>,
    parts: JoinSet<Result<(), String>>,
    names: HashMap<Id, &'static str>,
    last: Vec<(&'static str, Work)>,
}

/// Why a process ends.
enum End {
    Asked(&'static str),
    Died,
}

impl Lifecycle {
    /// A process without parts.
    #[must_use]
    pub fn new() -> Self {
        Self {
            draining: Shutdown::detached(),
            shutdown: Shutdown::detached(),
            servers: Vec::new(),
            parts: JoinSet::new(),
            names: HashMap::new(),
            last: Vec::new(),
        }
    }

    /// Tells tasks when to end.
    #[must_use]
    pub fn shutdown(&self) -> Shutdown {
        self.shutdown.clone()
    }

    /// Tells answers that wait for something, or have no end, that it is time to end: before tasks are told.
    #[must_use]
    pub fn draining(&self) -> Shutdown {
        self.draining.clone()
    }

    /// Starts to answer. When the process ends, servers go first: what is in flight is answered while tasks still run.
    pub fn serve(&mut self, listener: HttpListener) {
        self.servers.push(listener.server.handle());
        let server = listener.server;
        self.spawn(listener.name, async move { server.await.map_err(|error: io::Error| error.to_string()) });
    }

    /// Starts a task. One that ends before the shutdown was requested stops the process with a failing exit code.
    pub fn task<E: Display + Send + 'static>(
        &mut self,
        name: &'static str,
        task: impl Future<Output = Result<(), E>> + Send + 'static,
    ) {
        self.spawn(name, async move { task.await.map_err(|error| error.to_string()) });
    }

    /// Does this when all tasks have ended.
    pub fn at_end(&mut self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        self.last.push((name, Box::pin(work)));
    }

    fn spawn(&mut self, name: &'static str, part: impl Future<Output = Result<(), String>> + Send + 'static) {
        let id = self.parts.spawn(part).id();
        self.names.insert(id, name);
    }

    /// Runs until SIGTERM, SIGINT, a request for shutdown, or the end of a part; then ends everything within 10 s.
    pub async fn run(mut self) -> ExitCode {
        if self.run_to_end().await {
            return ExitCode::SUCCESS;
        }
        // Not by returning: a blocked thread could keep the runtime, and with it the process, from ending.
        exit_failing()
    }

    /// Whether it was asked to end, and everything did in time.
    async fn run_to_end(&mut self) -> bool {
        let end = self.wait().await;
        if let End::Asked(by) = end {
            tracing::info!(by, "stopping");
        }
        let ended_well = tokio::select! {
            ended_well = timeout(DRAIN, self.stop()) => ended_well.unwrap_or(false),
            _ = asked() => false,
        };
        if ended_well {
            tracing::info!("stopped");
        } else {
            tracing::error!("stopped before everything had ended well");
        }
        ended_well && matches!(end, End::Asked(_))
    }

    async fn wait(&mut self) -> End {
        tokio::select! {
            end = asked() => end,
            () = self.shutdown.requested() => End::Asked("a part of the process"),
            ended = next_ended(&mut self.parts) => {
                let (id, outcome) = ended;
                let name = self.names.get(&id).copied().unwrap_or_default();
                let error = outcome.err().unwrap_or_else(|| "it returned".to_owned());
                tracing::error!(task = name, error, "a task ended unplanned");
                End::Died
            }
        }
    }

    /// Ends servers, then tasks, then does the last works. Tells whether all went well.
    async fn stop(&mut self) -> bool {
        self.draining.request();
        join_all(self.servers.iter().map(|server| server.stop(true))).await;
        self.shutdown.request();
        let mut well = true;
        while !self.parts.is_empty() {
            let (id, outcome) = next_ended(&mut self.parts).await;
            if let Err(error) = outcome {
                let task = self.names.get(&id).copied().unwrap_or_default();
                tracing::error!(task, error, "a task did not end well");
                well = false;
            }
        }
        for (name, work) in self.last.drain(..) {
            work.await;
            tracing::debug!(work = name, "done");
        }
        well
    }
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Lifecycle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lifecycle").field("parts", &self.names.values()).finish_non_exhaustive()
    }
}

#[expect(clippy::exit, reason = "the one place where the process ends without unwinding")]
fn exit_failing() -> ! {
    std::process::exit(1)
}

/// The next part that ends, and how; waits for ever when there are none.
async fn next_ended(parts: &mut JoinSet<Result<(), String>>) -> (Id, Result<(), String>) {
    match parts.join_next_with_id().await {
        Some(Ok((id, outcome))) => (id, outcome),
        Some(Err(error)) => (error.id(), Err(death(&error))),
        None => std::future::pending().await,
    }
}

/// Never the words of a panic: they may repeat what somebody sent.
fn death(error: &JoinError) -> String {
    if error.is_panic() { "it panicked".to_owned() } else { "it was cancelled".to_owned() }
}

/// The next signal that asks the process to end; the second one finds somebody who has lost patience.
async fn asked() -> End {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("no signal can be listened for");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => End::Asked("SIGTERM"),
        _ = interrupt.recv() => End::Asked("SIGINT"),
    }
}

#[cfg(test)]
#[path = "lifecycle_tests.rs"]
mod tests;
