//! Linearizability of concurrent calls: every call takes effect at one point between its start and
//! its return, and all of them in one order.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use rand::RngExt as _;
use rand::rngs::StdRng;
use sensu_store::{CommitError, Entry, Operation, Precondition, Revision, Store, Txn};
use todc_utils::linearizability::WGLChecker;
use todc_utils::linearizability::history::Action::{self, Call, Response};
use todc_utils::linearizability::history::History;
use todc_utils::specifications::Specification;
use tokio::task::JoinSet;

use crate::fixture::{Fixture, all, key, on_every_engine, put, text};

on_every_engine!(concurrent_histories_are_linearizable);

const ROUNDS: usize = 30;
const CALLERS: usize = 5;
const CALLS: usize = 10;
const NAMES: [&str; 3] = ["things/a", "things/b", "things/c"];

/// The result of a scan: name, value, revision.
type Scanned = Vec<(usize, String, Revision)>;

/// A call and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// Puts a value under a name and deletes another name; with `at`, only if the entry under the
    /// name has this revision (0: if there is none).
    Write {
        name: usize,
        value: String,
        deleted: Option<usize>,
        at: Option<Revision>,
        committed: Committed,
    },
    Get {
        name: usize,
        found: Option<(String, Revision)>,
    },
    Scan {
        found: Scanned,
    },
    /// Number of changes in the feed, and the last revision.
    Changes {
        count: usize,
        last: Revision,
    },
    LastModified {
        last: Revision,
    },
}

/// The revision of a write; `None` if its precondition failed.
type Committed = Option<Revision>;

#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
struct Model {
    revision: Revision,
    changes: usize,
    last_modified: Revision,
    entries: BTreeMap<usize, (String, Revision)>,
}

/// The guarantees of the store for sequential calls.
struct Sequential;

impl Specification for Sequential {
    type State = Model;
    type Operation = Step;

    fn init() -> Model {
        Model::default()
    }

    fn apply(step: &Step, before: &Model) -> (bool, Model) {
        let mut after = before.clone();
        let is_allowed = match step {
            Step::Write { name, value, deleted, at, committed } => {
                let current = before.entries.get(name).map_or(0, |(_, revision)| *revision);
                let holds = at.is_none_or(|at| at == current);
                if holds {
                    after.revision += 1;
                    after.last_modified = after.revision;
                    after.entries.insert(*name, (value.clone(), after.revision));
                    after.changes += 1;
                    if deleted.is_some_and(|deleted| after.entries.remove(&deleted).is_some()) {
                        after.changes += 1;
                    }
                }
                *committed == holds.then_some(after.revision)
            }
            Step::Get { name, found } => before.entries.get(name) == found.as_ref(),
            Step::Scan { found } => {
                let entries = before.entries.iter();
                entries
                    .map(|(name, (value, revision))| (*name, value.clone(), *revision))
                    .eq(found.iter().cloned())
            }
            Step::Changes { count, last } => {
                *count == before.changes && *last == before.last_modified
            }
            Step::LastModified { last } => *last == before.last_modified,
        };
        (is_allowed, after)
    }
}

/// The calls of all callers, in the order in which they started and returned.
type Log = Arc<Mutex<Vec<(usize, Action<Step>)>>>;

/// Makes random calls and logs their results.
async fn call(store: Arc<dyn Store>, caller: usize, mut random: StdRng, log: Log) {
    let record = |action| log.lock().unwrap().push((caller, action));
    let mut known = [0; NAMES.len()];
    for n in 0..CALLS {
        let name = random.random_range(0..NAMES.len());
        let step = match random.random_range(0..10) {
            0..4 => Step::Write {
                name,
                value: format!("{caller}-{n}"),
                deleted: Some(random.random_range(0..NAMES.len())).filter(|other| *other != name),
                // The last revision that this caller has seen, which may have changed.
                at: random.random::<bool>().then_some(known[name]),
                committed: None,
            },
            4..7 => Step::Get { name, found: None },
            7 => Step::Scan { found: Vec::new() },
            8 => Step::Changes { count: 0, last: 0 },
            _ => Step::LastModified { last: 0 },
        };
        record(Call(step.clone()));
        let returned = execute(&*store, step).await;
        match &returned {
            Step::Get { name, found } => {
                known[*name] = found.as_ref().map_or(0, |(_, revision)| *revision);
            }
            Step::Write { name, committed: Some(revision), .. } => known[*name] = *revision,
            _ => {}
        }
        record(Response(returned));
    }
}

async fn execute(store: &dyn Store, step: Step) -> Step {
    let parts = |entry: &Entry| (text(&entry.value), entry.revision);
    match step {
        Step::Write { name, value, deleted, at, .. } => {
            let precondition = at.map(|at| match at {
                0 => Precondition::Absent(key(NAMES[name])),
                at => Precondition::At(key(NAMES[name]), at),
            });
            let mut operations = vec![put(NAMES[name], &value)];
            operations.extend(deleted.map(|deleted| Operation::Delete(key(NAMES[deleted]))));
            let preconditions = precondition.into_iter().collect();
            let committed = match store.commit(Txn { preconditions, operations }).await {
                Ok(revision) => Some(revision),
                Err(CommitError::Precondition(_)) => None,
                Err(error) => panic!("{error}"),
            };
            Step::Write { name, value, deleted, at, committed }
        }
        Step::Get { name, .. } => {
            let entry = store.get(&key(NAMES[name])).await.unwrap();
            Step::Get { name, found: entry.as_ref().map(parts) }
        }
        Step::Scan { .. } => {
            let found = store.scan(all("things")).await.unwrap();
            let number =
                |entry: &Entry| NAMES.iter().position(|name| key(name) == entry.key).unwrap();
            let found = found.iter().map(|entry| {
                let (value, revision) = parts(entry);
                (number(entry), value, revision)
            });
            Step::Scan { found: found.collect() }
        }
        Step::Changes { .. } => {
            let changes = store.changes(0, usize::MAX).await.unwrap();
            let last = changes.last().map_or(0, |change| change.revision);
            Step::Changes { count: changes.len(), last }
        }
        Step::LastModified { .. } => {
            Step::LastModified { last: store.last_modified(&["things"]).await.unwrap() }
        }
    }
}

async fn concurrent_histories_are_linearizable(fixture: Fixture) {
    let engine = fixture.engine;
    for _ in 0..ROUNDS {
        let fixture = Fixture::new(engine).await;
        let (log, mut callers) = (Log::default(), JoinSet::new());
        for caller in 0..CALLERS {
            let random = rand::make_rng();
            callers.spawn(call(fixture.store.clone(), caller, random, log.clone()));
        }
        callers.join_all().await;
        fixture.store.close().await;
        let actions = std::mem::take(&mut *log.lock().unwrap());
        let linear =
            WGLChecker::<Sequential>::is_linearizable(History::from_actions(actions.clone()));
        assert!(linear, "no order explains these results: {actions:#?}");
    }
}

/// Tests the checker itself.
#[test]
fn the_checker_detects_histories_that_no_order_explains() {
    let write = |value: &str, revision| Step::Write {
        name: 0,
        value: value.into(),
        deleted: None,
        at: None,
        committed: Some(revision),
    };
    let get = |value: &str, revision| Step::Get { name: 0, found: Some((value.into(), revision)) };
    let sequential = |steps: &[Step]| {
        let action = |step: &Step| [(0, Call(step.clone())), (0, Response(step.clone()))];
        steps.iter().flat_map(action).collect::<Vec<_>>()
    };
    let linear =
        |actions| WGLChecker::<Sequential>::is_linearizable(History::from_actions(actions));
    let check = |steps: &[Step]| linear(sequential(steps));
    assert!(check(&[write("a", 1), get("a", 1), write("b", 2), get("b", 2)]));
    assert!(!check(&[write("a", 1), write("b", 2), get("a", 1)]), "a stale read");
    assert!(!check(&[write("a", 1), write("b", 1)]), "a revision that is assigned twice");
    assert!(!check(&[write("a", 1), Step::Scan { found: Vec::new() }]), "a write that was lost");
    assert!(!check(&[write("a", 1), Step::Changes { count: 0, last: 0 }]), "a gap in the feed");
    assert!(
        !check(&[write("a", 1), Step::LastModified { last: 0 }]),
        "a last modification that is too old"
    );
    // A concurrent write may be visible or not; but it must not become invisible again.
    let during = |reads: &[Step]| {
        let mut actions = sequential(&[write("a", 1)]);
        actions.push((1, Call(write("b", 2))));
        actions.extend(sequential(reads));
        actions.push((1, Response(write("b", 2))));
        linear(actions)
    };
    assert!(during(&[get("a", 1), get("b", 2)]));
    assert!(!during(&[get("b", 2), get("a", 1)]));
}
