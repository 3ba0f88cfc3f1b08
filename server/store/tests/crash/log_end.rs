//! Logs whose end is torn, damaged or missing.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sensu_store::sqlite::{OpenError, SqliteOptions, SqliteStore, maintenance};
use sensu_store::{Entry, Key, ManualClock, Operation, Prefix, Scan, Store, Txn};
use tempfile::TempDir;

use crate::child::{open, runtime};

const DATABASE: &str = "sensu.db";
const LOG: &str = "sensu.db-wal";
const MARK: &str = "sensu.mark";

/// The files of a process that was killed after 12 transactions.
struct Remains {
    dir: TempDir,
    database: Vec<u8>,
    log: Vec<u8>,
    /// The length of the log and the content of the store after each transaction.
    history: Vec<(usize, Vec<Entry>)>,
    /// The high-water mark before the last transaction.
    mark_before_last: Vec<u8>,
    mark: Vec<u8>,
}

async fn content(store: &dyn Store) -> Vec<Entry> {
    let prefix = Prefix::new("things", []).unwrap();
    let scan = Scan { prefix, after: None, limit: usize::MAX, max_bytes: usize::MAX };
    store.scan(scan).await.unwrap()
}

async fn remains() -> Remains {
    let dir = TempDir::new().unwrap();
    let state = dir.path().join("state");
    let store = open(&state);
    let read = |file: &str| fs::read(state.join(file)).unwrap();
    let (mut history, mut mark_before_last) = (Vec::new(), Vec::new());
    for n in 0..12_u32 {
        mark_before_last = read(MARK);
        let key = |name: String| Key::new("things", [name.as_str()]).unwrap();
        let put = |name: String| Operation::Put {
            key: key(name),
            value: n.to_string().repeat(700 * usize::try_from(n).unwrap()).into(),
            flags: n,
            expires_at: None,
        };
        let mut operations = vec![put(format!("{n}")), put("always".to_owned())];
        if n > 3 {
            operations.push(Operation::Delete(key(format!("{}", n - 3))));
        }
        store.commit(Txn { operations, ..Txn::default() }).await.unwrap();
        history.push((read(LOG).len(), content(&store).await));
    }
    assert!(history.is_sorted_by(|a, b| a.0 < b.0), "the log grows with each transaction");
    // Read before the store is closed: a killed process does not checkpoint.
    let remains = Remains {
        database: read(DATABASE),
        log: read(LOG),
        mark: read(MARK),
        dir,
        history,
        mark_before_last,
    };
    store.close().await;
    remains
}

impl Remains {
    /// A directory with the database, this log and this high-water mark.
    fn with_log(&self, log: &[u8], mark: Option<&[u8]>) -> PathBuf {
        let dir = self.dir.path().join("copy");
        // Fails if there is no directory of a previous call.
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join(DATABASE), &self.database).unwrap();
        fs::write(dir.join(LOG), log).unwrap();
        if let Some(mark) = mark {
            fs::write(dir.join(MARK), mark).unwrap();
        }
        dir
    }

    /// Number of complete transactions in this number of bytes of the log.
    fn complete(&self, bytes: usize) -> usize {
        self.history.iter().take_while(|(length, _)| *length <= bytes).count()
    }

    /// Asserts that the directory contains exactly the first `count` transactions.
    async fn assert_contains(&self, dir: &Path, count: usize, why: &str) {
        let store = open(dir);
        let found = content(&store).await;
        let expected = count.checked_sub(1).map(|last| &self.history[last].1);
        let short = |entries: &[Entry]| -> Vec<_> {
            entries.iter().map(|entry| (entry.key.clone(), entry.revision)).collect()
        };
        assert_eq!(short(&found), expected.map_or(Vec::new(), |all| short(all)), "{why}");
        assert!(expected.is_none_or(|all| *all == found), "{why}: values differ");
        assert_eq!(store.health().await.revision, count as u64, "{why}");
        assert_eq!(store.verify().await.unwrap().entries, found.len() as u64, "{why}");
        store.close().await;
    }

    /// Asserts that the directory is rejected because transactions after `found` are missing.
    fn assert_rejected(dir: &Path, recorded: usize, found: usize, why: &str) {
        let clock = Arc::new(ManualClock::at(1_700_000_000));
        let verified = maintenance::verify(dir, &*clock).err();
        let opened = SqliteStore::open(dir, SqliteOptions::default(), clock).err();
        for error in [verified, opened] {
            match error {
                Some(OpenError::Lost { recorded: mark, found: last, .. }) => {
                    assert_eq!((mark, last), (recorded as u64, found as u64), "{why}");
                }
                other => panic!("{why}: {other:?}"),
            }
        }
    }

    /// Lengths of truncated logs: the end of each transaction, one byte before and after it, and
    /// lengths in between.
    fn cuts(&self) -> Vec<usize> {
        let ends = self.history.iter().flat_map(|(end, _)| [end - 1, *end, end + 1]);
        let mut cuts: Vec<usize> = ends.chain((0..self.log.len()).step_by(1777)).collect();
        cuts.extend([0, 1, 31, 32, 33, self.log.len()]);
        cuts.retain(|cut| *cut <= self.log.len());
        cuts
    }
}

#[test]
fn a_truncated_log_is_detected() {
    runtime().block_on(async {
        let remains = remains().await;
        let all = remains.history.len();
        for cut in remains.cuts() {
            let (complete, why) = (remains.complete(cut), format!("cut at {cut}"));
            let dir = remains.with_log(&remains.log[..cut], Some(&remains.mark));
            if complete == all {
                remains.assert_contains(&dir, all, &why).await;
                continue;
            }
            Remains::assert_rejected(&dir, all, complete, &why);
            // Without the high-water mark, the complete transactions remain.
            fs::remove_file(dir.join(MARK)).unwrap();
            remains.assert_contains(&dir, complete, &why).await;
        }
        let dir = remains.with_log(&[], Some(&remains.mark));
        fs::remove_file(dir.join(LOG)).unwrap();
        Remains::assert_rejected(&dir, all, 0, "no log");
    });
}

#[test]
fn a_torn_write_that_was_not_acknowledged_is_ignored() {
    runtime().block_on(async {
        let remains = remains().await;
        let (all, last) = (remains.history.len(), remains.history.len() - 1);
        let (start, end) = (remains.history[last - 1].0, remains.history[last].0);
        // The process was writing the last transaction: its end, or sectors of it, are missing.
        for cut in (start..end).step_by(512) {
            let dir = remains.with_log(&remains.log[..cut], Some(&remains.mark_before_last));
            remains.assert_contains(&dir, last, &format!("cut at {cut}")).await;
            for junk in [0x00, 0xff] {
                let mut log = remains.log.clone();
                log[cut..end.min(cut + 512)].fill(junk);
                if log == remains.log {
                    continue;
                }
                let dir = remains.with_log(&log, Some(&remains.mark_before_last));
                remains.assert_contains(&dir, last, &format!("sector of {junk} at {cut}")).await;
            }
        }
        // The last transaction is complete but was not acknowledged.
        let dir = remains.with_log(&remains.log, Some(&remains.mark_before_last));
        remains.assert_contains(&dir, all, "complete").await;
        // Followed by the remains of an older log, or by noise.
        for tail in [vec![0; 9000], vec![0xa5; 9000], remains.log[32..9000].to_vec()] {
            let log = [&*remains.log, &*tail].concat();
            let dir = remains.with_log(&log, Some(&remains.mark));
            remains.assert_contains(&dir, all, "noise after the end").await;
        }
    });
}

#[test]
fn a_damaged_log_is_detected() {
    runtime().block_on(async {
        let remains = remains().await;
        let all = remains.history.len();
        for at in (0..remains.log.len()).step_by(2999) {
            let mut log = remains.log.clone();
            log[at] ^= 0x10;
            let dir = remains.with_log(&log, Some(&remains.mark));
            let (complete, why) = (remains.complete(at), format!("one bit changed at {at}"));
            Remains::assert_rejected(&dir, all, complete, &why);
        }
        // A torn high-water mark is ignored.
        let mut torn = remains.mark.clone();
        torn[3] ^= 1;
        for mark in [&torn[..], &remains.mark[..9], &[]] {
            let dir = remains.with_log(&remains.log, Some(mark));
            remains.assert_contains(&dir, all, "a torn high-water mark").await;
        }
    });
}
