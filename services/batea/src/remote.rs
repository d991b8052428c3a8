//! What commands that speak REST have in common: which installation, with which key, and how what it refuses is told.

use std::time::Duration;

use clap::Args;
use serde_json::Value;
use service_kit::config::{KeyArgs, SettingError};
use ureq::http::Response;
use ureq::{Agent, Body};

/// How long an installation may take to be reached.
const CONNECT: Duration = Duration::from_secs(10);
/// How long nothing may come. Answers that take longer give signs of life every second.
const SILENCE: Duration = Duration::from_secs(60);
/// The most bytes of an answer; one with twenty explained leads has some hundred thousand.
const ANSWER_MAX: u64 = 64 << 20;

/// Which installation is asked.
#[derive(Clone, Debug, Args)]
pub(crate) struct RemoteArgs {
    /// Where it answers reads
    #[arg(long, env = "BATEA_URL", value_name = "URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    #[command(flatten)]
    key: KeyArgs,
}

/// Why an installation did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RemoteError {
    /// The key.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// It was not reached, or the connection broke.
    #[error("{url} does not answer: {reason}")]
    Away {
        /// Which installation.
        url: String,
        /// Why.
        reason: String,
    },
    /// It answered something else than Batea does.
    #[error("what answers at {0} is no Batea, or another version of it")]
    Foreign(String),
    /// It refused.
    #[error("{}", told(.0))]
    Refused(Value),
}

impl RemoteError {
    /// What is wrong with what was sent: pointers and sentences.
    pub(crate) fn errors(&self) -> Vec<(String, String)> {
        let Self::Refused(problem) = self else { return Vec::new() };
        let text = |error: &Value, key: &str| error[key].as_str().unwrap_or_default().to_owned();
        let errors = problem["errors"].as_array().into_iter().flatten();
        errors.map(|error| (text(error, "pointer"), text(error, "detail"))).collect()
    }
}

/// The sentence of a problem document, and what to do about it where that is known.
fn told(problem: &Value) -> String {
    let detail = problem["detail"].as_str().unwrap_or("The answer tells no reason.");
    let hint = match problem["code"].as_str() {
        Some("unauthorized") => " Name a file that holds a key with --key-file, such as data/admin.key.",
        _ => "",
    };
    format!("{detail}{hint}")
}

impl RemoteArgs {
    /// Posts JSON and gives the answer, whose body is still to be read.
    ///
    /// # Errors
    /// When there is no key, nobody answers, or the answer is no 200.
    pub(crate) fn post(&self, path: &str, accept: &str, body: &Value) -> Result<Response<Body>, RemoteError> {
        let key = self.key.required()?;
        let url = format!("{}{path}", self.url.trim_end_matches('/'));
        let request = agent().post(&url).header("Authorization", format!("Bearer {}", key.expose()));
        let request = request.header("Accept", accept).header("Content-Type", "application/json");
        let answer = request.send(body.to_string()).map_err(|error| self.away(&error))?;
        if answer.status() == 200 { Ok(answer) } else { Err(self.refused(answer)) }
    }

    /// The connection broke.
    pub(crate) fn away(&self, error: &dyn std::fmt::Display) -> RemoteError {
        RemoteError::Away { url: self.url.clone(), reason: error.to_string() }
    }

    /// The answer is none of ours.
    pub(crate) fn foreign(&self) -> RemoteError {
        RemoteError::Foreign(self.url.clone())
    }

    fn refused(&self, answer: Response<Body>) -> RemoteError {
        let body = answer.into_body().into_with_config().limit(ANSWER_MAX).read_to_vec().unwrap_or_default();
        let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
        if problem["code"].is_string() { RemoteError::Refused(problem) } else { self.foreign() }
    }
}

/// Redirects would carry the key elsewhere, so none is followed.
fn agent() -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(CONNECT))
        .timeout_per_read(Some(SILENCE))
        .user_agent(concat!("batea/", env!("CARGO_PKG_VERSION")));
    config.build().into()
}
