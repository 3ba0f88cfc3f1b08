//! Measures the embedded engine against the limits of the machine it runs on, in one run:
//! `cargo run --release -p sensu-store --example bench [FOLDER] [OBJECTS]`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program for developers")]

use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rusqlite::{Connection, params};
use sensu_store::sqlite::{SqliteOptions, SqliteStore};
use sensu_store::{Key, Operation, Prefix, Scan, Store, SystemClock, Txn};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

const VALUE: usize = 3000;
const SPAN: Duration = Duration::from_secs(3);

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next();
    let objects = arguments.next().map_or(100_000, |number| number.parse().unwrap());
    let folder = folder.map_or_else(tempfile::tempdir, tempfile::tempdir_in).unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(run(folder.path(), objects));
}

async fn run(dir: &Path, objects: u64) {
    println!("{objects} objects of {VALUE} bytes in {}", dir.display());
    let open = Instant::now();
    let options = SqliteOptions::default();
    let store = SqliteStore::open(&dir.join("state"), options, Arc::new(SystemClock)).unwrap();
    let store = Arc::new(store);
    println!("open an empty store: {:?}; memory {} MB", open.elapsed(), memory());
    fill(&*store, objects).await;
    println!("filled; memory {} MB", memory());

    let single = single_statements(&dir.join("single.db"), objects);
    println!("\nSQLite, one statement after another, synced: {single:.0}/s");
    for writers in [1, 16, 64] {
        let raw = raw_log(&dir.join("raw"), writers).await;
        let (rate, latencies) = upserts(&store, writers, objects).await;
        let at = |part: usize| latencies[latencies.len() * part / 1000].as_secs_f64() * 1000.0;
        println!(
            "{writers:>2} writers: {rate:>7.0}/s  {:.2} of raw append and sync ({raw:.0}/s)  {:.1} x \
             single statements  p50 {:.1} ms  p99 {:.1} ms  p99.9 {:.1} ms",
            rate / raw,
            rate / single,
            at(500),
            at(990),
            at(999),
        );
    }
    println!("memory {} MB\n", memory());

    let plain = plain_reads(&dir.join("state/sensu.db"), objects);
    println!("point reads, SQLite's own: {plain:.0}/s");
    for (what, keys) in [("of 1,000 hot keys", 1000), ("of all keys", objects)] {
        let rate = point_reads(&*store, keys).await;
        println!("point reads {what}: {rate:.0}/s, {:.1} x SQLite's own", rate / plain);
    }
    scans(&*store, objects).await;
    println!("memory {} MB", memory());
    let closing = Instant::now();
    store.close().await;
    println!("closed in {:?}", closing.elapsed());
    let opening = Instant::now();
    let store =
        SqliteStore::open(&dir.join("state"), SqliteOptions::default(), Arc::new(SystemClock));
    println!("opened with {objects} objects in {:?}", opening.elapsed());
    store.unwrap().close().await;
}

fn key(n: u64) -> Key {
    Key::new("events", ["default", format!("entity-{n:07}").as_str(), "cpu"]).unwrap()
}

fn put(n: u64, value: &Bytes) -> Operation {
    Operation::Put { key: key(n), value: value.clone(), flags: 0, expires_at: None }
}

/// The next of a sequence that visits keys in no order (Knuth's constants).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

async fn fill(store: &dyn Store, objects: u64) {
    let value = Bytes::from(vec![b'x'; VALUE]);
    for first in (0..objects).step_by(500) {
        let operations = (first..(first + 500).min(objects)).map(|n| put(n, &value)).collect();
        store.commit(Txn { operations, ..Txn::default() }).await.unwrap();
    }
}

async fn upserts(store: &Arc<SqliteStore>, writers: u64, objects: u64) -> (f64, Vec<Duration>) {
    let mut tasks = JoinSet::new();
    let begin = Instant::now();
    for writer in 0..writers {
        let store = store.clone();
        tasks.spawn(async move {
            let value = Bytes::from(vec![b'y'; VALUE]);
            let (mut state, mut latencies) = (writer * 7919 + 1, Vec::new());
            while begin.elapsed() < SPAN {
                let asked = Instant::now();
                let operations = vec![put(next(&mut state) % objects, &value)];
                store.commit(Txn { operations, ..Txn::default() }).await.unwrap();
                latencies.push(asked.elapsed());
            }
            latencies
        });
    }
    let mut latencies: Vec<Duration> = tasks.join_all().await.into_iter().flatten().collect();
    let rate = latencies.len() as f64 / begin.elapsed().as_secs_f64();
    latencies.sort_unstable();
    (rate, latencies)
}

/// The limit: the same queue and the same answers, but a group is only written to a log and synced.
/// The log begins anew every so often, for a file that grows is slower to sync.
async fn raw_log(path: &Path, writers: u64) -> f64 {
    const LOG: u64 = 64 << 20;
    let mut file = File::create(path).unwrap();
    file.write_all(&vec![0; LOG as usize]).unwrap();
    file.sync_all().unwrap();
    let (queue, mut jobs) = mpsc::channel::<(Bytes, oneshot::Sender<()>)>(4096);
    let thread = std::thread::spawn(move || {
        while let Some(first) = jobs.blocking_recv() {
            let mut group = vec![first];
            while let Ok(job) = jobs.try_recv() {
                group.push(job);
            }
            let bytes: Vec<&[u8]> = group.iter().map(|(value, _)| &**value).collect();
            if file.stream_position().unwrap() + (VALUE * group.len()) as u64 > LOG {
                file.rewind().unwrap();
            }
            file.write_all(&bytes.concat()).unwrap();
            file.sync_data().unwrap();
            for (_, reply) in group {
                reply.send(()).unwrap();
            }
        }
    });
    let mut tasks = JoinSet::new();
    let begin = Instant::now();
    for _ in 0..writers {
        let queue = queue.clone();
        tasks.spawn(async move {
            let value = Bytes::from(vec![b'y'; VALUE]);
            let mut count = 0_u64;
            while begin.elapsed() < SPAN {
                let (reply, answer) = oneshot::channel();
                queue.send((value.clone(), reply)).await.unwrap();
                answer.await.unwrap();
                count += 1;
            }
            count
        });
    }
    let count: u64 = tasks.join_all().await.into_iter().sum();
    let rate = count as f64 / begin.elapsed().as_secs_f64();
    drop(queue);
    thread.join().unwrap();
    std::fs::remove_file(path).unwrap();
    rate
}

/// What a plain program does: one upsert, one sync, one after another.
fn single_statements(path: &Path, objects: u64) -> f64 {
    let db = Connection::open(path).unwrap();
    let mode = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
    db.pragma_update_and_check(None, "journal_mode", "wal", mode).unwrap();
    db.execute_batch(
        "PRAGMA synchronous = full; CREATE TABLE entries (key BLOB PRIMARY KEY, value BLOB)",
    )
    .unwrap();
    let sql =
        "INSERT INTO entries VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value";
    let mut statement = db.prepare(sql).unwrap();
    let value = vec![b'z'; VALUE];
    let (mut state, mut count) = (1, 0_u64);
    let mut begin = Instant::now();
    let mut warm = false;
    while begin.elapsed() < SPAN {
        let key = key(next(&mut state) % objects);
        statement.execute(params![key.as_bytes(), value]).unwrap();
        count += 1;
        // Until the log has reached its size.
        if !warm && count == 1000 {
            (warm, count, begin) = (true, 0, Instant::now());
        }
    }
    count as f64 / begin.elapsed().as_secs_f64()
}

/// What SQLite does itself, on one thread, with hot keys and a prepared statement.
fn plain_reads(path: &Path, objects: u64) -> f64 {
    let db = Connection::open(path).unwrap();
    let mut statement = db.prepare("SELECT revision, value FROM entries WHERE key = ?1").unwrap();
    let (mut state, mut count) = (1, 0_u64);
    let begin = Instant::now();
    while begin.elapsed() < SPAN / 2 {
        let key = key(next(&mut state) % objects.min(1000));
        let value = |row: &rusqlite::Row<'_>| row.get::<_, Vec<u8>>(1);
        assert!(!statement.query_row([key.as_bytes()], value).unwrap().is_empty());
        count += 1;
    }
    count as f64 / begin.elapsed().as_secs_f64()
}

async fn point_reads(store: &dyn Store, keys: u64) -> f64 {
    let (mut state, mut count) = (1, 0_u64);
    let mut begin = Instant::now();
    let mut warm = false;
    while begin.elapsed() < SPAN / 2 {
        let entry = store.get(&key(next(&mut state) % keys)).await.unwrap();
        assert_eq!(entry.unwrap().value.len(), VALUE);
        count += 1;
        if !warm && count == 20_000 {
            (warm, count, begin) = (true, 0, Instant::now());
        }
    }
    count as f64 / begin.elapsed().as_secs_f64()
}

async fn scans(store: &dyn Store, objects: u64) {
    let prefix = || Prefix::new("events", ["default"]).unwrap();
    for limit in [100, 1000] {
        let (mut state, mut count) = (1, 0);
        let begin = Instant::now();
        while begin.elapsed() < SPAN / 3 {
            let start = next(&mut state) % objects.saturating_sub(limit).max(1);
            let after = Some(key(start));
            let limit = usize::try_from(limit).unwrap();
            let scan = Scan { prefix: prefix(), after, limit, max_bytes: usize::MAX };
            let found = store.scan(scan).await.unwrap();
            assert!(found.len() <= limit);
            count += 1;
        }
        let each = begin.elapsed() / count;
        let source = vec![1_u8; VALUE * usize::try_from(limit).unwrap()];
        let begin = Instant::now();
        for _ in 0..100 {
            std::hint::black_box(source.chunks(VALUE).map(<[u8]>::to_vec).collect::<Vec<_>>());
        }
        let copy = begin.elapsed() / 100;
        let ratio = each.as_secs_f64() / copy.as_secs_f64();
        println!("scan of {limit}: {each:?}, {ratio:.1} x copying the values ({copy:?})");
    }
}

/// Resident memory of this process, in MB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
