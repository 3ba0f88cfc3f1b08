//! A process that writes and says what was acknowledged, and the judge of what it leaves.
//!
//! The process is this test program itself: the test named `writes` does the writing when the
//! environment gives it a folder.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;

use sensu_store::sqlite::{SqliteOptions, SqliteStore};
use sensu_store::{
    CommitError, Key, ManualClock, Operation, Precondition, Prefix, Scan, Store, StoreError, Txn,
};
use tokio::task::JoinSet;

const FOLDER: &str = "SENSU_STORE_CRASH_FOLDER";
const PATIENT: &str = "SENSU_STORE_CRASH_PATIENT";
const WRITERS: usize = 8;

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

/// The value of step `n`: its number, then filling of an uneven length.
fn value(n: u64) -> Vec<u8> {
    let mut value = n.to_le_bytes().to_vec();
    let filling = usize::try_from(n * 997 % 6000).unwrap();
    value.resize(8 + filling, b'x');
    value
}

fn number(value: &[u8]) -> u64 {
    u64::from_le_bytes(value[..8].try_into().unwrap())
}

/// Step `n` of a writer: three changes that belong together. It keeps its last 20 steps.
fn step(writer: usize, n: u64) -> Txn {
    let put = |key| Operation::Put { key, value: value(n).into(), flags: 0, expires_at: None };
    let mut operations = vec![put(last_key(writer)), put(log_key(writer, n))];
    if let Some(old) = n.checked_sub(20) {
        operations.push(Operation::Delete(log_key(writer, old)));
    }
    let previous = Precondition::Absent(log_key(writer, n));
    Txn { preconditions: vec![previous], operations }
}

async fn last(store: &dyn Store, writer: usize) -> u64 {
    store.get(&last_key(writer)).await.unwrap().map_or(0, |entry| number(&entry.value))
}

/// Writes for ever and says so, when it is run by the other tests.
#[test]
fn writes() {
    let Some(dir) = std::env::var_os(FOLDER) else { return };
    runtime().block_on(async {
        let store = Arc::new(open(Path::new(&dir)));
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let store = store.clone();
            writers.spawn(async move { write(&*store, writer).await });
        }
        let errors = writers.join_all().await;
        if let Some(StoreError::Full(survived)) = errors.iter().flatten().next() {
            println!("\nsurvived {survived}");
            store.close().await;
            return;
        }
        let health = store.health().await;
        let complaint = health.failure.unwrap();
        // A stopped engine stays stopped, however often it is asked.
        let again = store.commit(step(0, 1 << 40)).await;
        assert!(matches!(again, Err(CommitError::Store(StoreError::Stopped(_)))), "{again:?}");
        println!("\nstopped {complaint}");
        store.close().await;
    });
}

/// Writes and acknowledges until the store refuses for good; or, if it is to be patient, until it
/// has written a hundred times more after a failure that it survived.
#[expect(clippy::print_stdout, reason = "the lines by which the parent learns what was stored")]
async fn write(store: &dyn Store, writer: usize) -> Option<StoreError> {
    let patient = std::env::var_os(PATIENT).is_some();
    let (mut n, mut survived, mut left) = (last(store, writer).await, None, 100);
    while left > 0 {
        n += 1;
        match store.commit(step(writer, n)).await {
            Ok(revision) => println!("\nack {writer} {n} {revision}"),
            Err(CommitError::Store(error @ StoreError::Full(_))) if patient => {
                // It has happened or not.
                n = last(store, writer).await;
                survived = Some(error);
            }
            Err(CommitError::Store(error)) => return Some(error),
            Err(CommitError::Precondition(_)) => panic!("step {n} of {writer} is there already"),
        }
        left -= u64::from(survived.is_some());
    }
    survived
}

/// What a process was told.
#[derive(Default)]
pub(crate) struct Told {
    last: [u64; WRITERS],
    revision: u64,
    /// Acknowledgements.
    pub(crate) count: usize,
    /// Why it stopped for good.
    pub(crate) stopped: Option<String>,
    /// What it went on after.
    pub(crate) survived: Option<String>,
}

impl Told {
    pub(crate) fn hear(&mut self, line: &str) {
        if let Some(complaint) = line.strip_prefix("stopped ") {
            self.stopped = Some(complaint.to_owned());
        }
        if let Some(complaint) = line.strip_prefix("survived ") {
            self.survived = Some(complaint.to_owned());
        }
        // The last line may be cut off: then nobody was told.
        let Some(numbers) = line.strip_prefix("ack ") else { return };
        let numbers: Vec<u64> = numbers.split(' ').map(|number| number.parse().unwrap()).collect();
        let &[writer, n, revision] = &*numbers else { return };
        let writer = usize::try_from(writer).unwrap();
        assert_eq!(n, self.last[writer].max(n - 1) + 1, "writer {writer} lost steps");
        self.last[writer] = n;
        self.revision = self.revision.max(revision);
        self.count += 1;
    }
}

/// Starts the process through a command that is given this program's name as its last argument.
pub(crate) fn start(
    mut program: Command,
    dir: &Path,
) -> (Child, impl Iterator<Item = String> + use<>) {
    program.arg(std::env::current_exe().unwrap());
    program.args(["--exact", "child::writes", "--nocapture", "--test-threads=1"]).env(FOLDER, dir);
    let mut child = program.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let complete = std::iter::from_fn(move || {
        let mut line = String::new();
        let whole = lines.read_line(&mut line).is_ok() && line.ends_with('\n');
        whole.then(|| line.trim_end().to_owned())
    });
    (child, complete)
}

/// Runs the process to its end, which it comes to by itself.
pub(crate) fn run(program: Command, dir: &Path, told: &mut Told) -> ExitStatus {
    let (mut child, lines) = start(program, dir);
    lines.for_each(|line| told.hear(&line));
    child.wait().unwrap()
}

/// The same, but it goes on after failures that a store survives.
pub(crate) fn run_patiently(mut program: Command, dir: &Path, told: &mut Told) -> ExitStatus {
    program.env(PATIENT, "1");
    run(program, dir, told)
}

/// Opens what a process left and compares it with what it was told.
pub(crate) fn judge(dir: &Path, told: &mut Told) {
    runtime().block_on(async {
        let store = open(dir);
        store.verify().await.unwrap();
        let revision = store.health().await.revision;
        assert!(revision >= told.revision, "revision {} became {revision}", told.revision);
        for writer in 0..WRITERS {
            let last = last(&store, writer).await;
            let told_last = told.last[writer];
            assert!(
                last >= told_last,
                "writer {writer}: step {told_last} was lost, {last} is left"
            );
            assert!(last <= told_last + 1, "writer {writer}: step {last} was never written");
            let prefix = Prefix::new("log", [format!("{writer}").as_str()]).unwrap();
            let scan = Scan { prefix, after: None, limit: 100, max_bytes: usize::MAX };
            let logged = store.scan(scan).await.unwrap();
            let steps: Vec<u64> = logged.iter().map(|entry| number(&entry.value)).collect();
            let oldest = last.saturating_sub(19).max(1);
            assert_eq!(steps, (oldest..=last).collect::<Vec<_>>(), "writer {writer}: torn");
            assert!(logged.iter().all(|entry| entry.value == value(number(&entry.value))));
            told.last[writer] = last;
        }
        told.revision = revision;
        store.close().await;
    });
}
