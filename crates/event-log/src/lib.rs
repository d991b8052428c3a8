//! The log that carries facts from ingest to qualification: ports, and one adapter per mode.
//!
//! A log has partitions; within one, records keep their order and have offsets that only grow. It knows no lead.

mod append;
#[cfg(feature = "contract")]
pub mod contract;
#[cfg(any(feature = "kafka", feature = "sqlite"))]
mod health;
mod position;
mod subscribe;

#[cfg(feature = "kafka")]
pub mod kafka;
#[cfg(feature = "sqlite")]
pub mod sqlite;

pub use append::{AppendError, EventAppender, NewRecord};
pub use position::{NotAPosition, Position};
pub use subscribe::{Delivery, EventSubscription, LogRecord, Start, SubscriptionError};
