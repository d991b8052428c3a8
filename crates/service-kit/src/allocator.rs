//! Memory for every program of this house.

use mimalloc::MiMalloc;

/// A fact is some dozens of short texts that live for one request: with glibc's allocator a quarter of the CPU time of a
/// batch went into taking and giving back memory (`bench/README.md`).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;
