//! Random sequences of calls, compared with a model that is simple enough to be correct.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sensu_store::{
    Change, CommitError, Entry, Key, Operation, Precondition, Prefix, Revision, Scan, Txn,
};

use crate::fixture::{Engine, Fixture, START};

type Name = Vec<String>;

#[derive(Clone, Debug)]
struct Stored {
    value: Vec<u8>,
    flags: u32,
    revision: Revision,
    expires_at: Option<i64>,
}

/// The expected state. Names are lists of segments.
#[derive(Default)]
struct Model {
    revision: Revision,
    now: i64,
    entries: BTreeMap<Name, Stored>,
    changes: Vec<(Revision, Name, bool)>,
}

#[derive(Clone, Debug)]
enum Step {
    Commit(Vec<Condition>, Vec<Write>),
    Read { below: Name, after: Option<Name>, limit: usize, max_bytes: usize },
    Sweep(usize),
    Wait(i64),
    Reopen,
}

/// A precondition. `At` requires the current revision of the name if it is true, otherwise another.
#[derive(Clone, Debug)]
enum Condition {
    Absent(Name),
    Present(Name),
    At(Name, bool),
    Empty(Name),
}

#[derive(Clone, Debug)]
enum Write {
    Put { name: Name, length: usize, flags: u32, lifetime: Option<i64> },
    Delete(Name),
    DeletePrefix(Name),
}

impl Model {
    fn live(&self, name: &Name) -> Option<&Stored> {
        self.entries.get(name).filter(|stored| stored.expires_at.is_none_or(|end| self.now < end))
    }

    fn below(&self, start: &Name) -> Vec<Name> {
        self.entries.keys().filter(|name| name.starts_with(start)).cloned().collect()
    }

    fn holds(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Absent(name) => self.live(name).is_none(),
            Condition::Present(name) => self.live(name).is_some(),
            Condition::At(name, current) => *current && self.live(name).is_some(),
            Condition::Empty(start) => {
                self.below(start).iter().all(|name| self.live(name).is_none())
            }
        }
    }

    fn commit(&mut self, conditions: &[Condition], writes: &[Write]) -> Result<Revision, usize> {
        if let Some(index) = conditions.iter().position(|condition| !self.holds(condition)) {
            return Err(index);
        }
        self.revision += 1;
        let mut changed = BTreeMap::new();
        for write in writes {
            match write {
                Write::Put { name, length, flags, lifetime } => {
                    let revision = self.revision;
                    let expires_at = lifetime.map(|lifetime| self.now + lifetime);
                    let value = vec![b'x'; *length];
                    let stored = Stored { value, flags: *flags, revision, expires_at };
                    self.entries.insert(name.clone(), stored);
                    changed.insert(name.clone(), false);
                }
                Write::Delete(name) => {
                    if self.entries.remove(name).is_some() {
                        changed.insert(name.clone(), true);
                    }
                }
                Write::DeletePrefix(start) => {
                    for name in self.below(start) {
                        self.entries.remove(&name);
                        changed.insert(name, true);
                    }
                }
            }
        }
        let changed = changed.into_iter().map(|(name, deleted)| (self.revision, name, deleted));
        self.changes.extend(changed);
        Ok(self.revision)
    }

    fn scan(&self, below: &Name, after: Option<&Name>, limit: usize, bytes: usize) -> Vec<Entry> {
        let mut found = Vec::new();
        let mut total = 0;
        for name in self.below(below) {
            let Some(stored) = self.live(&name) else { continue };
            if after.is_some_and(|after| name <= *after) {
                continue;
            }
            total += stored.value.len();
            if found.len() == limit || (total > bytes && !found.is_empty()) {
                break;
            }
            found.push(entry(&name, stored));
        }
        found
    }
}

fn entry(name: &Name, stored: &Stored) -> Entry {
    Entry {
        key: key(name),
        value: stored.value.clone().into(),
        flags: stored.flags,
        revision: stored.revision,
        expires_at: stored.expires_at,
    }
}

fn key(name: &Name) -> Key {
    Key::new(&name[0], name[1..].iter().map(String::as_str)).unwrap()
}

fn prefix(name: &Name) -> Prefix {
    Prefix::new(&name[0], name[1..].iter().map(String::as_str)).unwrap()
}

/// Runs the steps on an engine and compares every result with the model.
async fn run(engine: Engine, steps: &[Step]) {
    let mut fixture = Fixture::new(engine).await;
    let mut model = Model { now: START, ..Model::default() };
    for step in steps {
        match step {
            Step::Commit(conditions, writes) => {
                let txn = txn(&model, conditions, writes);
                let preconditions = txn.preconditions.clone();
                let expected = model.commit(conditions, writes);
                let expected = expected.map_err(|index| preconditions[index].clone());
                let got = match fixture.store.commit(txn).await {
                    Ok(revision) => Ok(revision),
                    Err(CommitError::Precondition(failed)) => Err(failed),
                    Err(CommitError::Store(error)) => panic!("{error}"),
                };
                assert_eq!(got, expected);
            }
            Step::Read { below, after, limit, max_bytes } => {
                let expected = model.scan(below, after.as_ref(), *limit, *max_bytes);
                let (limit, max_bytes) = (*limit, *max_bytes);
                let scan = Scan {
                    prefix: prefix(below),
                    after: after.as_ref().map(key),
                    limit,
                    max_bytes,
                };
                assert_eq!(fixture.store.scan(scan).await.unwrap(), expected);
                let expected = model.live(below).map(|stored| entry(below, stored));
                assert_eq!(fixture.store.get(&key(below)).await.unwrap(), expected);
            }
            Step::Sweep(limit) => {
                // The engine chooses which entries it sweeps first, so the model follows the feed.
                let swept = fixture.store.sweep(*limit).await.unwrap();
                let expired =
                    model.entries.keys().filter(|name| model.live(name).is_none()).count();
                assert_eq!(swept, expired.min(*limit));
                for change in fixture.store.changes(model.revision, 1000).await.unwrap() {
                    let name: Name = change.key.segments().map(str::to_owned).collect();
                    assert!(change.deleted && model.live(&name).is_none());
                    assert!(model.entries.remove(&name).is_some());
                    model.changes.push((change.revision, name, true));
                }
                model.revision += u64::from(swept > 0);
            }
            Step::Wait(seconds) => {
                model.now += seconds;
                fixture.clock.set(model.now);
            }
            Step::Reopen if engine.is_persistent() => fixture.reopen().await,
            Step::Reopen => {}
        }
    }
    let changes = model.changes.iter().map(|(revision, name, deleted)| Change {
        revision: *revision,
        key: key(name),
        deleted: *deleted,
    });
    assert_eq!(fixture.store.changes(0, usize::MAX).await.unwrap(), changes.collect::<Vec<_>>());
    let live = model.entries.keys().filter(|name| model.live(name).is_some()).count();
    assert_eq!(fixture.store.verify().await.unwrap().entries, live as u64);
    assert_eq!(fixture.store.health().await.revision, model.revision);
}

fn txn(model: &Model, conditions: &[Condition], writes: &[Write]) -> Txn {
    let preconditions = conditions.iter().map(|condition| match condition {
        Condition::Absent(name) => Precondition::Absent(key(name)),
        Condition::Present(name) => Precondition::Present(key(name)),
        Condition::At(name, current) => {
            let revision = model.entries.get(name).map_or(1, |stored| stored.revision);
            Precondition::At(key(name), if *current { revision } else { revision + 1 })
        }
        Condition::Empty(name) => Precondition::Empty(prefix(name)),
    });
    let operations = writes.iter().map(|write| match write {
        Write::Put { name, length, flags, lifetime } => Operation::Put {
            key: key(name),
            value: vec![b'x'; *length].into(),
            flags: *flags,
            expires_at: lifetime.map(|lifetime| model.now + lifetime),
        },
        Write::Delete(name) => Operation::Delete(key(name)),
        Write::DeletePrefix(name) => Operation::DeletePrefix(prefix(name)),
    });
    Txn { preconditions: preconditions.collect(), operations: operations.collect() }
}

/// Few segments, so that names collide, chosen to sort differently as joined text than segment by
/// segment.
fn name() -> impl Strategy<Value = Name> {
    let segment = prop::sample::select(vec!["a", "a-", "a!", "aa", "b", "\u{1}", "ä"]);
    let collection = prop::sample::select(vec!["r", "r-", "s"]);
    (collection, prop::collection::vec(segment, 0..3)).prop_map(|(collection, segments)| {
        std::iter::once(collection).chain(segments).map(str::to_owned).collect()
    })
}

fn step() -> impl Strategy<Value = Step> {
    let condition = prop_oneof![
        3 => name().prop_map(Condition::Absent),
        1 => name().prop_map(Condition::Present),
        1 => (name(), prop::bool::weighted(0.8))
            .prop_map(|(name, current)| Condition::At(name, current)),
        1 => name().prop_map(Condition::Empty),
    ];
    let lifetime = prop::option::of(-1_i64..20);
    let write = prop_oneof![
        6 => (name(), 0_usize..40, any::<u32>(), lifetime)
            .prop_map(|(name, length, flags, lifetime)| {
                Write::Put { name, length, flags, lifetime }
            }),
        2 => name().prop_map(Write::Delete),
        1 => name().prop_map(Write::DeletePrefix),
    ];
    let conditions = prop::collection::vec(condition, 0..2);
    let writes = prop::collection::vec(write, 0..5);
    prop_oneof![
        10 => (conditions, writes)
            .prop_map(|(conditions, writes)| Step::Commit(conditions, writes)),
        8 => (name(), prop::option::of(name()), 0_usize..10, 0_usize..150)
            .prop_map(|(below, after, limit, max_bytes)| Step::Read { below, after, limit, max_bytes }),
        1 => (0_usize..4).prop_map(Step::Sweep),
        2 => (0_i64..10).prop_map(Step::Wait),
        1 => Just(Step::Reopen),
    ]
}

fn check(engine: Engine, steps: &[Step]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(run(engine, steps));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn memory_agrees_with_the_model(steps in prop::collection::vec(step(), 1..80)) {
        check(Engine::Memory, &steps);
    }

    #[test]
    fn sqlite_agrees_with_the_model(steps in prop::collection::vec(step(), 1..80)) {
        check(Engine::Sqlite, &steps);
    }

    #[test]
    fn postgres_agrees_with_the_model(steps in prop::collection::vec(step(), 1..80)) {
        if Engine::Postgres.is_available() {
            check(Engine::Postgres, &steps);
        }
    }
}
