//! Inputs of the commands in the transcript, which does not contain them.

use serde_json::{Value, json};

/// The prompts of a command; every answer is the default.
pub(super) fn prompts(command: &str) -> Vec<&'static str> {
    let words: Vec<_> = command.split(' ').collect();
    match (words.first().copied(), words.get(1).copied()) {
        (Some("asset"), _) => vec!["URL:", "SHA-512 Checksum:", "Filters:"],
        (Some("hook"), _) => vec!["Command:", "Timeout:", "STDIN:"],
        (Some("check"), _) => vec![
            "Command:",
            "Interval:",
            "Cron:",
            "Timeout:",
            "TTL:",
            "Subscriptions:",
            "Handlers:",
            "Runtime Assets:",
            "Publish:",
            "Check Proxy Entity Name:",
            "Check STDIN:",
            "High Flap Threshold:",
            "Low Flap Threshold:",
            "Metric Format:",
            "Metric Handlers:",
            "Round Robin:",
        ],
        (Some("mutator"), _) => {
            vec!["Command:", "Timeout:", "Environment variables:", "Runtime Assets:"]
        }
        (Some("handler"), _) => vec![
            "Environment variables:",
            "Filters:",
            "Mutator:",
            "Timeout:",
            "Type:",
            "Runtime Assets:",
            "Command:",
        ],
        (Some("filter"), _) => {
            vec!["Action:", "Expressions (comma separated list):", "Runtime Assets:"]
        }
        (Some("entity"), _) => vec!["Entity Class:", "Subscriptions:"],
        (Some("silenced"), _) => {
            vec!["Begin time:", "Expiry in Seconds:", "Expire on Resolve:", "Reason:"]
        }
        (Some("namespace"), Some("delete")) => vec!["Are you sure you would like to delete"],
        _ => panic!("unknown prompts: {command}"),
    }
}

/// Input of the `create` commands, in the order of the transcript.
pub(super) fn manifests() -> Vec<String> {
    let wrapped = |kind: &str, metadata: Value, spec: Value| {
        json!({"type": kind, "api_version": "core/v2", "metadata": metadata, "spec": spec})
            .to_string()
    };
    let named = |name: &str| json!({"name": name});
    let hash = "a".repeat(128);
    let two = [
        wrapped("Mutator", named("yy"), json!({"command": "x"})),
        wrapped("Mutator", named("zz"), json!({"command": "x"})),
    ];
    vec![
        wrapped(
            "Event",
            json!({}),
            json!({
                "timestamp": 1000,
                "entity": {"entity_class": "proxy", "metadata": {"name": "e9", "namespace": "default"}},
                "check": {"interval": 10, "status": 2, "output": "bad",
                    "metadata": {"name": "c9", "namespace": "default"}},
            }),
        ),
        wrapped("Namespace", json!({}), json!({"name": "fromfile"})),
        wrapped(
            "CheckConfig",
            json!({"name": "cf", "namespace": "default"}),
            json!({"command": "x", "interval": 5}),
        ),
        wrapped("HookConfig", named("hf"), json!({"command": "x", "timeout": 1})),
        wrapped("Asset", named("af"), json!({"url": "http://x/a.tgz", "sha512": hash})),
        wrapped("Handler", named("hh"), json!({"type": "pipe", "command": "x"})),
        wrapped("Mutator", named("mm"), json!({"command": "x"})),
        wrapped("EventFilter", named("ff"), json!({"action": "allow", "expressions": ["true"]})),
        wrapped("Entity", named("ee"), json!({"entity_class": "proxy"})),
        wrapped(
            "Silenced",
            json!({"name": "*:zz", "namespace": "default"}),
            json!({"check": "zz"}),
        ),
        wrapped(
            "Role",
            named("ro"),
            json!({"rules": [{"verbs": ["get"], "resources": ["checks"]}]}),
        ),
        wrapped(
            "RoleBinding",
            named("rb"),
            json!({"subjects": [{"type": "User", "name": "u"}], "role_ref": {"type": "Role", "name": "ro"}}),
        ),
        wrapped(
            "ClusterRole",
            named("crf"),
            json!({"rules": [{"verbs": ["get"], "resources": ["checks"]}]}),
        ),
        wrapped(
            "ClusterRoleBinding",
            named("crbf"),
            json!({"subjects": [{"type": "User", "name": "u"}],
                "role_ref": {"type": "ClusterRole", "name": "crf"}}),
        ),
        two.concat(),
        wrapped("User", json!({}), json!({"username": "u", "password": "P@ssw0rd!"})),
        wrapped("Mutator", named("xx"), json!({"command": "x", "bogus": 1})),
        wrapped("Mutator", json!({"name": "a b", "namespace": "default"}), json!({"command": "x"})),
    ]
}
