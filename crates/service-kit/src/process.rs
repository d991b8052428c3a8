//! How a distributed service starts and what its process tells.

use std::process::ExitCode;

use crate::config::ListenAddress;
use crate::health::Health;
use crate::metrics::Metrics;
use crate::server::{self, HttpListener, ListenError};

/// Why a service does not start, or cannot go on.
pub type StartError = Box<dyn std::error::Error + Send + Sync>;

/// The exit code of a command; why it failed is logged.
#[must_use]
pub fn exit_code(outcome: Result<ExitCode, StartError>) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        tracing::error!(%error, "cannot go on");
        ExitCode::FAILURE
    })
}

/// Binds the port on which operators find `/livez`, `/readyz` and `/metrics`.
///
/// # Errors
/// When the address cannot be bound.
pub fn listen_for_operators(
    address: &ListenAddress,
    health: &Health,
    metrics: &Metrics,
) -> Result<HttpListener, ListenError> {
    let (health, metrics) = (health.clone(), metrics.clone());
    let listener = server::listen("admin", address, move |cfg| {
        health.configure(cfg);
        metrics.configure(cfg);
    })?;
    tracing::info!(address = %listener.address(), "listening for operators");
    Ok(listener)
}
