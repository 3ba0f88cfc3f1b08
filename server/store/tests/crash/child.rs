//! The child process of the crash tests, which writes and reports every acknowledgement, and the
//! check of the store it leaves.
//!
//! The child process is this test program: the test `writer_process` writes if the environment
//! contains a directory.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, OnceLock};

use sensu_store::sqlite::{SqliteOptions, SqliteStore};
use sensu_store::{
    CommitError, Key, ManualClock, Operation, Precondition, Prefix, Scan, Store, StoreError, Txn,
};
use tokio::task::JoinSet;

const DIRECTORY: &str = "SENSU_STORE_CRASH_DIRECTORY";
/// If set, the writers continue after [`StoreError::Full`].
const CONTINUE_WHEN_FULL: &str = "SENSU_STORE_CRASH_CONTINUE_WHEN_FULL";
const WRITERS: usize = 8;
/// Number of writes that each writer acknowledges after the disk was full.
const WRITES_AFTER_FULL: usize = 100;

/// Minimum number of acknowledgements of a process that has continued after a full disk.
pub(crate) const ACKNOWLEDGED_AFTER_FULL: usize = WRITERS * WRITES_AFTER_FULL;

pub(crate) fn open(dir: &Path) -> SqliteStore {
    let clock = Arc::new(ManualClock::at(1_700_000_000));
    SqliteStore::open(dir, SqliteOptions::default(), clock).unwrap()
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap()
}

fn last_key(writer: usize) -> Key {
    Key::new("last", [format!("{writer}").as_str()]).unwrap()
}

fn log_key(writer: usize, n: u64) -> Key {
    Key::new("log", [format!("{writer}").as_str(), format!("{n:09}").as_str()]).unwrap()
}

/// The value of step `n`: its number and padding of varying length.
fn value(n: u64) -> Vec<u8> {
    let mut value = n.to_le_bytes().to_vec();
    let padding = usize::try_from(n * 997 % 6000).unwrap();
    value.resize(8 + padding, b'x');
    value
}

fn number(value: &[u8]) -> u64 {
    u64::from_le_bytes(value[..8].try_into().unwrap())
}

/// Step `n` of a writer: three changes in one transaction. The last 20 steps of a writer stay.
fn step(writer: usize, n: u64) -> Txn {
    let put = |key| Operation::Put { key, value: value(n).into(), flags: 0, expires_at: None };
    let mut operations = vec![put(last_key(writer)), put(log_key(writer, n))];
    if let Some(old) = n.checked_sub(20) {
        operations.push(Operation::Delete(log_key(writer, old)));
    }
    let is_new = Precondition::Absent(log_key(writer, n));
    Txn { preconditions: vec![is_new], operations }
}

async fn last(store: &dyn Store, writer: usize) -> u64 {
    store.get(&last_key(writer)).await.unwrap().map_or(0, |entry| number(&entry.value))
}

/// Writes and reports until the store stops or has recovered from a full disk. Runs only as the
/// child process of the other tests.
#[test]
fn writer_process() {
    let Some(dir) = std::env::var_os(DIRECTORY) else { return };
    runtime().block_on(async {
        let store = Arc::new(open(Path::new(&dir)));
        let full = Arc::new(OnceLock::new());
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let (store, full) = (store.clone(), full.clone());
            writers.spawn(async move { write(&*store, writer, &full).await });
        }
        writers.join_all().await;
        if let Some(error) = full.get() {
            println!("\nfull {error}");
            store.close().await;
            return;
        }
        let failure = store.health().await.failure.unwrap();
        // A stopped engine stays stopped.
        let again = store.commit(step(0, 1 << 40)).await;
        assert!(matches!(again, Err(CommitError::Store(StoreError::Stopped(_)))), "{again:?}");
        println!("\nstopped {failure}");
        store.close().await;
    });
}

/// Writes and reports until the store stops for good; or, if it continues after a full disk, until
/// it has acknowledged [`WRITES_AFTER_FULL`] writes since any writer has met a full disk.
#[expect(clippy::print_stdout, reason = "the parent process reads these lines")]
async fn write(store: &dyn Store, writer: usize, full: &OnceLock<StoreError>) {
    let continues = std::env::var_os(CONTINUE_WHEN_FULL).is_some();
    let (mut n, mut left) = (last(store, writer).await, WRITES_AFTER_FULL);
    while left > 0 {
        n += 1;
        match store.commit(step(writer, n)).await {
            Ok(revision) => {
                println!("\nack {writer} {n} {revision}");
                left -= usize::from(full.get().is_some());
            }
            Err(CommitError::Store(error @ StoreError::Full(_))) if continues => {
                // The first error is as good as any other.
                let _ = full.set(error);
                n = last(store, writer).await;
            }
            Err(CommitError::Store(_)) => return,
            Err(CommitError::Precondition(_)) => panic!("step {n} of {writer} already exists"),
        }
    }
}

/// What child processes have reported.
#[derive(Default)]
pub(crate) struct Reported {
    last: [u64; WRITERS],
    revision: u64,
    /// Number of acknowledged writes.
    pub(crate) acknowledged: usize,
    /// Why the engine has stopped for good.
    pub(crate) stopped: Option<String>,
    /// The failure from which the engine has recovered.
    pub(crate) full: Option<String>,
}

impl Reported {
    pub(crate) fn read(&mut self, line: &str) {
        if let Some(failure) = line.strip_prefix("stopped ") {
            self.stopped = Some(failure.to_owned());
        }
        if let Some(failure) = line.strip_prefix("full ") {
            self.full = Some(failure.to_owned());
        }
        // The last line may be incomplete: then it acknowledges nothing.
        let Some(numbers) = line.strip_prefix("ack ") else { return };
        let numbers: Vec<u64> = numbers.split(' ').map(|number| number.parse().unwrap()).collect();
        let &[writer, n, revision] = &*numbers else { return };
        let writer = usize::try_from(writer).unwrap();
        assert_eq!(n, self.last[writer].max(n - 1) + 1, "writer {writer} lost steps");
        self.last[writer] = n;
        self.revision = self.revision.max(revision);
        self.acknowledged += 1;
    }
}

/// Starts the child process with a command that takes the program as its last argument. Returns its
/// complete lines.
pub(crate) fn start(
    mut program: Command,
    dir: &Path,
) -> (Child, impl Iterator<Item = String> + use<>) {
    program.arg(std::env::current_exe().unwrap());
    program.args(["--exact", "child::writer_process", "--nocapture", "--test-threads=1"]);
    program.env(DIRECTORY, dir);
    let mut child = program.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let complete = std::iter::from_fn(move || {
        let mut line = String::new();
        let is_complete = lines.read_line(&mut line).is_ok() && line.ends_with('\n');
        is_complete.then(|| line.trim_end().to_owned())
    });
    (child, complete)
}

/// Runs the child process until it ends by itself.
pub(crate) fn run(program: Command, dir: &Path, reported: &mut Reported) -> ExitStatus {
    let (mut child, lines) = start(program, dir);
    lines.for_each(|line| reported.read(&line));
    child.wait().unwrap()
}

/// Like [`run`], but the writers continue after a full disk.
pub(crate) fn run_through_full_disk(
    mut program: Command,
    dir: &Path,
    reported: &mut Reported,
) -> ExitStatus {
    program.env(CONTINUE_WHEN_FULL, "1");
    run(program, dir, reported)
}

/// Opens the store of a child process and compares it with its reports: nothing that was
/// acknowledged is missing, and no transaction is incomplete.
pub(crate) fn check(dir: &Path, reported: &mut Reported) {
    runtime().block_on(async {
        let store = open(dir);
        store.verify().await.unwrap();
        let revision = store.health().await.revision;
        assert!(revision >= reported.revision, "revision {} became {revision}", reported.revision);
        for writer in 0..WRITERS {
            let last = last(&store, writer).await;
            let acknowledged = reported.last[writer];
            assert!(
                last >= acknowledged,
                "writer {writer}: step {acknowledged} was lost, the last is {last}"
            );
            assert!(last <= acknowledged + 1, "writer {writer}: step {last} was never written");
            let prefix = Prefix::new("log", [format!("{writer}").as_str()]).unwrap();
            let scan = Scan { prefix, after: None, limit: 100, max_bytes: usize::MAX };
            let logged = store.scan(scan).await.unwrap();
            let steps: Vec<u64> = logged.iter().map(|entry| number(&entry.value)).collect();
            let oldest = last.saturating_sub(19).max(1);
            assert_eq!(steps, (oldest..=last).collect::<Vec<_>>(), "writer {writer}: torn");
            assert!(logged.iter().all(|entry| entry.value == value(number(&entry.value))));
            reported.last[writer] = last;
        }
        reported.revision = revision;
        store.close().await;
    });
}
