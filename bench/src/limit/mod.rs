//! What the machine can do without any of our logic.

pub(crate) mod http;
pub(crate) mod produce;
pub(crate) mod rows;
pub(crate) mod sqlite;
pub(crate) mod sqlite_rows;
