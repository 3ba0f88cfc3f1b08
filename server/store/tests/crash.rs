//! Crash tests: a process that writes is killed, or its disk refuses, at any moment; afterwards
//! everything it was told is stored is there, in whole transactions.
//!
//! The process is this test program itself: the test named `child` does the writing when the
//! environment gives it a folder. `SENSU_STORE_KILLS` sets how often it is killed.

#![expect(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use sensu_store::sqlite::{SqliteOptions, SqliteStore};
use sensu_store::{
    CommitError, Key, ManualClock, Operation, Precondition, Prefix, Scan, Store, StoreError, Txn,
};
use tempfile::TempDir;
use tokio::task::JoinSet;

const FOLDER: &str = "SENSU_STORE_CRASH_FOLDER";
const KILLS: &str = "SENSU_STORE_KILLS";
const WRITERS: usize = 8;

fn open(dir: &Path) -> SqliteStore {
    let clock = Arc::new(ManualClock::at(1_700_000_000));
    SqliteStore::open(dir, SqliteOptions::default(), clock).unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
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
fn child() {
    let Some(dir) = std::env::var_os(FOLDER) else { return };
    runtime().block_on(async {
        let store = Arc::new(open(Path::new(&dir)));
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let store = store.clone();
            writers.spawn(async move { write(&*store, writer).await });
        }
        let errors = writers.join_all().await;
        let health = store.health().await;
        let complaint = health.failure.unwrap();
        // A stopped engine stays stopped, however often it is asked.
        let again = store.commit(step(0, 1 << 40)).await;
        assert!(matches!(again, Err(CommitError::Store(StoreError::Stopped(_)))), "{again:?}");
        println!("\nstopped {complaint} / {}", errors[0]);
        store.close().await;
    });
}

/// Writes and acknowledges until the store refuses.
#[expect(clippy::print_stdout, reason = "the lines by which the parent learns what was stored")]
async fn write(store: &dyn Store, writer: usize) -> StoreError {
    let mut n = last(store, writer).await;
    loop {
        n += 1;
        match store.commit(step(writer, n)).await {
            Ok(revision) => println!("\nack {writer} {n} {revision}"),
            Err(CommitError::Store(error)) => return error,
            Err(CommitError::Precondition(_)) => panic!("step {n} of {writer} is there already"),
        }
    }
}

/// What a process was told.
#[derive(Default)]
struct Told {
    last: [u64; WRITERS],
    revision: u64,
    count: usize,
    stopped: Option<String>,
}

impl Told {
    fn hear(&mut self, line: &str) {
        if let Some(complaint) = line.strip_prefix("stopped ") {
            self.stopped = Some(complaint.to_owned());
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

fn start(mut program: Command, dir: &Path) -> (Child, impl Iterator<Item = String> + use<>) {
    program.args(["--exact", "child", "--nocapture", "--test-threads=1"]).env(FOLDER, dir);
    let mut child = program.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let complete = std::iter::from_fn(move || {
        let mut line = String::new();
        let whole = lines.read_line(&mut line).is_ok() && line.ends_with('\n');
        whole.then(|| line.trim_end().to_owned())
    });
    (child, complete)
}

/// Opens what a process left and compares it with what it was told.
fn judge(dir: &Path, told: &mut Told) {
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

#[test]
fn what_was_acknowledged_survives_being_killed() {
    let kills =
        std::env::var_os(KILLS).map_or(25, |kills| kills.to_str().unwrap().parse().unwrap());
    let random = RandomState::new();
    let dir = TempDir::new().unwrap();
    let mut told = Told::default();
    for kill in 0..kills {
        let program = Command::new(std::env::current_exe().unwrap());
        let (mut child, mut lines) = start(program, dir.path());
        // Some at once, while it starts or recovers; some after many writes and a checkpoint.
        let moment = match kill % 5 {
            0 => 0,
            1 => random.hash_one(kill) % 20,
            _ => random.hash_one(kill) % 1500,
        };
        let enough = told.count + usize::try_from(moment).unwrap();
        while told.count < enough {
            told.hear(&lines.next().unwrap());
        }
        child.kill().unwrap();
        lines.for_each(|line| told.hear(&line));
        child.wait().unwrap();
        judge(dir.path(), &mut told);
    }
    println!("{kills} kills, {} acknowledged writes, none lost", told.count);
    assert!(told.count > 0 && told.stopped.is_none());
}

#[test]
fn a_disk_that_refuses_stops_the_engine_and_loses_nothing() {
    let dir = TempDir::new().unwrap();
    let mut told = Told::default();
    for blocks in [1024, 2048, 4096] {
        // The shell limits the size of files to so many blocks of 512 bytes and has the signal
        // ignored that says so: the write then fails with an error.
        let mut program = Command::new("sh");
        let limit = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        program.arg("-c").arg(limit).arg(std::env::current_exe().unwrap());
        let (mut child, lines) = start(program, dir.path());
        lines.for_each(|line| told.hear(&line));
        assert!(child.wait().unwrap().success());
        let complaint = told.stopped.take().unwrap();
        assert!(complaint.contains("disk I/O error"), "{complaint}");
        judge(dir.path(), &mut told);
    }
    assert!(told.count > 100, "{} writes", told.count);
}
