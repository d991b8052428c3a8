//! The embedded file: one SQLite database with one writer, a pool of readers, and one history of migrations.
