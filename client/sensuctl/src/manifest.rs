//! Documents: objects with their type and version around them, from JSON or YAML.

use std::io::{self, Write as _};

use anyhow::{Result, bail};
use sensu_manifests::{Manifest, SourceFile};
use serde_json::Value;

use crate::field::text;
use crate::resource::{self, Resource};
use crate::schema;

/// An object, what it is, and where it came from.
#[derive(Debug)]
pub(crate) struct Document {
    /// What it is.
    pub resource: &'static Resource,
    /// The object as the API has it, without what was around it.
    pub object: Value,
    place: String,
}

impl Document {
    /// Where it is on the server.
    pub(crate) fn address(&self) -> String {
        self.resource.place_of(&self.object)
    }

    /// Refuses what the server would not take.
    pub(crate) fn expect_sendable(&self) -> Result<()> {
        match self.resource.command {
            "api-key" => bail!(
                "the server makes API keys and shows each of them once: run `sensuctl api-key grant {}`",
                text(self.object.pointer("/username"))
            ),
            _ => Ok(()),
        }
    }

    /// What it is called where all are listed.
    pub(crate) fn title(&self) -> String {
        let Self { resource, object, .. } = self;
        let namespace = match resource.namespaced {
            true => resource.namespace_of(object) + "/",
            false => String::new(),
        };
        format!("{} {namespace}{}", resource.kind, resource.name_of(object))
    }

    /// What it is called in messages.
    pub(crate) fn told(&self) -> String {
        let name = self.resource.name_of(&self.object);
        format!("{} {} {name}", self.place, self.resource.kind)
    }
}

/// Reads texts. Says what is wrong with each document that cannot be used, and refuses all if there
/// is one.
pub(crate) fn read(sources: &[SourceFile], namespace: &str) -> Result<Vec<Document>> {
    let mut documents = Vec::new();
    let mut broken = 0;
    for SourceFile { path, content } in sources {
        let values = match sensu_manifests::parse(content) {
            Ok(values) => values,
            Err(error) if path.is_empty() => return Err(error.into()),
            Err(error) => bail!("cannot read {path}: {error}"),
        };
        for (position, value) in values.into_iter().enumerate() {
            let place = match path.as_str() {
                "" => format!("resource {position}:"),
                path => format!("{path}: resource {position}:"),
            };
            match one(value, namespace) {
                Ok((resource, object)) => documents.push(Document { resource, object, place }),
                Err(error) => {
                    broken += 1;
                    writeln!(io::stderr(), "{place} {error:#}")?;
                }
            }
        }
    }
    match broken {
        0 => Ok(documents),
        _ => bail!("some resources couldn't be parsed"),
    }
}

/// What a wrapped object is, and the object in its namespace.
fn one(value: Value, namespace: &str) -> Result<(&'static Resource, Value)> {
    let wrapped = Manifest::from_value(value)?;
    let kind = wrapped.kind.clone();
    let Some(resource) = resource::ALL.iter().find(|resource| resource.kind == kind) else {
        bail!("unknown type {kind:?}; `sensuctl describe-type all` shows them");
    };
    let has_metadata = resource.name_at == "/metadata/name" || resource.command == "event";
    let name_in = (!has_metadata).then(|| resource.name_at.trim_start_matches('/'));
    let mut object = wrapped.into_object(name_in);
    if let Some(unknown) = schema::unknown_field(resource.kind, &object) {
        bail!("unknown field {unknown:?}");
    }
    resource.put_into(&mut object, namespace);
    let name = resource.name_of(&object);
    if name.is_empty() || name.starts_with('/') || name.ends_with('/') {
        bail!("{kind} has no name");
    }
    Ok((resource, object))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_one(text: &str) -> Result<(&'static Resource, Value)> {
        one(sensu_manifests::parse(text).unwrap().remove(0), "ops")
    }

    #[test]
    fn json_and_yaml_mean_the_same() {
        let json = r#"{"type": "HookConfig", "api_version": "core/v2",
            "metadata": {"name": "h"}, "spec": {"command": "ps", "timeout": 5}}"#;
        let yaml = "type: HookConfig\napi_version: core/v2\nmetadata:\n  name: h\nspec:\n  command: ps\n  timeout: 5\n";
        let (hook, object) = read_one(json).unwrap();
        assert_eq!(read_one(yaml).unwrap().1, object);
        assert_eq!(hook.place_of(&object), "/namespaces/ops/hooks/h");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (document, wrong) in [
            (r#"{"spec": {}}"#, "has no type"),
            (r#"{"type": "Nonsense", "metadata": {"name": "x"}}"#, "unknown type \"Nonsense\""),
            (r#"{"type": "Role", "api_version": "rbac/v9", "metadata": {"name": "x"}}"#, "rbac/v9"),
            (r#"{"type": "Role", "metadata": {}, "spec": {}}"#, "has no name"),
            (r#"{"type": "Role", "metadata": {"name": "x"}, "spec": {"bogus": 1}}"#, "\"bogus\""),
            (
                r#"{"type": "Role", "metadata": {"name": "x"}, "spec": {"rules": [{"verb": []}]}}"#,
                "\"rules.0.verb\"",
            ),
        ] {
            let said = read_one(document).unwrap_err().to_string();
            assert!(said.contains(wrong), "{said}");
        }
    }

    #[test]
    fn names_of_namespaces_and_users_are_found_in_both_places() {
        for document in [
            r#"{"type": "Namespace", "spec": {"name": "dev"}}"#,
            r#"{"type": "Namespace", "metadata": {"name": "dev"}, "spec": {}}"#,
        ] {
            let (resource, object) = read_one(document).unwrap();
            assert_eq!(object, json!({"name": "dev"}));
            assert_eq!(resource.place_of(&object), "/namespaces/dev");
        }
    }
}
