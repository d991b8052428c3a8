//! The product as its users meet it: the real programs, started, asked, stopped and killed; in both modes.
//!
//! Embedded tests need the program `batea` alone; distributed ones need real servers and are run by `cargo xtask test`.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "this is one test; what is missing fails it")]
#![expect(clippy::print_stdout, reason = "a failed test shows the logs of what it started")]

mod bad_input;
mod campaigns;
mod crashes;
mod forms;
mod handover;
mod identity;
mod keys;
mod long_texts;
mod operators;
mod order;
mod outages;
mod paging;
mod policies;
mod posting;
mod records;
mod scenario;
mod segments;
mod simulation;
mod support;
