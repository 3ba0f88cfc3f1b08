//! Snapshots of the store, restored in one transaction. See [`crate::keyspace::LAYOUT`] for the collections that they
//! contain.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use schemars::JsonSchema;
use sensu_store::{ClockSetting, Operation, Scan, Store, Txn};
use sensu_types::Resource as _;
use sensu_types::user::User;
use serde::Serialize;

use super::clock::rfc3339;
use crate::auth::{Authentication, IssuedSession};
use crate::error::Error;
use crate::keyspace;

/// Maximum number of named snapshots.
const MAX_SNAPSHOTS: usize = 100;

/// Maximum length of a name.
const MAX_NAME: usize = 100;

/// A state of the store and of the clock.
#[derive(Clone)]
pub(super) struct Snapshot {
    /// The operations that restore the state.
    operations: Vec<Operation>,
    clock: ClockSetting,
    /// The names of the users.
    users: Vec<String>,
}

/// A named snapshot.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct SnapshotInfo {
    /// Name.
    name: String,
    /// Time at which it was taken, RFC 3339.
    taken: String,
    /// Number of objects and other entries of the store.
    entries: usize,
}

impl Snapshot {
    /// Takes a snapshot.
    ///
    /// # Errors
    /// If the store fails.
    pub(super) async fn take(store: &dyn Store, clock: ClockSetting) -> Result<Self, Error> {
        let (mut operations, mut puts, mut users) = (Vec::new(), Vec::new(), Vec::new());
        for collection in keyspace::reset_collections() {
            let prefix = keyspace::whole_collection(collection)?;
            operations.push(Operation::DeletePrefix(prefix.clone()));
            let mut after = None;
            loop {
                let prefix = prefix.clone();
                let scan = Scan { prefix, after, limit: 500, max_bytes: usize::MAX };
                let entries = store.scan(scan).await?;
                let Some(last) = entries.last() else { break };
                after = Some(last.key.clone());
                if collection == User::PLURAL {
                    let names = entries.iter().filter_map(|entry| entry.key.segments().nth(1));
                    users.extend(names.map(str::to_owned));
                }
                puts.extend(entries.into_iter().map(|entry| Operation::Put {
                    key: entry.key,
                    value: entry.value,
                    flags: entry.flags,
                    expires_at: entry.expires_at,
                }));
            }
        }
        operations.append(&mut puts);
        Ok(Self { operations, clock, users })
    }

    /// The setting of the clock.
    pub(super) fn clock(&self) -> ClockSetting {
        self.clock
    }

    /// Restores the objects. Sessions that were issued continue, also those that have ended since, if their users are in
    /// the snapshot. `now` is the time to which the clock has been restored.
    ///
    /// # Errors
    /// If the store fails.
    pub(super) async fn restore(
        &self,
        store: &dyn Store,
        auth: &Authentication,
        now: i64,
    ) -> Result<(), Error> {
        let mut operations = self.operations.clone();
        let sessions = auth.issued_sessions(now, |user| self.users.iter().any(|one| one == user));
        operations.extend(sessions.into_iter().map(IssuedSession::put));
        store.commit(Txn { operations, ..Txn::default() }).await?;
        Ok(())
    }
}

/// The snapshots with a name.
#[derive(Default)]
pub(super) struct NamedSnapshots(Mutex<BTreeMap<String, (SnapshotInfo, Snapshot)>>);

impl NamedSnapshots {
    /// All names.
    pub(super) fn list(&self) -> Vec<SnapshotInfo> {
        self.lock().values().map(|(info, _)| info.clone()).collect()
    }

    /// Adds a snapshot, or replaces the one with its name. `millis` is the time, since 1970-01-01 UTC.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an invalid name, or if there are too many.
    pub(super) fn insert(
        &self,
        name: &str,
        snapshot: Snapshot,
        millis: i64,
    ) -> Result<SnapshotInfo, Error> {
        let is_valid = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(is_valid) {
            return Err(Error::invalid(format!(
                "snapshot {name:?}: a name has 1 to {MAX_NAME} letters, digits, dots, hyphens and underscores"
            )));
        }
        let mut snapshots = self.lock();
        if snapshots.len() >= MAX_SNAPSHOTS && !snapshots.contains_key(name) {
            return Err(Error::invalid(format!(
                "the maximum is {MAX_SNAPSHOTS} snapshots; DELETE /dev/snapshots/{{name}} removes one"
            )));
        }
        let entries =
            snapshot.operations.iter().filter(|one| matches!(one, Operation::Put { .. })).count();
        let info = SnapshotInfo { name: name.to_owned(), taken: rfc3339(millis), entries };
        snapshots.insert(name.to_owned(), (info.clone(), snapshot));
        Ok(info)
    }

    /// A snapshot.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub(super) fn get(&self, name: &str) -> Result<(SnapshotInfo, Snapshot), Error> {
        self.lock().get(name).cloned().ok_or_else(|| missing(name))
    }

    /// Deletes a snapshot.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub(super) fn remove(&self, name: &str) -> Result<(), Error> {
        self.lock().remove(name).map(drop).ok_or_else(|| missing(name))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, (SnapshotInfo, Snapshot)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn missing(name: &str) -> Error {
    let message = format!(
        "snapshot {name:?} does not exist; PUT /dev/snapshots/{{name}} takes one, GET /dev/snapshots lists all"
    );
    Error::NotFound(message.into())
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::sync::Arc;

    use sensu_store::{MemoryStore, SystemClock};
    use sensu_types::adhoc::AdhocRequest;
    use sensu_types::check::CheckConfig;
    use sensu_types::event::Event;
    use serde_json::json;

    use super::*;
    use crate::auth::{self, Caller};
    use crate::rbac::Verb;
    use crate::resources::preconditions::Conditions;
    use crate::resources::{checks, events};
    use crate::runtime::context::{Context, Limits};
    use crate::seed;

    #[tokio::test]
    async fn every_key_of_a_used_store_has_a_row_in_the_layout() {
        let clock = Arc::new(SystemClock);
        let store = Arc::new(MemoryStore::new(clock.clone()));
        seed::defaults(store.as_ref()).await.unwrap();
        seed::dev_users(store.as_ref(), 4).await.unwrap();
        let limits = Limits { accept_dev_password: true, ..Limits::default() };
        let cx = Context::new(store.clone(), clock, limits).await.unwrap();
        // admin:P@ssw0rd!
        let header = "Basic YWRtaW46UEBzc3cwcmQh";
        auth::log_in(&cx, header, IpAddr::from([127, 0, 0, 1])).await.unwrap();

        let caller = Caller::operator(&cx, "admin");
        let grant = caller.authorize::<CheckConfig>(Verb::Update, "default", "c1").await.unwrap();
        let check = json!({ "metadata": { "name": "c1" }, "command": "true", "interval": 60 });
        let check: CheckConfig = serde_json::from_value(check).unwrap();
        grant.put(check, &Conditions::default()).await.unwrap();
        checks::execute(&grant, AdhocRequest::default()).await.unwrap();
        let event = json!({
            "entity": { "metadata": { "name": "e1" }, "entity_class": "proxy" },
            "check": { "metadata": { "name": "c1" }, "interval": 60, "ttl": 90 },
        });
        let event: Event = serde_json::from_value(event).unwrap();
        let grant = caller.authorize::<Event>(Verb::Update, "default", "e1/c1").await.unwrap();
        events::put(&grant, event, &Conditions::default()).await.unwrap();

        let scan = |prefix| Scan { prefix, after: None, limit: usize::MAX, max_bytes: usize::MAX };
        let entries = store.scan(scan(sensu_store::Prefix::all())).await.unwrap();
        for entry in &entries {
            assert!(keyspace::has_row_for(&entry.key), "{:?}", entry.key);
        }
        for collection in [
            keyspace::ADHOC,
            keyspace::CLUSTER,
            keyspace::DEADLINES,
            keyspace::DEADLINES_BY_TIME,
            keyspace::PASSWORDS,
            keyspace::SECRETS,
            keyspace::SEEDED,
            keyspace::SESSIONS,
        ] {
            let prefix = keyspace::whole_collection(collection).unwrap();
            let found = !store.scan(scan(prefix)).await.unwrap().is_empty();
            assert!(found, "the test writes nothing to {collection}");
        }
    }
}
