//! Backup files: the same format for every engine, so that a backup of one can be restored into
//! any other.
//!
//! A backup is one SQLite database file in the format of the embedded engine, without a log. The
//! embedded engine copies its pages; the other engines write an [export](crate::Export).

pub(crate) use crate::sqlite::backup_file::write;
pub use crate::sqlite::backup_file::{read, verify};
