//! Concurrent histories, judged by a checker of linearizability: every single call happened at one
//! moment between its beginning and its answer, and all of them in one order.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
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

/// What a scan shows: name, value, revision.
type Shown = Vec<(usize, String, Revision)>;

/// A call, and what it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// Puts a value under a name and removes another, if the name's revision is still the one (0
    /// for none), where that was asked for.
    Write {
        name: usize,
        value: String,
        removed: Option<usize>,
        at: Option<Revision>,
        done: Done,
    },
    Get {
        name: usize,
        shown: Option<(String, Revision)>,
    },
    Scan {
        shown: Shown,
    },
    /// How many changes a follower is told, and the last of them.
    Changes {
        told: usize,
        last: Revision,
    },
    Touched {
        last: Revision,
    },
}

/// The revision of a write, or nothing if it was refused.
type Done = Option<Revision>;

#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
struct Model {
    revision: Revision,
    changes: usize,
    touched: Revision,
    kept: BTreeMap<usize, (String, Revision)>,
}

/// What the store promises, one call after another.
struct Promise;

impl Specification for Promise {
    type State = Model;
    type Operation = Step;

    fn init() -> Model {
        Model::default()
    }

    fn apply(step: &Step, before: &Model) -> (bool, Model) {
        let mut after = before.clone();
        let right = match step {
            Step::Write { name, value, removed, at, done } => {
                let there = before.kept.get(name).map_or(0, |(_, revision)| *revision);
                let holds = at.is_none_or(|at| at == there);
                if holds {
                    after.revision += 1;
                    after.touched = after.revision;
                    after.kept.insert(*name, (value.clone(), after.revision));
                    after.changes += 1;
                    if removed.is_some_and(|removed| after.kept.remove(&removed).is_some()) {
                        after.changes += 1;
                    }
                }
                *done == holds.then_some(after.revision)
            }
            Step::Get { name, shown } => before.kept.get(name) == shown.as_ref(),
            Step::Scan { shown } => {
                let kept = before.kept.iter();
                kept.map(|(name, (value, revision))| (*name, value.clone(), *revision))
                    .eq(shown.iter().cloned())
            }
            Step::Changes { told, last } => *told == before.changes && *last == before.touched,
            Step::Touched { last } => *last == before.touched,
        };
        (right, after)
    }
}

/// The calls of all callers in the order in which they began and were answered.
type Told = Arc<Mutex<Vec<(usize, Action<Step>)>>>;

/// Does random calls and writes down what was answered.
async fn call(store: Arc<dyn Store>, caller: usize, mut numbers: StdRng, told: Told) {
    let tell = |action| told.lock().unwrap().push((caller, action));
    let mut known = [0; NAMES.len()];
    for n in 0..CALLS {
        let name = numbers.random_range(0..NAMES.len());
        let step = match numbers.random_range(0..10) {
            0..4 => Step::Write {
                name,
                value: format!("{caller}-{n}"),
                removed: Some(numbers.random_range(0..NAMES.len())).filter(|other| *other != name),
                // What this caller has seen last, which may have changed since.
                at: numbers.random::<bool>().then_some(known[name]),
                done: None,
            },
            4..7 => Step::Get { name, shown: None },
            7 => Step::Scan { shown: Vec::new() },
            8 => Step::Changes { told: 0, last: 0 },
            _ => Step::Touched { last: 0 },
        };
        tell(Call(step.clone()));
        let answered = answer(&*store, step).await;
        match &answered {
            Step::Get { name, shown } => {
                known[*name] = shown.as_ref().map_or(0, |(_, revision)| *revision);
            }
            Step::Write { name, done: Some(revision), .. } => known[*name] = *revision,
            _ => {}
        }
        tell(Response(answered));
    }
}

async fn answer(store: &dyn Store, step: Step) -> Step {
    let shown = |entry: &Entry| (text(&entry.value), entry.revision);
    match step {
        Step::Write { name, value, removed, at, .. } => {
            let precondition = at.map(|at| match at {
                0 => Precondition::Absent(key(NAMES[name])),
                at => Precondition::At(key(NAMES[name]), at),
            });
            let mut operations = vec![put(NAMES[name], &value)];
            operations.extend(removed.map(|removed| Operation::Delete(key(NAMES[removed]))));
            let preconditions = precondition.into_iter().collect();
            let done = match store.commit(Txn { preconditions, operations }).await {
                Ok(revision) => Some(revision),
                Err(CommitError::Precondition(_)) => None,
                Err(error) => panic!("{error}"),
            };
            Step::Write { name, value, removed, at, done }
        }
        Step::Get { name, .. } => {
            let entry = store.get(&key(NAMES[name])).await.unwrap();
            Step::Get { name, shown: entry.as_ref().map(shown) }
        }
        Step::Scan { .. } => {
            let found = store.scan(all("things")).await.unwrap();
            let number =
                |entry: &Entry| NAMES.iter().position(|name| key(name) == entry.key).unwrap();
            let shown = found.iter().map(|entry| {
                let (value, revision) = shown(entry);
                (number(entry), value, revision)
            });
            Step::Scan { shown: shown.collect() }
        }
        Step::Changes { .. } => {
            let changes = store.changes(0, usize::MAX).await.unwrap();
            let last = changes.last().map_or(0, |change| change.revision);
            Step::Changes { told: changes.len(), last }
        }
        Step::Touched { .. } => {
            Step::Touched { last: store.last_modified(&["things"]).await.unwrap() }
        }
    }
}

async fn concurrent_histories_are_linearizable(fixture: Fixture) {
    let engine = fixture.engine;
    for _ in 0..ROUNDS {
        let fixture = Fixture::new(engine).await;
        let (told, mut callers) = (Told::default(), JoinSet::new());
        for caller in 0..CALLERS {
            let numbers = StdRng::from_os_rng();
            callers.spawn(call(fixture.store.clone(), caller, numbers, told.clone()));
        }
        callers.join_all().await;
        fixture.store.close().await;
        let actions = std::mem::take(&mut *told.lock().unwrap());
        let linear = WGLChecker::<Promise>::is_linearizable(History::from_actions(actions.clone()));
        assert!(linear, "no order explains these answers: {actions:#?}");
    }
}

/// The judge itself: it must find what is wrong.
#[test]
fn histories_that_no_order_explains_are_found() {
    let write = |value: &str, done| Step::Write {
        name: 0,
        value: value.into(),
        removed: None,
        at: None,
        done: Some(done),
    };
    let get = |value: &str, revision| Step::Get { name: 0, shown: Some((value.into(), revision)) };
    let one_after_another = |steps: &[Step]| {
        let action = |step: &Step| [(0, Call(step.clone())), (0, Response(step.clone()))];
        steps.iter().flat_map(action).collect::<Vec<_>>()
    };
    let linear = |actions| WGLChecker::<Promise>::is_linearizable(History::from_actions(actions));
    let judge = |steps: &[Step]| linear(one_after_another(steps));
    assert!(judge(&[write("a", 1), get("a", 1), write("b", 2), get("b", 2)]));
    assert!(!judge(&[write("a", 1), write("b", 2), get("a", 1)]), "a stale read");
    assert!(!judge(&[write("a", 1), write("b", 1)]), "a revision that comes twice");
    assert!(!judge(&[write("a", 1), Step::Scan { shown: Vec::new() }]), "a write that was lost");
    assert!(!judge(&[write("a", 1), Step::Changes { told: 0, last: 0 }]), "a gap in the feed");
    assert!(!judge(&[write("a", 1), Step::Touched { last: 0 }]), "news that come late");
    // While a write is under way, it may be seen or not; but not unseen again.
    let during = |reads: &[Step]| {
        let mut actions = one_after_another(&[write("a", 1)]);
        actions.push((1, Call(write("b", 2))));
        actions.extend(one_after_another(reads));
        actions.push((1, Response(write("b", 2))));
        linear(actions)
    };
    assert!(during(&[get("a", 1), get("b", 2)]));
    assert!(!during(&[get("b", 2), get("a", 1)]));
}
