//! A transactional key-value store with revisions: the persistence layer of the server.
//!
//! This crate knows no resource types. It stores [values](Entry) under [keys](Key) and gives one
//! guarantee, which every engine behind [`Store`] implements and `tests/conformance` checks on each
//! of them. Code above the store may rely on all of the following, and on nothing else.
//!
//! # Guarantees
//!
//! **Transactions.** All writes go through [`Store::commit`]: a list of [preconditions] and a list
//! of [operations] on any number of keys. The preconditions are evaluated first. If one does not
//! hold, nothing is written and `commit` returns the first that fails. Otherwise all operations are
//! applied in order, and a later one sees the effect of an earlier one. No reader ever sees part of
//! a transaction. *Create unless it exists*, *replace if unchanged*, *create only while the
//! namespace exists* and *delete the namespace if it is empty* are combinations of these.
//!
//! **One order.** Every committed transaction takes the next [`Revision`] (1, 2, 3, ...), even if
//! it changed nothing. Revisions order transactions: the preconditions of each are evaluated after
//! every transaction with a lower revision and before every one with a higher revision. No revision
//! is assigned twice, neither after deletions nor after a crash. A store restored from a backup
//! skips ahead of every revision that may have been lost. An entry carries the revision that wrote
//! it.
//!
//! **Reads see every acknowledged write.** After `commit` has returned, every read that starts
//! later, by any caller, sees the write. Each `get`, `scan` and `changes` shows the store at one
//! point in time between its call and its return, and these points never go back: a later read
//! never shows an older state than an earlier read. Single calls are therefore linearizable; two
//! calls are two points in time. Caches inside an engine obey the same rule.
//!
//! **Ordered scans.** [`Store::scan`] returns the entries below a [prefix](Prefix) in the order of
//! their segments. The cursor is a key, not a position, and the key need not exist. A list read in
//! pages contains every entry that existed throughout exactly once. A page ends at a number of
//! entries or of bytes, whichever is reached first, but has at least one entry while any is left.
//!
//! **Expiry.** An entry with an expiry time exists before that second and not from that second on:
//! neither for reads nor for preconditions, swept or not. The injected [`Clock`] supplies the time.
//! Expiry is not a transaction: it takes no revision, and the change feed reports it only when
//! [`Store::sweep`] or a transaction removes the entry.
//!
//! **A complete change feed.** [`Store::changes`] lists the keys that each transaction wrote or
//! deleted, ordered by revision and then by key, each key once with its final state, and always
//! whole transactions. A follower continues after the last revision it received. The feed is
//! [limited](FeedLimits): a follower that is too far behind, or has a revision that this store
//! never assigned, gets [`ChangesError::TooOld`] and must read everything again.
//!
//! **Cheap change detection.** [`Store::last_modified`] returns the last revision that changed any
//! key of some collections. Called *before* a read, it dates the result of that read: while it
//! returns the same revision, nothing in the collections has changed, except by expiry. It is a
//! read like any other, so it sees every acknowledged write, including those of other servers.
//!
//! # Durability
//!
//! With the embedded engine in its default [durability](Durability), `commit` returns after the
//! log record of the transaction was synced to disk. The write survives the end of the process and
//! a power loss, if the disk honors syncs. Concurrent callers share one sync. With
//! [`Durability::Relaxed`] a write survives the end of the process, but a power loss may undo the
//! most recent transactions: whole ones, newest first. The in-memory engine persists nothing.
//!
//! With PostgreSQL, `commit` returns after the database server has acknowledged the commit, which
//! it does once its log is on disk. The write survives the end of this process, the end of the
//! database and a power loss there, if `fsync` is on. If the operator has configured
//! `synchronous_standby_names`, the write has reached those standbys too. A failover to any other
//! standby may lose the most recent transactions. [`Durability::Relaxed`] is `synchronous_commit =
//! off`.
//!
//! An error other than a failed precondition means that the transaction was not acknowledged, not
//! that it was not committed. After [`StoreError::Overloaded`] and [`StoreError::Full`] it was
//! certainly not committed. After [`StoreError::Failed`], [`StoreError::Unavailable`] and
//! [`StoreError::Stopped`], and when the caller drops the future, it may have been or may still be.
//! If the difference matters, read.
//!
//! # Failures
//!
//! If a sync fails, or any other failure leaves doubt about the content of the disk, the embedded
//! engine stops: it acknowledges nothing more, [`Store::health`] reports the reason, and reads
//! continue with what is known to be stored. The engine never retries the sync, because a kernel
//! that could not write a page may drop it and then report the next sync as a success. Opening the
//! store again first rewrites everything the log contains.
//!
//! A full disk leaves no such doubt. Writes fail with [`StoreError::Full`] and health reports it;
//! each health check retries, so the engine recovers when space is available.
//!
//! A log that has lost its end (removed, truncated, damaged) looks like a shorter log. The engine
//! therefore records the last acknowledged revision beside the database and does not open a
//! database that ends before it.
//!
//! PostgreSQL handles failed syncs itself in the same way and restarts from its log. Meanwhile it
//! counts as unreachable: every call returns [`StoreError::Unavailable`], and the first call after
//! its return succeeds.
//!
//! # Several servers
//!
//! Stores that are opened on the same schema of the same PostgreSQL database are one store:
//! everything above holds across servers. There is one order of revisions. A write acknowledged by
//! one server is visible to the next read through any other. Each follower of the feed receives the
//! transactions of all servers. Each server evaluates expiry by its own clock, so the clocks must
//! agree as closely as callers depend on the second of expiry. A server that ends in the middle of
//! a transaction leaves nothing of it, and blocks the others for at most
//! [`timeout`](postgres::PostgresOptions::timeout).
//!
//! # Engines
//!
//! - [`MemoryStore`]: for tests.
//! - [`sqlite::SqliteStore`]: embedded and durable.
//! - [`postgres::PostgresStore`]: for several servers.
//!
//! A new engine implements [`Store`] and is added to the fixture of the conformance suite. A
//! [backup] is the same SQLite file for every engine.
//!
//! [preconditions]: Precondition
//! [operations]: Operation

pub mod backup;
mod checksum;
mod clock;
mod durability;
mod entry;
mod error;
mod export;
mod feed;
mod key;
mod memory;
pub mod postgres;
mod queue;
mod reports;
pub mod sqlite;
mod store;
mod txn;

pub use clock::{AdjustableClock, Clock, ClockSetting, ManualClock, SystemClock};
pub use durability::Durability;
pub use entry::{Change, Entry, Revision, Scan};
pub use error::StoreError;
pub use export::Export;
pub use feed::FeedLimits;
pub use key::{BadKey, Key, Prefix};
pub use memory::MemoryStore;
pub use reports::{CompactReport, VerifyReport};
pub use store::{ChangesError, CommitError, Connections, Failure, Health, Store};
pub use txn::{MAX_VALUE_BYTES, Operation, Precondition, Txn};
