//! The on-disk layout: every collection of the store, its keys and the encoding of its values.
//!
//! A key is the name of a collection and one or more segments, each followed by a NUL byte
//! ([`sensu_store::Key`]). No other module of the server builds keys: a collection that is missing
//! here cannot be written. **Names of collections and the order of segments are persistent.**
//! Changing one makes existing stores unreadable.
//!
//! [`LAYOUT`] is the whole layout; `docs/store.md` contains the same table. Resources share two of
//! its rows: each kind has a collection named after its plural (`checks`), with one JSON document
//! per object. [`records`] describes the flag of values that are redacted when read.

mod keys;
mod records;
mod snapshots;

pub(crate) use keys::{
    DEADLINE_NAMES_MAX_BYTES, adhoc_request, cluster_identity, connected, deadline,
    deadline_by_time, deadlines_by_time, in_namespace, is_namespace_precondition, key, lease,
    list_prefix, namespace_exists, outbox_entry, outbox_of, outcomes, outcomes_of, password,
    prefix_of, redacted_keys, seed_marker, session, sessions_of, token_secret, turn,
    whole_collection,
};
pub(crate) use records::{Encoded, all, encode, parse, render};
pub(crate) use snapshots::{Snapshots, View};

use std::fmt::Write as _;

use sensu_types::Resource as _;
use sensu_types::event::Event;

use crate::catalog::KINDS;

/// Requests to run a check now, until an agent takes them.
pub const ADHOC: &str = "adhoc";
/// The identity of the cluster.
pub const CLUSTER: &str = "cluster";
/// The deadline of each event whose check has a `ttl`, in order of time.
pub const DEADLINES_BY_TIME: &str = "due";
/// Leases of the servers that share the store.
pub const LEASES: &str = "leases";
/// Work for handlers.
pub const OUTBOX: &str = "outbox";
/// What handlers did.
pub const OUTCOMES: &str = "outcomes";
/// bcrypt hashes of passwords.
pub const PASSWORDS: &str = "passwords";
/// Keys that the events of an entity hide, for entities with a `redact` list of their own.
pub const REDACTED: &str = "redacted";
/// Secrets of the server.
pub const SECRETS: &str = "secrets";
/// Markers of completed one-time seeds.
pub const SEEDED: &str = "seeded";
/// Sessions of users.
pub const SESSIONS: &str = "sessions";
/// Which agent executed the last run of each round-robin check.
pub const TURNS: &str = "turns";
/// The agents that are connected to the servers that share the store.
pub const CONNECTED: &str = "connected";
/// The deadline of each event whose check has a `ttl`, by event.
pub const DEADLINES: &str = "ttl";

/// A row of the layout: one collection, or the collections of all kinds of one scope.
pub(crate) struct Row {
    /// The name of the collection. `None` for the collections of resources, which are named after
    /// the plurals of their kinds.
    name: Option<&'static str>,
    /// The segments of a key below the collection. The last may be absent if it ends with `?`.
    key: &'static [&'static str],
    /// What is stored under a key.
    value: &'static str,
    /// The module of `server/src` that writes it.
    owner: &'static str,
    /// Whether a reset of the testkit restores it. The others keep tokens and the cluster's id
    /// valid over a reset.
    reset: bool,
}

const NAMESPACED: Row = Row {
    name: None,
    key: &["namespace", "name"],
    value: "object of a namespaced kind, JSON",
    owner: "resources/store",
    reset: true,
};

const CLUSTER_WIDE: Row = Row {
    name: None,
    key: &["name"],
    value: "object of a cluster-wide kind, JSON",
    owner: "resources/store, resources/users",
    reset: true,
};

/// The whole layout of the store.
pub(crate) const LAYOUT: [Row; 17] = [
    NAMESPACED,
    CLUSTER_WIDE,
    Row {
        name: Some(Event::PLURAL),
        key: &["namespace", "entity", "check"],
        value: "the latest event of a check on an entity, JSON",
        owner: "resources/events",
        reset: true,
    },
    Row {
        name: Some(PASSWORDS),
        key: &["user"],
        value: "bcrypt hash",
        owner: "auth/account",
        reset: true,
    },
    Row {
        name: Some(SESSIONS),
        key: &["user", "session"],
        value: "ids of the valid tokens and of those replaced recently, JSON; expires with the refresh token",
        owner: "auth/session",
        reset: false,
    },
    Row {
        name: Some(SECRETS),
        key: &["`token`"],
        value: "key that signs tokens, 32 bytes",
        owner: "auth/jwt",
        reset: false,
    },
    Row {
        name: Some(CLUSTER),
        key: &["`identity`"],
        value: "ids and peer URLs of the cluster, JSON",
        owner: "resources/cluster",
        reset: false,
    },
    Row {
        name: Some(ADHOC),
        key: &["namespace", "check", "time and random id"],
        value: "request to run a check, JSON; deleted when it is sent to agents, unless servers share the store; the last 10 of a check; expires after an hour",
        owner: "resources/checks",
        reset: true,
    },
    Row {
        name: Some(DEADLINES),
        key: &["namespace", "check", "entity?"],
        value: "deadline of the next result (`ttl`) or keepalive, JSON; no entity for round-robin checks",
        owner: "resources/events/deadlines",
        reset: true,
    },
    Row {
        name: Some(DEADLINES_BY_TIME),
        key: &["time", "namespace", "check", "entity?"],
        value: "the same deadlines in order of time (Unix seconds, 20 digits)",
        owner: "resources/events/deadlines",
        reset: true,
    },
    Row {
        name: Some(OUTBOX),
        key: &["namespace", "entity", "check?", "random id"],
        value: "an event whose handlers have not run yet, and the server that runs them, JSON",
        owner: "resources/outbox",
        reset: true,
    },
    Row {
        name: Some(OUTCOMES),
        key: &["namespace", "entity", "check?"],
        value: "what the handlers of the last events did, JSON; expires after a day",
        owner: "resources/outbox",
        reset: true,
    },
    Row {
        name: Some(LEASES),
        key: &["server"],
        value: "`1`: the server is running and runs the handlers of its entries in the outbox; expires after an hour unless renewed; only in stores that servers share",
        owner: "resources/outbox",
        reset: false,
    },
    Row {
        name: Some(REDACTED),
        key: &["namespace", "entity"],
        value: "all keys that `redact` of the entity has listed, JSON; no record for the default keys",
        owner: "resources/redaction",
        reset: true,
    },
    Row {
        name: Some(TURNS),
        key: &["namespace", "check"],
        value: "which agents executed the last run of a round-robin check, JSON",
        owner: "resources/requests",
        reset: true,
    },
    Row {
        name: Some(CONNECTED),
        key: &["namespace", "agent"],
        value: "server and subscriptions of a connected agent, JSON; only in stores that servers share",
        owner: "resources/connected",
        reset: false,
    },
    Row {
        name: Some(SEEDED),
        key: &["seed"],
        value: "`1`: the seed has been written and is not written again; `dev-admin` and `dev-agent` mark the users of `--dev`",
        owner: "seed",
        reset: false,
    },
];

/// The other collections whose keys begin with a namespace. Their entries go with the namespace.
pub(crate) fn namespaced_records() -> impl Iterator<Item = &'static str> {
    let records = LAYOUT.iter().filter(|row| row.key.first() == Some(&"namespace"));
    records.filter_map(|row| row.name).filter(|name| *name != Event::PLURAL)
}

/// The collections that a reset of the testkit restores.
pub(crate) fn reset_collections() -> impl Iterator<Item = &'static str> {
    let records = LAYOUT.iter().filter(|row| row.reset).filter_map(|row| row.name);
    KINDS.iter().map(|kind| kind.plural).chain(records.filter(|name| *name != Event::PLURAL))
}

/// The layout as a Markdown table, for `docs/store.md`.
#[must_use]
pub fn layout_table() -> String {
    let mut table = String::from(
        "| Collection | Segments of the key | Value | Written by | Restored by a testkit reset |\n\
         |---|---|---|---|---|\n",
    );
    for row in &LAYOUT {
        let name = match row.name {
            Some(name) => format!("`{name}`"),
            None if row.key.len() == 2 => "plural of a namespaced kind, as `checks`".into(),
            None => "plural of a cluster-wide kind, as `clusterroles`".into(),
        };
        let (key, reset) = (row.key.join(", "), if row.reset { "yes" } else { "no" });
        let (value, owner) = (row.value, row.owner);
        let _ = writeln!(table, "| {name} | {key} | {value} | `{owner}` | {reset} |");
    }
    table
}

/// Whether the layout has a row for a key.
#[cfg(test)]
pub(crate) fn has_row_for(key: &sensu_store::Key) -> bool {
    let mut segments = key.segments();
    let collection = segments.next().unwrap_or_default();
    let row = LAYOUT.iter().find(|row| row.name == Some(collection)).or_else(|| {
        let kind = KINDS.iter().find(|kind| kind.plural == collection)?;
        Some(if kind.namespaced { &LAYOUT[0] } else { &LAYOUT[1] })
    });
    let segments = segments.count();
    row.is_some_and(|row| {
        let optional = row.key.iter().filter(|segment| segment.ends_with('?')).count();
        (row.key.len() - optional..=row.key.len()).contains(&segments)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docs_store_md_contains_the_layout() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/store.md");
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains(&layout_table()), "copy to docs/store.md:\n{}", layout_table());
    }

    #[test]
    fn a_collection_has_one_row() {
        let mut names: Vec<&str> = LAYOUT.iter().filter_map(|row| row.name).collect();
        names.extend(KINDS.iter().map(|kind| kind.plural).filter(|name| *name != Event::PLURAL));
        names.sort_unstable();
        assert!(names.is_sorted_by(|one, next| one < next), "{names:?}");
    }
}
