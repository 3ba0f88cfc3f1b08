//! Bytes under keys, with revisions: the durable ground of the server.
//!
//! This crate knows no resource. It keeps [values](Entry) under [keys](Key) and makes one promise,
//! which every engine behind [`Store`] keeps and `tests/conformance` asks of each of them. Whoever
//! writes on top of it may rely on all of the following, and on nothing else.
//!
//! # The promise
//!
//! **Transactions.** All writing is done by [`Store::commit`]: a list of [preconditions] and a list
//! of [operations] on any number of keys. First all preconditions are judged; if one does not hold,
//! nothing happens and `commit` returns the first that does not. Otherwise all operations
//! happen, in their order, so that a later one sees what an earlier one of the same transaction
//! did. Nobody ever sees a part of a transaction. *Create unless it exists*, *replace if
//! unchanged*, *create only while the namespace exists*, *remove the namespace if it is empty* are
//! combinations of these.
//!
//! **One order.** Every transaction that happens takes the next [`Revision`]: 1, 2, 3 and so on,
//! also when it changed nothing. The order of revisions is the order in which transactions
//! happened: each one's preconditions were judged after everything with a lower revision and before
//! everything with a higher one. No revision is given out twice, not after deletions, not after a
//! crash; a store that was restored from a backup leaps ahead of whatever was lost. An entry
//! carries the revision that wrote it.
//!
//! **Reads see every acknowledged write.** When `commit` has answered, every read that begins
//! afterwards, by anyone, shows it. Each `get`, `scan` and `changes` shows the store as of one
//! moment between its call and its answer, and these moments do not go back: what one read has
//! shown, no later read unsees (in other words, single calls are linearizable). Two calls are two
//! moments. Whatever an engine remembers of earlier reads is included in this.
//!
//! **Ordered scans.** [`Store::scan`] gives the entries below a [prefix](Prefix) in the order of
//! their segments, word by word. The cursor is a key, not a position: it need not exist any more,
//! and a list read in pages shows every entry that was there all the time exactly once. A page ends
//! at a number of entries or of bytes, whichever comes first, but has at least one entry while any
//! is left.
//!
//! **Expiry.** An entry put with an end is there before that second and is not from that second on:
//! not for reads, not for preconditions, swept or not. The time is the injected [`Clock`]'s. Time
//! passing is not a transaction: it takes no revision, and the change feed tells of the end only
//! when [`Store::sweep`] (or a transaction) removes what is left.
//!
//! **A change feed that misses nothing.** [`Store::changes`] tells which keys each transaction
//! wrote or removed, in the order of revisions and within one in the order of keys, each key once
//! with its final state, always whole transactions. A follower goes on after the last revision it
//! was told. The feed is [limited](FeedLimits); whoever comes too late, or with a revision that
//! this store never gave out, is told [`ChangesError::TooOld`] and reads everything again. What it
//! is told is complete.
//!
//! **Cheap news.** [`Store::last_modified`] says which revision last changed any key of some rooms. Asked
//! *before* a read, it dates what is read: as long as it stays the same, nothing in the rooms has
//! changed since, except by expiry. It is a read like any other, so it tells of every acknowledged
//! write, also of another server's.
//!
//! # What an acknowledgement means
//!
//! With the embedded engine in its default [durability](sqlite::Durability), `commit` answers after
//! the transaction's log record has been synced to the disk: it survives the end of the process
//! and the loss of power, as far as the disk keeps its word about syncing. Callers that write at
//! the same time share one sync. In the relaxed mode it survives the end of the process, but the
//! loss of power may take back the last moments, in whole transactions, newest first. The
//! in-memory engine forgets all.
//!
//! With PostgreSQL, `commit` answers after the database server has acknowledged the commit, which
//! it does once its log is on its disk: it survives the end of this process, of the database and
//! the loss of power there, as far as `fsync` is on. Where the operator has made it wait for
//! standbys, too (`synchronous_standby_names`), it has reached them. After a failover to a standby
//! that nobody waited for, the last moments may be missing. The relaxed mode is its
//! `synchronous_commit = off`.
//!
//! An error other than a refused precondition means that the transaction was not acknowledged, not
//! that it did not happen: after [`StoreError::Overloaded`] and [`StoreError::Full`] it surely did not; after
//! [`StoreError::Failed`], [`StoreError::Unavailable`] and [`StoreError::Stopped`], and when the
//! caller drops the future, it may have or may still. If it matters, read.
//!
//! When the disk fails to sync, or anything else leaves doubt about what is on it, the embedded
//! engine stops: nothing more is acknowledged, [`Store::health`] says why, reads go on with what is known
//! to be stored. It never tries the sync again, because a kernel that could not write a page may
//! have dropped it and then calls the next sync a success. Opening the store again first writes anew
//! what the log holds. A full disk is no such doubt: those writes fail with [`StoreError::Full`], health says
//! so, and it goes on when there is room: whoever asks for its health makes it try. A log that has lost its end (removed, cut off, damaged) looks like a
//! shorter one; so the engine notes beside the database how far it has acknowledged, and does not
//! open a database that ends before its note. PostgreSQL judges its disk by itself in the same way, and starts again from its
//! log; meanwhile it is as if it could not be reached: every call is answered
//! [`StoreError::Unavailable`], and the first one after its return succeeds.
//!
//! # Several servers
//!
//! Stores that were opened on the same schema of the same PostgreSQL, by whatever servers, are one
//! store: everything above holds across them. There is one order of revisions; what one has
//! acknowledged, the next read through any other shows; each follower of the feed is told of all
//! writers' transactions. Each server judges expiry by its own clock, so the clocks of the machines
//! have to agree as closely as their users care about the second in which something ends. A server
//! that ends in the middle of a transaction leaves nothing of it, and does not hold up the others
//! for longer than [`timeout`](postgres::PostgresOptions::timeout).
//!
//! # Engines
//!
//! [`MemoryStore`] for tests, [`sqlite::SqliteStore`], embedded and durable, and
//! [`postgres::PostgresStore`] for several servers. A new engine implements [`Store`] and adds
//! itself to the conformance suite's fixture.
//!
//! [preconditions]: Precondition
//! [operations]: Operation

mod clock;
mod export;
mod feed;
mod key;
mod memory;
pub mod postgres;
mod queue;
mod reports;
pub mod sqlite;
mod store;
mod sum;

pub use clock::{Clock, ManualClock, SystemClock};
pub use export::Export;
pub use feed::FeedLimits;
pub use key::{BadKey, Key, Prefix};
pub use memory::MemoryStore;
pub use reports::{CompactReport, VerifyReport};
pub use store::{
    Change, ChangesError, CommitError, Connections, Entry, Failure, Health, MAX_VALUE_BYTES,
    Operation, Precondition, Revision, Scan, Store, StoreError, Txn,
};
