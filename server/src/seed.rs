//! Initial objects of a store: the namespace `default`, cluster roles and bindings, and optionally users
//! (D18, D19).

use bytes::Bytes;
use sensu_store::{CommitError, Key, Operation, Precondition, Scan, Store, Txn};
use sensu_types::binding::{ClusterRoleBinding, RoleRef, Subject};
use sensu_types::event::Event;
use sensu_types::namespace::Namespace;
use sensu_types::role::{ClusterRole, Rule};
use sensu_types::tessen::TessenConfig;
use sensu_types::user::User;
use sensu_types::{ObjectMeta, Resource};

use crate::auth;
use crate::catalog::{Coverage, KINDS};
use crate::error::Error;
use crate::keyspace::{self, Encoded};
use crate::rbac::SELF_USER;

/// The password of the users of `start --dev`, as in Sensu Go 5.0.0.
pub const DEV_PASSWORD: &str = auth::DEV_PASSWORD;

/// The group whose members have all permissions (D19).
pub(crate) const ADMINISTRATORS: &str = "cluster-admins";

/// The result of [`admin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminOutcome {
    /// The user can log in with the password.
    Ready,
    /// The user has another password, which was not changed.
    HasPassword {
        /// Whether the user is disabled.
        disabled: bool,
    },
    /// The user was imported without a password and is not an administrator. Nothing was written.
    NotAdministrator,
}

/// Whether a seed was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeedOutcome {
    /// The objects were written.
    Seeded,
    /// The objects were written before, and are not written again, even if they were changed or deleted.
    AlreadySeeded,
}

/// Writes the namespace `default`, the cluster roles and their bindings, once in the life of a store.
///
/// # Errors
/// [`Error`] if the store fails.
pub async fn defaults(store: &dyn Store) -> Result<SeedOutcome, Error> {
    let namespace = Namespace { name: "default".into() };
    let mut operations = vec![put(&namespace)?];
    for (name, rules) in roles() {
        let metadata = ObjectMeta::new("", name);
        operations.push(put(&ClusterRole { rules, metadata })?);
    }
    for (name, group) in [
        ("cluster-admin", ADMINISTRATORS),
        ("system:agent", "system:agents"),
        ("system:user", "system:users"),
    ] {
        let subjects = vec![Subject { kind: "Group".into(), name: group.into() }];
        let role_ref = RoleRef { kind: "ClusterRole".into(), name: name.into() };
        let metadata = ObjectMeta::new("", name);
        operations.push(put(&ClusterRoleBinding { subjects, role_ref, metadata })?);
    }
    // A new store has no entities of older versions.
    operations.push(mark(keyspace::seed_marker(keyspace::REDACTED)?));
    operations.extend(tessen()?);
    operations.push(mark(keyspace::seed_marker(TessenConfig::PLURAL)?));
    let outcome = once(store, "roles", operations).await?;
    match once(store, TessenConfig::PLURAL, tessen()?).await {
        // A store of an earlier version that does not accept writes now.
        Ok(_) | Err(Error::Unavailable(_)) => Ok(outcome),
        Err(error) => Err(error),
    }
}

/// The operations that write the setting of Tessen.
fn tessen() -> Result<Vec<Operation>, Error> {
    Ok(vec![put(&TessenConfig::default())?])
}

/// Writes an administrator, unless a user with this name has a password.
///
/// A user that [`dev_users`] has created and that still has its public password gets the new password. An
/// administrator that was imported without a password gets it too, and is enabled. `cost` is that of bcrypt.
///
/// # Errors
/// [`Error::Invalid`] for an invalid name or password; [`Error::Unavailable`] if the user is changed at the
/// same time; [`Error`] if the store fails.
pub async fn admin(
    store: &dyn Store,
    name: &str,
    password: &str,
    cost: u32,
) -> Result<AdminOutcome, Error> {
    let Some(account) = auth::account(store, name).await? else {
        let seeded = user(store, name, ADMINISTRATORS, password, cost, None).await?;
        return ready(seeded);
    };
    let mut user = account.user.clone();
    if account.has_password() {
        if !auth::has_dev_password(store, &account).await? {
            return Ok(AdminOutcome::HasPassword { disabled: user.disabled });
        }
    } else if user.groups.iter().any(|group| group == ADMINISTRATORS) {
        user.disabled = false;
    } else {
        return Ok(AdminOutcome::NotAdministrator);
    }
    sensu_types::user::validate_password(password)?;
    let hash = auth::hash_without_pool(password.into(), cost).await?;
    let (mut operations, _) = auth::put_account(&user, Some(&hash))?;
    operations.push(auth::end_all_sessions(name)?);
    ready(commit(store, Precondition::At(key::<User>(name)?, account.revision), operations).await?)
}

fn ready(seeded: SeedOutcome) -> Result<AdminOutcome, Error> {
    match seeded {
        SeedOutcome::Seeded => Ok(AdminOutcome::Ready),
        SeedOutcome::AlreadySeeded => {
            Err(Error::Unavailable("the user was changed at the same time".into()))
        }
    }
}

/// A user of [`dev_users`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DevUser {
    /// User name.
    pub name: &'static str,
    /// Whether the user can log in with [`DEV_PASSWORD`]. Otherwise the store had a user of this name.
    pub has_dev_password: bool,
    /// Whether the user has no password, because it was imported without one.
    pub lacks_password: bool,
}

/// Writes the users `admin` and `agent` with [`DEV_PASSWORD`], unless they exist, and marks them. Returns
/// both.
///
/// Only servers with [`accept_dev_password`](crate::Limits::accept_dev_password) accept this password for
/// marked users.
///
/// # Errors
/// [`Error`] if the store fails.
pub async fn dev_users(store: &dyn Store, cost: u32) -> Result<Vec<DevUser>, Error> {
    let mut users = Vec::new();
    for dev in auth::DEV_USERS {
        let mark = Some(dev.mark()?);
        let name = dev.name;
        let seeded = user(store, name, dev.group, DEV_PASSWORD, cost, mark).await?;
        let (mut has_dev_password, mut lacks_password) = (true, false);
        if seeded == SeedOutcome::AlreadySeeded
            && let Some(account) = auth::account(store, name).await?
        {
            lacks_password = !account.has_password();
            has_dev_password =
                !account.user.disabled && auth::has_dev_password(store, &account).await?;
        }
        users.push(DevUser { name, has_dev_password, lacks_password });
    }
    Ok(users)
}

/// Ends the sessions of users that [`dev_users`] has created and that still have [`DEV_PASSWORD`].
/// Returns their names.
///
/// # Errors
/// [`Error`] if the store fails, or does not accept writes and there are such users.
pub async fn end_dev_sessions(store: &dyn Store) -> Result<Vec<&'static str>, Error> {
    auth::end_dev_sessions(store).await
}

/// Whether any user has a password.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn has_password(store: &dyn Store) -> Result<bool, Error> {
    let prefix = keyspace::whole_collection(keyspace::PASSWORDS)?;
    let scan = Scan { prefix, after: None, limit: 1, max_bytes: usize::MAX };
    Ok(!store.scan(scan).await?.is_empty())
}

async fn user(
    store: &dyn Store,
    name: &str,
    group: &str,
    password: &str,
    cost: u32,
    mark: Option<Operation>,
) -> Result<SeedOutcome, Error> {
    let user = User { username: name.into(), groups: vec![group.into()], ..User::default() };
    user.validate()?;
    sensu_types::user::validate_password(password)?;
    if auth::account(store, name).await?.is_some() {
        return Ok(SeedOutcome::AlreadySeeded);
    }
    let hash = auth::hash_without_pool(password.into(), cost).await?;
    let (mut operations, _) = auth::put_account(&user, Some(&hash))?;
    operations.extend(mark);
    let key = key::<User>(name)?;
    commit(store, Precondition::Absent(key), operations).await
}

/// Commits the operations together with a marker, unless the marker exists.
async fn once(
    store: &dyn Store,
    seed: &'static str,
    mut operations: Vec<Operation>,
) -> Result<SeedOutcome, Error> {
    let key = keyspace::seed_marker(seed)?;
    // Read first: a server also starts over a store that does not accept writes.
    if store.get(&key).await?.is_some() {
        return Ok(SeedOutcome::AlreadySeeded);
    }
    operations.push(mark(key.clone()));
    commit(store, Precondition::Absent(key), operations).await
}

fn mark(key: Key) -> Operation {
    Operation::Put { key, value: Bytes::from_static(b"1"), flags: 0, expires_at: None }
}

async fn commit(
    store: &dyn Store,
    precondition: Precondition,
    operations: Vec<Operation>,
) -> Result<SeedOutcome, Error> {
    match store.commit(Txn { preconditions: vec![precondition], operations }).await {
        Ok(_) => Ok(SeedOutcome::Seeded),
        Err(CommitError::Precondition(_)) => Ok(SeedOutcome::AlreadySeeded),
        Err(error) => Err(error.into()),
    }
}

fn put<T: Resource>(value: &T) -> Result<Operation, Error> {
    Ok(Encoded::new(value, usize::MAX)?.put(key::<T>(value.name())?))
}

fn key<T: Resource>(name: &str) -> Result<Key, Error> {
    keyspace::key::<T>("", name).ok_or_else(|| Error::Internal(format!("no key for {name}")))
}

/// The seeded cluster roles (D19). The catalog states which of them cover a kind.
fn roles() -> [(&'static str, Vec<Rule>); 6] {
    use Coverage::{Admin, ReadOnly, ViewEditAdmin};
    let read_only = || rule(&["get", "list"], &covered(&[ReadOnly]));
    [
        ("admin", vec![rule(&["*"], &covered(&[ViewEditAdmin, Admin])), read_only()]),
        ("cluster-admin", vec![rule(&["*"], &["*"])]),
        ("edit", vec![rule(&["*"], &covered(&[ViewEditAdmin])), read_only()]),
        ("system:agent", vec![rule(&["*"], &[Event::PLURAL])]),
        ("system:user", vec![rule(&["get", "update"], &[SELF_USER]), read_only()]),
        ("view", vec![rule(&["get", "list"], &covered(&[ViewEditAdmin, ReadOnly]))]),
    ]
}

/// The plurals of the kinds with one of these coverages.
fn covered(coverages: &[Coverage]) -> Vec<&'static str> {
    KINDS.iter().filter(|kind| coverages.contains(&kind.coverage)).map(|kind| kind.plural).collect()
}

fn rule(verbs: &[&str], resources: &[&str]) -> Rule {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    Rule { verbs: owned(verbs), resources: owned(resources), resource_names: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Changing a rule here does not change existing stores: seeds are written once. Kinds of later
    /// releases (D40) are left out of the comparison.
    #[test]
    fn seeded_rules_are_those_of_sensu_go_for_its_kinds() {
        let monitoring = "assets checks entities extensions events filters handlers hooks mutators \
                          silenced";
        let others = ["namespaces", "roles", "rolebindings", SELF_USER, "*"];
        let kinds: Vec<&str> = monitoring.split(' ').chain(others).collect();
        let rules = |name: &str| -> Vec<String> {
            let (_, rules) = roles().into_iter().find(|(role, _)| *role == name).unwrap();
            let text = |mut rule: Rule| {
                rule.resources.retain(|resource| kinds.contains(&resource.as_str()));
                format!("{}: {}", rule.verbs.join(" "), rule.resources.join(" "))
            };
            rules.into_iter().map(text).collect()
        };
        let namespaces = "get list: namespaces";
        assert_eq!(rules("view"), [format!("get list: {monitoring} namespaces")]);
        assert_eq!(rules("edit"), [&format!("*: {monitoring}"), namespaces]);
        assert_eq!(rules("admin"), [&format!("*: {monitoring} roles rolebindings"), namespaces]);
        assert_eq!(rules("system:user"), ["get update: localselfuser", namespaces]);
        assert_eq!(rules("system:agent"), ["*: events"]);
        assert_eq!(rules("cluster-admin"), ["*: *"]);
    }
}
