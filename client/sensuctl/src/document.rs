//! Documents: objects with their type and version around them, from JSON or YAML.

use std::io::{self, Write as _};

use anyhow::{Result, anyhow, bail};
use serde_json::{Value, json};

use crate::field::{place, text};
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

/// Reads texts, each with the name of its file. Says what is wrong with each document that cannot be
/// used, and refuses all if there is one.
pub(crate) fn read(texts: &[(String, String)], namespace: &str) -> Result<Vec<Document>> {
    let mut documents = Vec::new();
    let mut broken = 0;
    for (file, content) in texts {
        let values = match values(content) {
            Ok(values) => values,
            Err(error) if file.is_empty() => return Err(error),
            Err(error) => return Err(error.context(format!("cannot read {file}"))),
        };
        for (position, value) in values.into_iter().enumerate() {
            let place = match file.as_str() {
                "" => format!("resource {position}:"),
                file => format!("{file}: resource {position}:"),
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

/// The values of a text: JSON, one after the other or in a list, or YAML.
fn values(text: &str) -> Result<Vec<Value>> {
    let json = text.trim_start().starts_with(['{', '[']);
    let divided = text.lines().any(|line| line.trim_end() == "---");
    let values: Vec<Value> = match json && !divided {
        true => {
            let stream = serde_json::Deserializer::from_str(text).into_iter();
            stream.collect::<Result<_, _>>()?
        }
        false => yaml(text)?,
    };
    let flat = values.into_iter().flat_map(|value| match value {
        Value::Array(values) => values,
        value => vec![value],
    });
    Ok(flat.filter(|value| !value.is_null()).collect())
}

/// The documents of a YAML text. `y` and `on` are texts, as YAML 1.2 has it.
fn yaml(text: &str) -> Result<Vec<Value>> {
    // The files are the user's own: they may be as long as they like.
    let options = serde_saphyr::options! { strict_booleans: true, budget: None };
    serde_saphyr::from_multiple_with_options(text, options).map_err(|error| anyhow!("{error}"))
}

/// What a wrapped object is, and the object in its namespace.
fn one(value: Value, namespace: &str) -> Result<(&'static Resource, Value)> {
    let kind = text(value.get("type"));
    if kind.is_empty() {
        bail!("has no type: write it as --format wrapped-json or yaml shows");
    }
    let version = text(value.get("api_version"));
    let ours = version.is_empty() || version == "core/v2" || version.starts_with("core/v2.");
    let known = resource::ALL.iter().find(|resource| resource.kind == kind);
    let resource = match known {
        Some(resource) if ours => *resource,
        Some(_) => bail!("{kind}: unknown api_version {version:?}; this is core/v2"),
        None => bail!("unknown type {kind:?}; `sensuctl describe-type all` shows them"),
    };
    if let Value::Object(map) = &value {
        let known = ["type", "api_version", "metadata", "spec"];
        if let Some(unknown) = map.keys().find(|key| !known.contains(&key.as_str())) {
            bail!("unknown field {unknown:?}");
        }
    }
    let mut object = match value.get("spec") {
        Some(Value::Object(spec)) => Value::Object(spec.clone()),
        None | Some(Value::Null) => json!({}),
        Some(_) => bail!("spec is not an object"),
    };
    unwrap(resource, &mut object, value.get("metadata"));
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

/// Puts the metadata where the API has it; namespaces and users have only a name.
fn unwrap(resource: &Resource, object: &mut Value, metadata: Option<&Value>) {
    let Some(metadata) = metadata.filter(|metadata| metadata.is_object()) else { return };
    if resource.name_at == "/metadata/name" || resource.command == "event" {
        // As the server writes it: what is in the spec already stays.
        if object.get("metadata").is_none() {
            place(object, "/metadata", metadata.clone());
        }
    } else if text(object.pointer(resource.name_at)).is_empty() {
        place(object, resource.name_at, json!(text(metadata.get("name"))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_one(text: &str) -> Result<(&'static Resource, Value)> {
        one(values(text).unwrap().remove(0), "ops")
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
    fn several_documents_are_several() {
        let many = [
            "{\"a\": 1}\n{\"b\": 2}",
            "[{\"a\": 1}, {\"b\": 2}]",
            "{\"a\": 1}\n---\n{\"b\": 2}",
            "---\na: 1\n---\nb: 2\n",
            "# first\n---\na: 1\n---\n---\nb: 2\n",
        ];
        for text in many {
            assert_eq!(values(text).unwrap(), [json!({"a": 1}), json!({"b": 2})], "{text}");
        }
    }

    #[test]
    fn yaml_may_be_long_and_means_what_it_says() {
        let many = "---\nname: y\nport: 010\nempty: ''\n".repeat(3000);
        let values = values(&many).unwrap();
        assert_eq!(values.len(), 3000);
        assert_eq!(values[0]["name"], "y");
        assert_eq!(values[0]["empty"], "");
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
