//! Options and environment that services share. An option beats the environment, the environment beats the default.

use std::path::{Path, PathBuf};

use chrono::DateTime;
use clap::Args;

use super::secret::Secret;
use crate::clock::Clock;

/// Where the configuration file is.
#[derive(Clone, Debug, Default, Args)]
pub struct ConfigArgs {
    /// The file with sites, forms, keys and the policy [default: batea.yaml of the working directory, if it is there]
    #[arg(long, env = "BATEA_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl ConfigArgs {
    /// The file that was named. An empty variable names none.
    pub(super) fn path(&self) -> Option<&Path> {
        self.config.as_deref().filter(|path| !path.as_os_str().is_empty())
    }
}

/// Which time it is.
#[derive(Clone, Debug, Default, Args)]
pub struct ClockArgs {
    /// For demonstrations and tests: the instant at which the clock starts (RFC 3339), running on from there
    #[arg(long, env = "BATEA_CLOCK", value_name = "INSTANT", value_parser = instant)]
    clock: Option<i64>,
}

impl ClockArgs {
    /// The clock of this process; one that was set starts when this is called.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock.map_or_else(Clock::system, Clock::starting_at)
    }
}

fn instant(text: &str) -> Result<i64, String> {
    let instant = DateTime::parse_from_rfc3339(text);
    instant
        .map(|instant| instant.timestamp_millis())
        .map_err(|_| "not an instant such as 2026-06-01T08:00:00Z".to_owned())
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingError {
    /// It was given in two ways.
    #[error("{name} and {name}_FILE are both set; set one of them")]
    Twice {
        /// The variable.
        name: &'static str,
    },
    /// It was not given.
    #[error("{name} is not set")]
    Unset {
        /// The variable.
        name: &'static str,
    },
    /// It was not given, and could be in a file.
    #[error("{name} is not set; set it, or name a file with {name}_FILE")]
    Missing {
        /// The variable.
        name: &'static str,
    },
    /// The file that was named for it cannot be read.
    #[error("the file that {name}_FILE names cannot be read: {path}: {error}")]
    Unreadable {
        /// The variable.
        name: &'static str,
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
}

/// A secret given as it is, or in a file without the end of its last line. Empty ones count as not given.
fn secret(
    name: &'static str,
    plain: Option<&Secret>,
    file: Option<&Path>,
) -> Result<Option<Secret>, SettingError> {
    let plain = plain.filter(|secret| !secret.expose().is_empty());
    match (plain, file.filter(|path| !path.as_os_str().is_empty())) {
        (Some(_), Some(_)) => Err(SettingError::Twice { name }),
        (None, Some(path)) => {
            let unreadable =
                |error| SettingError::Unreadable { name, path: path.display().to_string(), error };
            let text = std::fs::read_to_string(path).map_err(unreadable)?;
            let text = text.trim_end_matches(['\r', '\n']);
            Ok((!text.is_empty()).then(|| Secret::from(text.to_owned())))
        }
        (plain, None) => Ok(plain.cloned()),
    }
}

/// The secret from which ids are derived.
#[derive(Clone, Debug, Default, Args)]
pub struct IdentityArgs {
    /// The secret from which ids are derived, at least 32 characters; alike in all services, and never to change. Better
    /// given in the environment or a file than here, where other users of the machine can see it
    #[arg(long, env = "BATEA_IDENTITY_SECRET", value_name = "SECRET", hide_env_values = true)]
    identity_secret: Option<Secret>,

    /// A file that holds the identity secret
    #[arg(long, env = "BATEA_IDENTITY_SECRET_FILE", value_name = "FILE")]
    identity_secret_file: Option<PathBuf>,
}

impl IdentityArgs {
    /// The secret, if one was given.
    ///
    /// # Errors
    /// When it was given in two ways, or its file cannot be read.
    pub fn secret(&self) -> Result<Option<Secret>, SettingError> {
        secret("BATEA_IDENTITY_SECRET", self.identity_secret.as_ref(), self.identity_secret_file.as_deref())
    }

    /// The secret.
    ///
    /// # Errors
    /// As [`Self::secret`], and when none was given.
    pub fn required(&self) -> Result<Secret, SettingError> {
        self.secret()?.ok_or(SettingError::Missing { name: "BATEA_IDENTITY_SECRET" })
    }
}

/// A key that may do everything, beside those of the configuration file.
#[derive(Clone, Debug, Default, Args)]
pub struct AdminKeyArgs {
    /// A key that may do everything, beside those of the configuration file. Better given in the environment or a file
    /// than here, where other users of the machine can see it
    #[arg(long, env = "BATEA_ADMIN_KEY", value_name = "KEY", hide_env_values = true)]
    admin_key: Option<Secret>,

    /// A file that holds the admin key
    #[arg(long, env = "BATEA_ADMIN_KEY_FILE", value_name = "FILE")]
    admin_key_file: Option<PathBuf>,
}

impl AdminKeyArgs {
    /// The key, if one was given.
    ///
    /// # Errors
    /// When it was given in two ways, or its file cannot be read.
    pub fn key(&self) -> Result<Option<Secret>, SettingError> {
        secret("BATEA_ADMIN_KEY", self.admin_key.as_ref(), self.admin_key_file.as_deref())
    }
}

/// The key with which a command asks an installation.
#[derive(Clone, Debug, Default, Args)]
pub struct KeyArgs {
    /// A key of the installation that is asked. Better given in the environment or a file than here, where other users of
    /// the machine can see it
    #[arg(long, env = "BATEA_KEY", value_name = "KEY", hide_env_values = true)]
    key: Option<Secret>,

    /// A file that holds the key, such as data/admin.key
    #[arg(long, env = "BATEA_KEY_FILE", value_name = "FILE")]
    key_file: Option<PathBuf>,
}

impl KeyArgs {
    /// The key.
    ///
    /// # Errors
    /// When none was given, it was given in two ways, or its file cannot be read.
    pub fn required(&self) -> Result<Secret, SettingError> {
        let key = secret("BATEA_KEY", self.key.as_ref(), self.key_file.as_deref())?;
        key.ok_or(SettingError::Missing { name: "BATEA_KEY" })
    }
}

/// Where the database is.
#[derive(Clone, Debug, Default, Args)]
pub struct DatabaseArgs {
    /// The database: postgres://user:password@host:port/name. With a password better given in the environment or a file
    /// than here, where other users of the machine can see it
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<Secret>,

    /// A file that holds the database URL
    #[arg(long, env = "DATABASE_URL_FILE", value_name = "FILE")]
    database_url_file: Option<PathBuf>,
}

impl DatabaseArgs {
    /// The URL.
    ///
    /// # Errors
    /// When none was given, it was given in two ways, or its file cannot be read.
    pub fn url(&self) -> Result<Secret, SettingError> {
        let url = secret("DATABASE_URL", self.database_url.as_ref(), self.database_url_file.as_deref())?;
        url.ok_or(SettingError::Missing { name: "DATABASE_URL" })
    }
}

#[cfg(test)]
#[path = "args_tests.rs"]
mod tests;
