//! Logs with a torn, damaged or missing end.

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

/// What a killed process left, and what it had acknowledged at which length of its log.
struct Left {
    dir: TempDir,
    database: Vec<u8>,
    log: Vec<u8>,
    /// Length of the log, and the store's content, after each transaction.
    history: Vec<(usize, Vec<Entry>)>,
    /// The note as it was before the last transaction.
    mark_before_last: Vec<u8>,
    mark: Vec<u8>,
}

async fn content(store: &dyn Store) -> Vec<Entry> {
    let prefix = Prefix::new("things", []).unwrap();
    let scan = Scan { prefix, after: None, limit: usize::MAX, max_bytes: usize::MAX };
    store.scan(scan).await.unwrap()
}

async fn leave() -> Left {
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
    assert!(history.is_sorted_by(|a, b| a.0 < b.0), "the log grows with each");
    // The store stays open, as after kill -9 nothing is tidied; it ends with the test.
    let left = Left {
        database: read(DATABASE),
        log: read(LOG),
        mark: read(MARK),
        dir,
        history,
        mark_before_last,
    };
    store.close().await;
    left
}

impl Left {
    fn folder(&self, log: &[u8], mark: Option<&[u8]>) -> PathBuf {
        let folder = self.dir.path().join("copy");
        // There is none before the first.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(DATABASE), &self.database).unwrap();
        fs::write(folder.join(LOG), log).unwrap();
        if let Some(mark) = mark {
            fs::write(folder.join(MARK), mark).unwrap();
        }
        folder
    }

    /// How many transactions are whole in the first so many bytes of the log.
    fn whole(&self, bytes: usize) -> usize {
        self.history.iter().take_while(|(length, _)| *length <= bytes).count()
    }

    /// The folder opens with exactly the first so many transactions.
    async fn holds(&self, folder: &Path, count: usize, why: &str) {
        let store = open(folder);
        let found = content(&store).await;
        let expected = count.checked_sub(1).map(|last| &self.history[last].1);
        let short = |entries: &[Entry]| -> Vec<_> {
            entries.iter().map(|entry| (entry.key.clone(), entry.revision)).collect()
        };
        assert_eq!(short(&found), expected.map_or(Vec::new(), |all| short(all)), "{why}");
        assert!(expected.is_none_or(|all| *all == found), "{why}: other values");
        assert_eq!(store.health().await.revision, count as u64, "{why}");
        assert_eq!(store.verify().await.unwrap().entries, found.len() as u64, "{why}");
        store.close().await;
    }

    /// The folder is refused, because that many transactions are left of those noted.
    fn is_refused(folder: &Path, noted: usize, found: usize, why: &str) {
        let clock = Arc::new(ManualClock::at(1_700_000_000));
        let outside = maintenance::verify(folder, &*clock).err();
        let opened = SqliteStore::open(folder, SqliteOptions::default(), clock).err();
        for error in [outside, opened] {
            match error {
                Some(OpenError::Lost { recorded: told, found: left, .. }) => {
                    assert_eq!((told, left), (noted as u64, found as u64), "{why}");
                }
                other => panic!("{why}: {other:?}"),
            }
        }
    }

    /// Lengths at which a log might end: every transaction's end and its neighbours, and between.
    fn cuts(&self) -> Vec<usize> {
        let ends = self.history.iter().flat_map(|(end, _)| [end - 1, *end, end + 1]);
        let mut cuts: Vec<usize> = ends.chain((0..self.log.len()).step_by(1777)).collect();
        cuts.extend([0, 1, 31, 32, 33, self.log.len()]);
        cuts.retain(|cut| *cut <= self.log.len());
        cuts
    }
}

#[test]
fn a_log_without_its_end_is_noticed() {
    runtime().block_on(async {
        let left = leave().await;
        let all = left.history.len();
        for cut in left.cuts() {
            let (whole, why) = (left.whole(cut), format!("cut at {cut}"));
            let folder = left.folder(&left.log[..cut], Some(&left.mark));
            if whole == all {
                left.holds(&folder, all, &why).await;
                continue;
            }
            Left::is_refused(&folder, all, whole, &why);
            // Whoever removes the note goes on with whole transactions.
            fs::remove_file(folder.join(MARK)).unwrap();
            left.holds(&folder, whole, &why).await;
        }
        let folder = left.folder(&[], Some(&left.mark));
        fs::remove_file(folder.join(LOG)).unwrap();
        Left::is_refused(&folder, all, 0, "no log at all");
    });
}

#[test]
fn a_torn_write_that_was_not_acknowledged_harms_nothing() {
    runtime().block_on(async {
        let left = leave().await;
        let (all, last) = (left.history.len(), left.history.len() - 1);
        let (start, end) = (left.history[last - 1].0, left.history[last].0);
        // The last transaction was being written: its end is missing, or sectors in between.
        for cut in (start..end).step_by(512) {
            let folder = left.folder(&left.log[..cut], Some(&left.mark_before_last));
            left.holds(&folder, last, &format!("cut at {cut}")).await;
            for junk in [0x00, 0xff] {
                let mut log = left.log.clone();
                log[cut..end.min(cut + 512)].fill(junk);
                if log == left.log {
                    continue;
                }
                let folder = left.folder(&log, Some(&left.mark_before_last));
                left.holds(&folder, last, &format!("sector of {junk} at {cut}")).await;
            }
        }
        // It was whole, but nobody was told.
        let folder = left.folder(&left.log, Some(&left.mark_before_last));
        left.holds(&folder, all, "whole").await;
        // Something else came after it: leftovers of an older log, or nothing but noise.
        for tail in [vec![0; 9000], vec![0xa5; 9000], left.log[32..9000].to_vec()] {
            let log = [&*left.log, &*tail].concat();
            let folder = left.folder(&log, Some(&left.mark));
            left.holds(&folder, all, "noise after the end").await;
        }
    });
}

#[test]
fn a_damaged_log_is_noticed() {
    runtime().block_on(async {
        let left = leave().await;
        let all = left.history.len();
        for at in (0..left.log.len()).step_by(2999) {
            let mut log = left.log.clone();
            log[at] ^= 0x10;
            let folder = left.folder(&log, Some(&left.mark));
            let (whole, why) = (left.whole(at), format!("a bit changed at {at}"));
            Left::is_refused(&folder, all, whole, &why);
        }
        // A torn note says nothing, and is no reason to refuse.
        let mut torn = left.mark.clone();
        torn[3] ^= 1;
        for mark in [&torn[..], &left.mark[..9], &[]] {
            let folder = left.folder(&left.log, Some(mark));
            left.holds(&folder, all, "a torn note").await;
        }
    });
}
