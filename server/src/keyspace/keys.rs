//! Constructors of keys and prefixes: one for each collection of the layout.
//!
//! `None` stands for a name that no key can hold: it is empty, contains NUL, or the key would be
//! longer than [`Key::MAX_BYTES`]. Nothing can be stored under such a name, so readers treat it as
//! not found.

use sensu_store::{Key, Precondition, Prefix};
use sensu_types::namespace::Namespace;
use sensu_types::{Resource, Scope};

use super::{
    ADHOC, CLUSTER, CONNECTED, DEADLINES, DEADLINES_BY_TIME, LEASES, OUTBOX, OUTCOMES, PASSWORDS,
    REDACTED, SECRETS, SEEDED, SESSIONS, TURNS,
};
use crate::error::Error;

/// Digits of a deadline: enough for any number of seconds.
const TIME_DIGITS: usize = 20;

/// Longest namespace, entity and check of an event with a deadline, together. The record in order of
/// time has the longest key of all records of an event.
pub(crate) const DEADLINE_NAMES_MAX_BYTES: usize =
    Key::MAX_BYTES - DEADLINES_BY_TIME.len() - TIME_DIGITS - "\0".len() * 5;

/// The key of an object. `namespace` is ignored for cluster-wide kinds.
pub(crate) fn key<T: Resource>(namespace: &str, name: &str) -> Option<Key> {
    Key::new(T::PLURAL, segments::<T>(namespace, name)).ok()
}

/// The keys of a kind: all if `namespace` and `name` are empty; of one namespace; or of one first
/// part of a composite name.
pub(crate) fn list_prefix<T: Resource>(namespace: &str, name: &str) -> Option<Prefix> {
    let parts = [namespace, name];
    Prefix::new(T::PLURAL, parts.into_iter().filter(|part| !part.is_empty())).ok()
}

/// The keys of `collection` that belong to an object of kind `T`, for a collection whose keys begin
/// with the object's own segments.
pub(crate) fn prefix_of<T: Resource>(
    collection: &'static str,
    namespace: &str,
    name: &str,
) -> Option<Prefix> {
    Prefix::new(collection, segments::<T>(namespace, name)).ok()
}

/// All keys of a collection.
pub(crate) fn whole_collection(collection: &'static str) -> Result<Prefix, Error> {
    Prefix::new(collection, []).map_err(|bad| Error::Internal(bad.to_string()))
}

/// The keys of a namespace in a collection whose keys begin with the namespace.
pub(crate) fn in_namespace(collection: &'static str, namespace: &str) -> Option<Prefix> {
    Prefix::new(collection, [namespace]).ok()
}

/// The password hash of a user.
pub(crate) fn password(user: &str) -> Option<Key> {
    Key::new(PASSWORDS, [user]).ok()
}

/// A session of a user.
pub(crate) fn session(user: &str, session: &str) -> Option<Key> {
    Key::new(SESSIONS, [user, session]).ok()
}

/// All sessions of a user.
pub(crate) fn sessions_of(user: &str) -> Option<Prefix> {
    Prefix::new(SESSIONS, [user]).ok()
}

/// The secret that signs tokens.
pub(crate) fn token_secret() -> Result<Key, Error> {
    fixed(SECRETS, "token")
}

/// The identity of the cluster.
pub(crate) fn cluster_identity() -> Result<Key, Error> {
    fixed(CLUSTER, "identity")
}

/// The marker of a one-time seed.
pub(crate) fn seed_marker(seed: &'static str) -> Result<Key, Error> {
    fixed(SEEDED, seed)
}

/// A request to run a check. `now` orders the requests of a check; `random` makes them distinct.
pub(crate) fn adhoc_request(namespace: &str, check: &str, now: i64, random: u64) -> Option<Key> {
    Key::new(ADHOC, [namespace, check, &format!("{now:020}-{random:016x}")]).ok()
}

/// Which agent executed the last run of a round-robin check.
pub(crate) fn turn(namespace: &str, check: &str) -> Option<Key> {
    Key::new(TURNS, [namespace, check]).ok()
}

/// An agent that is connected to one of several servers.
pub(crate) fn connected(namespace: &str, agent: &str) -> Option<Key> {
    Key::new(CONNECTED, [namespace, agent]).ok()
}

/// The deadline of an event. `entity` is `None` for checks whose deadline all entities share.
pub(crate) fn deadline(namespace: &str, check: &str, entity: Option<&str>) -> Option<Key> {
    let segments = [Some(namespace), Some(check), entity];
    Key::new(DEADLINES, segments.into_iter().flatten()).ok()
}

/// The same deadline in order of time. `due` is in seconds since 1970-01-01 UTC.
pub(crate) fn deadline_by_time(
    due: i64,
    namespace: &str,
    check: &str,
    entity: Option<&str>,
) -> Option<Key> {
    let due = format!("{due:0TIME_DIGITS$}");
    let segments = [Some(due.as_str()), Some(namespace), Some(check), entity];
    Key::new(DEADLINES_BY_TIME, segments.into_iter().flatten()).ok()
}

/// All deadlines, earliest first.
pub(crate) fn deadlines_by_time() -> Result<Prefix, Error> {
    whole_collection(DEADLINES_BY_TIME)
}

/// Work for the handlers of an event. `check` is `None` for an event without a check; `random` makes the
/// records of an event distinct.
pub(crate) fn outbox_entry(
    namespace: &str,
    entity: &str,
    check: Option<&str>,
    random: u64,
) -> Option<Key> {
    let random = format!("{random:016x}");
    let segments = [Some(namespace), Some(entity), check, Some(random.as_str())];
    Key::new(OUTBOX, segments.into_iter().flatten()).ok()
}

/// The work for the handlers of an entity's events: of all its events, or of one check.
pub(crate) fn outbox_of(namespace: &str, entity: &str, check: Option<&str>) -> Option<Prefix> {
    let segments = [Some(namespace), Some(entity), check];
    Prefix::new(OUTBOX, segments.into_iter().flatten()).ok()
}

/// The outcomes of the last events of a check on an entity. `check` is `None` for events without a check.
pub(crate) fn outcomes(namespace: &str, entity: &str, check: Option<&str>) -> Option<Key> {
    let segments = [Some(namespace), Some(entity), check];
    Key::new(OUTCOMES, segments.into_iter().flatten()).ok()
}

/// The outcomes of all events of an entity.
pub(crate) fn outcomes_of(namespace: &str, entity: &str) -> Option<Prefix> {
    Prefix::new(OUTCOMES, [namespace, entity]).ok()
}

/// The lease of a server.
pub(crate) fn lease(server: &str) -> Option<Key> {
    Key::new(LEASES, [server]).ok()
}

/// The keys that the events of an entity hide.
pub(crate) fn redacted_keys(namespace: &str, entity: &str) -> Option<Key> {
    Key::new(REDACTED, [namespace, entity]).ok()
}

/// The precondition that a namespace exists (D7).
///
/// # Errors
/// [`Error::NotFound`] for a name that no namespace can have.
pub(crate) fn namespace_exists(namespace: &str) -> Result<Precondition, Error> {
    let key =
        key::<Namespace>("", namespace).ok_or_else(|| Error::namespace_not_found(namespace))?;
    Ok(Precondition::Present(key))
}

/// Whether a precondition is [`namespace_exists`], of any namespace.
pub(crate) fn is_namespace_precondition(precondition: &Precondition) -> bool {
    matches!(precondition, Precondition::Present(key) if key.collection() == Namespace::PLURAL)
}

/// The segments of an object's key below the collection.
fn segments<'a, T: Resource>(
    namespace: &'a str,
    name: &'a str,
) -> impl Iterator<Item = &'a str> + Clone {
    let parts = if T::HAS_COMPOSITE_NAME { usize::MAX } else { 1 };
    T::Scope::NAMESPACED.then_some(namespace).into_iter().chain(name.splitn(parts, '/'))
}

fn fixed(collection: &'static str, segment: &'static str) -> Result<Key, Error> {
    Key::new(collection, [segment]).map_err(|bad| Error::Internal(bad.to_string()))
}

#[cfg(test)]
mod tests {
    use sensu_types::check::CheckConfig;
    use sensu_types::event::Event;

    use super::*;

    /// Persistent: a change makes existing stores unreadable.
    #[test]
    fn keys_are_those_of_existing_stores() {
        let keys = [
            key::<CheckConfig>("default", "a/b"),
            key::<Event>("default", "web/cpu"),
            key::<Namespace>("", "default"),
            password("bob"),
            session("bob", "0123456789abcdef"),
            token_secret().ok(),
            cluster_identity().ok(),
            seed_marker("roles").ok(),
            adhoc_request("default", "cpu", 7, 255),
            deadline("default", "cpu", Some("web")),
            deadline("default", "cpu", None),
            deadline_by_time(7, "default", "cpu", Some("web")),
            redacted_keys("default", "web"),
            outbox_entry("default", "web", Some("cpu"), 255),
            outbox_entry("default", "web", None, 255),
            outcomes("default", "web", Some("cpu")),
            lease("0123456789abcdef"),
            turn("default", "cpu"),
            connected("default", "web"),
        ];
        let text = |key: Option<Key>| {
            String::from_utf8(key.unwrap().as_bytes().to_vec()).unwrap().replace('\0', "|")
        };
        assert_eq!(
            keys.map(text),
            [
                "checks|default|a/b|",
                "events|default|web|cpu|",
                "namespaces|default|",
                "passwords|bob|",
                "sessions|bob|0123456789abcdef|",
                "secrets|token|",
                "cluster|identity|",
                "seeded|roles|",
                "adhoc|default|cpu|00000000000000000007-00000000000000ff|",
                "ttl|default|cpu|web|",
                "ttl|default|cpu|",
                "due|00000000000000000007|default|cpu|web|",
                "redacted|default|web|",
                "outbox|default|web|cpu|00000000000000ff|",
                "outbox|default|web|00000000000000ff|",
                "outcomes|default|web|cpu|",
                "leases|0123456789abcdef|",
                "turns|default|cpu|",
                "connected|default|web|",
            ]
        );
    }

    #[test]
    fn the_longest_deadline_fits() {
        let name = "x".repeat(DEADLINE_NAMES_MAX_BYTES - 2);
        assert!(deadline_by_time(i64::MAX, "n", &name, Some("e")).is_some());
        assert!(deadline_by_time(i64::MAX, "n", &format!("{name}x"), Some("e")).is_none());
    }
}
