//! Settings: the file `batea.yaml`, which holds what a company decides, and options and environment, which hold what
//! an installation needs.
//!
//! The two do not overlap, but for keys: those of the file and the admin key of the environment hold side by side.

mod args;
mod file;
mod kafka;
mod keys;
mod place;
mod scalar;
mod secret;
mod yaml;

pub use args::{AdminKeyArgs, ClockArgs, ConfigArgs, DatabaseArgs, IdentityArgs, KeyArgs, SettingError};
pub use file::{ConfigFile, DEFAULT_FILE};
pub use kafka::{KafkaArgs, TopicArgs};
pub use place::{ConfigErrors, ConfigProblem, Place, unknown_key};
pub use secret::Secret;

pub use crate::server::ListenAddress;
pub use crate::telemetry::LogArgs;
