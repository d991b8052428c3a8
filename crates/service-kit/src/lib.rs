//! What every service of this house needs around its own work, and nothing about leads: answers to mistakes, keys,
//! bounded bodies, settings, logs, health, metrics, sealed cursors, and a process that starts and ends well.

pub mod auth;
pub mod body;
pub mod clock;
pub mod config;
pub mod cursor;
pub mod health;
pub mod healthcheck;
pub mod json;
pub mod lifecycle;
pub mod metrics;
pub mod problem;
pub mod process;
pub mod random;
pub mod server;
pub mod telemetry;
pub mod trace;

mod allocator;
mod exchange;
mod leftover;
#[cfg(test)]
mod raw_http;
