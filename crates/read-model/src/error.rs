//! Why a port refuses or fails.

/// Why the store did not do it. Nothing of a failed transaction is left.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another owner took the partition, or commits of ours were lost: claim again, and read again from there.
    #[error("the position of partition {partition} is no longer where this owner left it")]
    Fenced {
        /// The partition.
        partition: i32,
    },
    /// Another policy or a newer fold took over, or is filled beside: load the rules and do the batch again.
    #[error("generation {generation} is not one that is written or answered from")]
    Superseded {
        /// The generation that was to be written.
        generation: i64,
    },
    /// Two transactions stood in each other's way: do the batch again.
    #[error("the transaction must be repeated: {0}")]
    Conflict(String),
    /// The database is away, full or slow: try again later, for ever.
    #[error("the read model is not available: {0}")]
    Unavailable(String),
    /// What is stored cannot be read, or the schema is another one.
    #[error("the read model cannot be used: {0}")]
    Broken(String),
}
