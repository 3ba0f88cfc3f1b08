//! `dump --for`: what a release of Sensu Go can read. Its `sensuctl create` rejects a file with a type or
//! a field that it does not know.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::descriptor::Descriptor;

/// A release of Sensu Go, such as 5.11.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Release {
    major: u32,
    minor: u32,
}

/// The first release with `expire_at` in silenced entries, and with `expire` as configured.
const ABSOLUTE_EXPIRY: Release = Release::new(6, 2);

/// Types that not every release has: the first release, and the first one without them.
const TYPES: &[(&str, Release, Release)] = &[
    ("Extension", Release::FIRST, Release::new(6, 5)),
    ("Pipeline", Release::new(6, 5), Release::LAST),
    ("TessenConfig", Release::new(5, 4), Release::new(6, 13)),
];

/// Fields that later releases than 5.0 have added: the first release with them, and their paths.
/// `*` is every item of a list.
const FIELDS: &[(&str, Release, &[&str])] = &[
    (ANY, Release::new(5, 19), &["metadata.created_by"]),
    ("Asset", Release::new(5, 11), &["headers"]),
    ("Asset", Release::new(5, 12), &["builds"]),
    ("CheckConfig", Release::new(5, 2), &["discard_output", "max_output_size"]),
    ("CheckConfig", Release::new(5, 17), &["secrets"]),
    ("CheckConfig", Release::new(6, 1), &["output_metric_tags"]),
    ("CheckConfig", Release::new(6, 2), &["scheduler"]),
    ("CheckConfig", Release::new(6, 5), &["pipelines"]),
    ("CheckConfig", Release::new(6, 7), &["subdues", "output_metric_thresholds"]),
    ("CheckConfig", Release::new(6, 14), &["fallback_pipeline", "ttl_status", "asset_status"]),
    ("Check", Release::new(5, 12), &["hooks.*.runtime_assets"]),
    ("Check", Release::new(5, 19), &["history.*.flapping", "hooks.*.metadata.created_by"]),
    ("Check", Release::new(6, 0), &["is_silenced"]),
    ("Check", Release::new(6, 5), &["processed_by"]),
    ("Entity", Release::new(5, 12), &["system.arm_version"]),
    ("Entity", Release::new(5, 14), &["sensu_agent_version"]),
    ("Entity", Release::new(5, 17), &["keepalive_handlers"]),
    (
        "Entity",
        Release::new(5, 19),
        &[
            "system.libc_type",
            "system.vm_system",
            "system.vm_role",
            "system.cloud_provider",
            "system.float_type",
        ],
    ),
    ("Entity", Release::new(5, 20), &["system.processes"]),
    ("Event", Release::new(5, 18), &["id"]),
    ("Event", Release::new(6, 2), &["sequence"]),
    ("Event", Release::new(6, 5), &["pipelines"]),
    ("Event", Release::new(6, 14), &["fallback_pipeline"]),
    ("Handler", Release::new(5, 17), &["secrets"]),
    ("Handler", Release::LAST, &["http"]),
    ("HookConfig", Release::new(5, 12), &["runtime_assets"]),
    ("Mutator", Release::new(5, 17), &["secrets"]),
    ("Mutator", Release::new(6, 5), &["type", "eval"]),
    ("Pipeline", Release::LAST, &["workflows.*.continue_on_error"]),
    ("Silenced", ABSOLUTE_EXPIRY, &["expire_at"]),
    ("Silenced", Release::new(6, 14), &["default_silenced_expiry", "max_silenced_expiry_allowed"]),
];

/// The rows of [`FIELDS`] for all types.
const ANY: &str = "";

/// Objects within an object: where they are, and the types whose fields they have.
const PARTS: &[(&str, &str, &[&str])] =
    &[("Event", "/check", &["CheckConfig", "Check"]), ("Event", "/entity", &["Entity"])];

/// What was left out of a dump: types and fields with their number.
pub(super) type LeftOut = BTreeMap<String, usize>;

impl Release {
    const FIRST: Self = Self::new(5, 0);
    const LAST: Self = Self::new(u32::MAX, 0);

    const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }

    /// Parses `5.0`, `6.4.1` or `6`.
    ///
    /// # Errors
    /// If the text is no version, or the release is older than 5.0.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let numbers: Result<Vec<u32>, _> = text.split('.').map(str::parse).collect();
        let release = match numbers.as_deref() {
            Ok([major]) => Self::new(*major, 0),
            Ok([major, minor] | [major, minor, _]) => Self::new(*major, *minor),
            _ => bail!("{text:?} is not a release of Sensu Go: write it like 5.0 or 6.4.1"),
        };
        match release < Self::FIRST {
            true => bail!("Sensu Go begins with release 5.0"),
            false => Ok(release),
        }
    }

    /// Why the release cannot read objects of a kind from a dump; `None` if it can.
    pub(super) fn reason_to_omit(self, resource: &Descriptor) -> Option<&'static str> {
        let row = TYPES.iter().find(|(kind, ..)| *kind == resource.kind);
        match row {
            Some((_, first, end)) if self < *first || self >= *end => {
                Some("the release does not have the type")
            }
            _ if resource.kind == "User" => Some("dumps contain no passwords"),
            _ if resource.manifest_error.is_some() => Some("only a server creates them"),
            _ => None,
        }
    }

    /// Whether silenced entries have `expire_at`. Before, `expire` counts from now or, if that is later,
    /// from `begin`.
    pub(super) fn has_expire_at(self) -> bool {
        self >= ABSOLUTE_EXPIRY
    }

    /// Removes the objects that no release can read, and counts them: handlers of type `http` are an extension.
    pub(super) fn remove_extensions(
        self,
        kind: &str,
        objects: &mut Vec<Value>,
        left_out: &mut LeftOut,
    ) {
        if kind != "Handler" {
            return;
        }
        let count = objects.len();
        objects.retain(|handler| handler.pointer("/type").is_none_or(|kind| kind != "http"));
        if count > objects.len() {
            left_out.insert("Handler of type http".to_owned(), count - objects.len());
        }
    }

    /// Removes the fields that the release does not have, and counts them.
    pub(super) fn remove_newer_fields(
        self,
        kind: &str,
        object: &mut Value,
        left_out: &mut LeftOut,
    ) {
        for (_, pointer, kinds) in PARTS.iter().filter(|(whole, ..)| *whole == kind) {
            if let Some(part) = object.pointer_mut(pointer) {
                for kind in *kinds {
                    self.remove_newer_fields(kind, part, left_out);
                }
            }
        }
        let rows = FIELDS.iter().filter(|(of, since, _)| [ANY, kind].contains(of) && *since > self);
        for (_, _, paths) in rows {
            for path in *paths {
                let removed = remove(object, &path.split('.').collect::<Vec<_>>());
                if removed > 0 {
                    *left_out.entry(format!("{kind}.{path}")).or_default() += removed;
                }
            }
        }
    }
}

/// Removes the field at a path. Returns the number of removed values.
fn remove(value: &mut Value, path: &[&str]) -> usize {
    match (value, path) {
        (Value::Object(fields), [last]) => usize::from(fields.shift_remove(*last).is_some()),
        (Value::Object(fields), [first, rest @ ..]) => {
            fields.get_mut(*first).map_or(0, |value| remove(value, rest))
        }
        (Value::Array(items), ["*", rest @ ..]) => {
            items.iter_mut().map(|item| remove(item, rest)).sum()
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{resource, schema};

    #[test]
    fn releases_are_parsed_and_ordered() {
        let release = |text| Release::parse(text).unwrap();
        assert!(release("5.2") < release("5.11.1") && release("5.21") < release("6"));
        for (text, message) in [("5.x", "\"5.x\""), ("", "5.0 or 6.4.1"), ("0.29", "release 5.0")] {
            let error = Release::parse(text).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    /// Whether an object of Sensu Go 5.0.0 has the field.
    fn is_in_first_release(kind: &str, path: &str) -> bool {
        let text = include_str!("fields-5.0.0.txt");
        let row = text.lines().find_map(|line| line.strip_prefix(kind)?.strip_prefix(": "));
        row.unwrap_or_default().split(' ').any(|field| {
            if let Some((kind, at)) =
                field.strip_prefix('=').and_then(|field| field.split_once(':'))
            {
                let below = path.strip_prefix(at).filter(|_| !at.is_empty());
                return match below {
                    Some("") => true,
                    Some(below) => {
                        below.strip_prefix('.').is_some_and(|path| is_in_first_release(kind, path))
                    }
                    None => at.is_empty() && is_in_first_release(kind, path),
                };
            }
            match field.strip_suffix(".*") {
                Some(prefix) => path
                    .strip_prefix(prefix)
                    .is_some_and(|below| below.is_empty() || below.starts_with('.')),
                None => path == field,
            }
        })
    }

    /// Whether the table has the field or one above it.
    fn is_newer(kind: &str, path: &str) -> bool {
        let is_below = |field: &str| {
            let field = field.replace(".*", "");
            path.strip_prefix(&field)
                .is_some_and(|below| below.is_empty() || below.starts_with('.'))
        };
        let in_part = PARTS.iter().filter(|(whole, ..)| *whole == kind).any(|(_, at, kinds)| {
            let part = path
                .strip_prefix(at.trim_start_matches('/'))
                .and_then(|path| path.strip_prefix('.'));
            part.is_some_and(|path| kinds.iter().any(|kind| is_newer(kind, path)))
        });
        let mut rows = FIELDS.iter().filter(|(of, ..)| [ANY, kind].contains(of));
        in_part || rows.any(|(_, _, paths)| paths.iter().any(|field| is_below(field)))
    }

    #[test]
    fn every_field_is_in_the_first_release_or_in_the_table() {
        let first = Release::parse("5.0").unwrap();
        let kinds =
            resource::dumped().into_iter().filter(|kind| first.reason_to_omit(kind).is_none());
        for (kind, schema) in kinds.map(|resource| (resource.kind, resource.schema())) {
            let paths = schema::field_paths(schema);
            assert!(!paths.is_empty(), "{kind}");
            for path in paths {
                assert_ne!(
                    is_in_first_release(kind, &path),
                    is_newer(kind, &path),
                    "{kind}.{path}"
                );
            }
        }
    }

    #[test]
    fn newer_fields_are_removed_at_every_depth() {
        let event = json!({
            "id": "x",
            "check": {"max_output_size": 1, "history": [{"status": 1, "flapping": true}],
                "metadata": {"name": "c", "created_by": "admin"}},
            "entity": {"system": {"arm_version": 7, "os": "linux"}},
        });
        let removed = |release: &str| {
            let (mut event, mut left_out) = (event.clone(), LeftOut::new());
            Release::parse(release).unwrap().remove_newer_fields(
                "Event",
                &mut event,
                &mut left_out,
            );
            (event, left_out.values().sum::<usize>())
        };
        let (old, count) = removed("5.0");
        let expected = json!({
            "check": {"history": [{"status": 1}], "metadata": {"name": "c"}},
            "entity": {"system": {"os": "linux"}},
        });
        assert_eq!((old, count), (expected, 5));
        assert_eq!(removed("6.4"), (event.clone(), 0));
    }
}
