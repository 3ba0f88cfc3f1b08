//! Random histories, judged by a model that is too simple to be wrong.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sensu_store::{
    Change, CommitError, Entry, Key, Operation, Precondition, Prefix, Revision, Scan, Txn,
};

use crate::fixture::{Engine, Fixture, START};

type Name = Vec<String>;

#[derive(Clone, Debug)]
struct Kept {
    value: Vec<u8>,
    flags: u32,
    revision: Revision,
    end: Option<i64>,
}

/// Names as lists of words, compared word by word.
#[derive(Default)]
struct Model {
    revision: Revision,
    now: i64,
    kept: BTreeMap<Name, Kept>,
    changes: Vec<(Revision, Name, bool)>,
}

#[derive(Clone, Debug)]
enum Step {
    Commit(Vec<Wish>, Vec<Deed>),
    Read { below: Name, after: Option<Name>, limit: usize, max_bytes: usize },
    Sweep(usize),
    Wait(i64),
    Reopen,
}

/// A precondition. `At` asks for the name's own revision, or for one beside it.
#[derive(Clone, Debug)]
enum Wish {
    Absent(Name),
    Present(Name),
    At(Name, bool),
    Empty(Name),
}

#[derive(Clone, Debug)]
enum Deed {
    Put { name: Name, length: usize, flags: u32, lasts: Option<i64> },
    Delete(Name),
    DeletePrefix(Name),
}

impl Model {
    fn there(&self, name: &Name) -> Option<&Kept> {
        self.kept.get(name).filter(|kept| kept.end.is_none_or(|end| self.now < end))
    }

    fn below(&self, start: &Name) -> Vec<Name> {
        self.kept.keys().filter(|name| name.starts_with(start)).cloned().collect()
    }

    fn holds(&self, wish: &Wish) -> bool {
        match wish {
            Wish::Absent(name) => self.there(name).is_none(),
            Wish::Present(name) => self.there(name).is_some(),
            Wish::At(name, right) => *right && self.there(name).is_some(),
            Wish::Empty(start) => self.below(start).iter().all(|name| self.there(name).is_none()),
        }
    }

    fn commit(&mut self, wishes: &[Wish], deeds: &[Deed]) -> Result<Revision, usize> {
        if let Some(index) = wishes.iter().position(|wish| !self.holds(wish)) {
            return Err(index);
        }
        self.revision += 1;
        let mut changed = BTreeMap::new();
        for deed in deeds {
            match deed {
                Deed::Put { name, length, flags, lasts } => {
                    let (revision, end) = (self.revision, lasts.map(|lasts| self.now + lasts));
                    let kept = Kept { value: vec![b'x'; *length], flags: *flags, revision, end };
                    self.kept.insert(name.clone(), kept);
                    changed.insert(name.clone(), false);
                }
                Deed::Delete(name) => {
                    if self.kept.remove(name).is_some() {
                        changed.insert(name.clone(), true);
                    }
                }
                Deed::DeletePrefix(start) => {
                    for name in self.below(start) {
                        self.kept.remove(&name);
                        changed.insert(name, true);
                    }
                }
            }
        }
        let changed = changed.into_iter().map(|(name, gone)| (self.revision, name, gone));
        self.changes.extend(changed);
        Ok(self.revision)
    }

    fn scan(&self, below: &Name, after: Option<&Name>, limit: usize, bytes: usize) -> Vec<Entry> {
        let mut found = Vec::new();
        let mut total = 0;
        for name in self.below(below) {
            let Some(kept) = self.there(&name) else { continue };
            if after.is_some_and(|after| name <= *after) {
                continue;
            }
            total += kept.value.len();
            if found.len() == limit || (total > bytes && !found.is_empty()) {
                break;
            }
            found.push(entry(&name, kept));
        }
        found
    }
}

fn entry(name: &Name, kept: &Kept) -> Entry {
    Entry {
        key: key(name),
        value: kept.value.clone().into(),
        flags: kept.flags,
        revision: kept.revision,
        expires_at: kept.end,
    }
}

fn key(name: &Name) -> Key {
    Key::new(&name[0], name[1..].iter().map(String::as_str)).unwrap()
}

fn prefix(name: &Name) -> Prefix {
    Prefix::new(&name[0], name[1..].iter().map(String::as_str)).unwrap()
}

/// Runs the steps on an engine and compares every answer.
async fn run(engine: Engine, steps: &[Step]) {
    let mut fixture = Fixture::new(engine).await;
    let mut model = Model { now: START, ..Model::default() };
    for step in steps {
        match step {
            Step::Commit(wishes, deeds) => {
                let txn = translate(&model, wishes, deeds);
                let conditions = txn.preconditions.clone();
                let expected = model.commit(wishes, deeds);
                let expected = expected.map_err(|index| conditions[index].clone());
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
                let expected = model.there(below).map(|kept| entry(below, kept));
                assert_eq!(fixture.store.get(&key(below)).await.unwrap(), expected);
            }
            Step::Sweep(limit) => {
                // Which ones are swept first is the engine's choice: the model follows the feed.
                let swept = fixture.store.sweep(*limit).await.unwrap();
                let over = model.kept.keys().filter(|name| model.there(name).is_none()).count();
                assert_eq!(swept, over.min(*limit));
                for change in fixture.store.changes(model.revision, 1000).await.unwrap() {
                    let name: Name = change.key.segments().map(str::to_owned).collect();
                    assert!(change.deleted && model.there(&name).is_none());
                    assert!(model.kept.remove(&name).is_some());
                    model.changes.push((change.revision, name, true));
                }
                model.revision += u64::from(swept > 0);
            }
            Step::Wait(seconds) => {
                model.now += seconds;
                fixture.clock.set(model.now);
            }
            Step::Reopen if engine.keeps() => fixture.reopen().await,
            Step::Reopen => {}
        }
    }
    let changes = model.changes.iter().map(|(revision, name, deleted)| Change {
        revision: *revision,
        key: key(name),
        deleted: *deleted,
    });
    assert_eq!(fixture.store.changes(0, usize::MAX).await.unwrap(), changes.collect::<Vec<_>>());
    let alive = model.kept.keys().filter(|name| model.there(name).is_some()).count();
    assert_eq!(fixture.store.verify().await.unwrap().entries, alive as u64);
    assert_eq!(fixture.store.health().await.revision, model.revision);
}

fn translate(model: &Model, wishes: &[Wish], deeds: &[Deed]) -> Txn {
    let preconditions = wishes.iter().map(|wish| match wish {
        Wish::Absent(name) => Precondition::Absent(key(name)),
        Wish::Present(name) => Precondition::Present(key(name)),
        Wish::At(name, right) => {
            let revision = model.kept.get(name).map_or(1, |kept| kept.revision);
            Precondition::At(key(name), if *right { revision } else { revision + 1 })
        }
        Wish::Empty(name) => Precondition::Empty(prefix(name)),
    });
    let operations = deeds.iter().map(|deed| match deed {
        Deed::Put { name, length, flags, lasts } => Operation::Put {
            key: key(name),
            value: vec![b'x'; *length].into(),
            flags: *flags,
            expires_at: lasts.map(|lasts| model.now + lasts),
        },
        Deed::Delete(name) => Operation::Delete(key(name)),
        Deed::DeletePrefix(name) => Operation::DeletePrefix(prefix(name)),
    });
    Txn { preconditions: preconditions.collect(), operations: operations.collect() }
}

/// Few words, so that names meet, chosen to sort differently as joined text than word by word.
fn name() -> impl Strategy<Value = Name> {
    let word = prop::sample::select(vec!["a", "a-", "a!", "aa", "b", "\u{1}", "ä"]);
    let room = prop::sample::select(vec!["r", "r-", "s"]);
    (room, prop::collection::vec(word, 0..3))
        .prop_map(|(room, words)| std::iter::once(room).chain(words).map(str::to_owned).collect())
}

fn step() -> impl Strategy<Value = Step> {
    let wish = prop_oneof![
        3 => name().prop_map(Wish::Absent),
        1 => name().prop_map(Wish::Present),
        1 => (name(), prop::bool::weighted(0.8)).prop_map(|(name, right)| Wish::At(name, right)),
        1 => name().prop_map(Wish::Empty),
    ];
    let lasts = prop::option::of(-1_i64..20);
    let deed = prop_oneof![
        6 => (name(), 0_usize..40, any::<u32>(), lasts)
            .prop_map(|(name, length, flags, lasts)| Deed::Put { name, length, flags, lasts }),
        2 => name().prop_map(Deed::Delete),
        1 => name().prop_map(Deed::DeletePrefix),
    ];
    let wishes = prop::collection::vec(wish, 0..2);
    let deeds = prop::collection::vec(deed, 0..5);
    prop_oneof![
        10 => (wishes, deeds).prop_map(|(wishes, deeds)| Step::Commit(wishes, deeds)),
        8 => (name(), prop::option::of(name()), 0_usize..10, 0_usize..150)
            .prop_map(|(below, after, limit, max_bytes)| Step::Read { below, after, limit, max_bytes }),
        1 => (0_usize..4).prop_map(Step::Sweep),
        2 => (0_i64..10).prop_map(Step::Wait),
        1 => Just(Step::Reopen),
    ]
}

fn on(engine: Engine, steps: &[Step]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(run(engine, steps));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn memory_agrees_with_the_model(steps in prop::collection::vec(step(), 1..80)) {
        on(Engine::Memory, &steps);
    }

    #[test]
    fn sqlite_agrees_with_the_model(steps in prop::collection::vec(step(), 1..80)) {
        on(Engine::Sqlite, &steps);
    }

    #[test]
    fn postgres_agrees_with_the_model(steps in prop::collection::vec(step(), 1..80)) {
        if Engine::Postgres.here() {
            on(Engine::Postgres, &steps);
        }
    }
}
