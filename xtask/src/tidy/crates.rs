//! The table of layers: the top-level modules of each crate, from the top layer to the bottom one.

use super::layers::Layers;

/// The crates whose layers are checked.
pub(super) const CRATES: &[Layers] = &[
    Layers {
        folder: "server/src",
        order: &[
            &["cli"],
            &["runtime"],
            &["gateway"],
            &["http", "testkit", "import", "seed"],
            &["openapi"],
            &["resources"],
            &["rbac", "auth"],
            &["error", "catalog", "keyspace", "query", "metrics", "limits"],
            &["connections"],
            &["client_address"],
        ],
        // Dropshot has one context type, which holds everything that operations use.
        exceptions: &["runtime::context"],
        known: &[],
    },
    Layers {
        folder: "client/sensuctl/src",
        order: &[
            &["cli"],
            &["commands"],
            &["plan"],
            &["manifest"],
            &["resource"],
            &["verbs"],
            &["output"],
            &["serialize", "table", "prompt"],
            &["descriptor"],
            &["column", "field"],
            &["api"],
            &["context"],
            &["global_flags", "list_options", "prefix_cache"],
            &["args", "error", "output_query", "pointer", "schema", "time", "warnings"],
            &["escape"],
        ],
        exceptions: &[],
        known: &[],
    },
    Layers {
        folder: "client/src",
        order: &[
            &["builder"],
            &["raw"],
            &["transport"],
            &["auth"],
            &["session"],
            &["null", "observer", "pagination", "path", "prefix", "retry"],
            &["error_response"],
            &["error"],
            &["config"],
            &["tokens"],
        ],
        // The generated client holds the session, and every module adds methods to it.
        exceptions: &["generated"],
        known: &[],
    },
    Layers {
        folder: "server/engine/src",
        order: &[
            &["recorded"],
            &["ttl", "flap", "history", "occurrences", "redelivery", "rewind", "silence"],
            &["test_events"],
        ],
        exceptions: &[],
        known: &[],
    },
    Layers {
        folder: "server/pipeline/src",
        order: &[
            &["executor"],
            &["command"],
            &["assets"],
            &["handlers", "javascript"],
            &["outbound", "payload"],
        ],
        exceptions: &[],
        known: &[],
    },
    Layers {
        folder: "server/store/src",
        order: &[
            &["memory", "postgres", "sqlite", "backup"],
            &["feed", "queue"],
            &["store"],
            &["export"],
            &["txn", "reports", "durability", "checksum"],
            &["entry", "error"],
            &["key", "clock"],
        ],
        exceptions: &[],
        known: &[],
    },
    Layers {
        folder: "server/types/src",
        order: &[
            &["resources"],
            &["bodies", "parts"],
            &["selection"],
            &["resource"],
            &["meta", "scope"],
            &["grammar", "invalid"],
        ],
        exceptions: &[],
        known: &[],
    },
];
