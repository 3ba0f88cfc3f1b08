//! Reads manifests: objects from files, with their kind and source. Checks types, fields and names
//! before anything is sent.

use std::io::{self, Write as _};

use anyhow::{Result, bail};
use sensu_manifests::{Manifest, SourceFile};
use serde_json::Value;

use crate::descriptor::Descriptor;
use crate::{resource, schema};

/// An object of a manifest.
#[derive(Debug)]
pub(crate) struct ManifestObject {
    pub resource: &'static Descriptor,
    /// The object as the API represents it.
    pub object: Value,
    /// File and position, as a prefix of messages.
    source: String,
}

impl ManifestObject {
    /// The path of the object on the server.
    pub(crate) fn path(&self) -> String {
        self.resource.path_of(&self.object)
    }

    /// Kind, namespace and name: `CheckConfig default/check-cpu`.
    pub(crate) fn title(&self) -> String {
        let Self { resource, object, .. } = self;
        let namespace = match resource.is_namespaced() {
            true => resource.namespace_of(object) + "/",
            false => String::new(),
        };
        format!("{} {namespace}{}", resource.kind, resource.display_name(object))
    }

    /// Source, kind and name, as a prefix of errors.
    pub(crate) fn source(&self) -> String {
        let Self { resource, object, source } = self;
        format!("{source} {} {}", resource.kind, resource.display_name(object))
    }
}

/// What happens to the objects of manifests, and which ones are accepted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadOptions {
    /// Objects are written: those that only the server creates are not accepted.
    pub for_writing: bool,
    /// Objects that are not accepted are errors. Otherwise they are skipped and reported.
    pub strict: bool,
}

/// Reads all manifests of these files. Objects without a namespace get `namespace`. Prints every
/// invalid and every skipped manifest to standard error.
///
/// # Errors
/// If a file is neither JSON nor YAML, a manifest is invalid, or there are no manifests: a program that
/// was to produce them has failed.
pub(crate) fn read(
    sources: &[SourceFile],
    namespace: &str,
    options: ReadOptions,
) -> Result<Vec<ManifestObject>> {
    let mut objects = Vec::new();
    let (mut invalid, mut skipped) = (0, 0);
    for SourceFile { path, content } in sources {
        let values = match sensu_manifests::parse(content) {
            Ok(values) => values,
            Err(error) if path.is_empty() => return Err(error.into()),
            Err(error) => bail!("cannot read {path}: {error}"),
        };
        for (position, value) in values.into_iter().enumerate() {
            let source = match path.as_str() {
                "" => format!("resource {position}:"),
                path => format!("{path}: resource {position}:"),
            };
            match read_object(value, namespace, options) {
                Ok(Read::Object(resource, object)) => {
                    objects.push(ManifestObject { resource, object, source });
                }
                Ok(Read::NotAccepted(reason)) if !options.strict => {
                    skipped += 1;
                    writeln!(io::stderr(), "{source} skipped: {reason}")?;
                }
                Ok(Read::NotAccepted(reason)) => {
                    invalid += 1;
                    writeln!(io::stderr(), "{source} {reason}")?;
                }
                Err(error) => {
                    invalid += 1;
                    writeln!(io::stderr(), "{source} {error:#}")?;
                }
            }
        }
    }
    match (invalid, skipped) {
        (0, 0) if objects.is_empty() => bail!("the input contains no resources"),
        (0, _) => Ok(objects),
        // As in Sensu Go 5.0.0.
        _ => bail!("some resources couldn't be parsed"),
    }
}

/// A manifest that is valid, as far as this program knows its type.
#[derive(Debug)]
enum Read {
    Object(&'static Descriptor, Value),
    NotAccepted(String),
}

fn find(kind: &str) -> Option<&'static Descriptor> {
    resource::ALL.iter().find(|resource| resource.kind == kind).copied()
}

fn read_object(value: Value, namespace: &str, options: ReadOptions) -> Result<Read> {
    let manifest = Manifest::from_value(value)?;
    let kind = manifest.kind.clone();
    let resource = match find(&kind).filter(|_| manifest.is_core_v2()) {
        Some(resource) => resource,
        // Written by hand, and misspelled.
        None if manifest.api_version.is_empty() => {
            bail!("unknown type {kind:?}; `sensuctl describe-type all` lists the types")
        }
        None => {
            let (version, name) = (&manifest.api_version, manifest.text("name"));
            return Ok(Read::NotAccepted(format!(
                "{version}.{kind} {name}: the server does not have the type"
            )));
        }
    };
    let mut object = manifest.into_object(resource.name_field());
    if let Some(field) = schema::unknown_field(resource.schema(), &object) {
        bail!("unknown field {field:?}");
    }
    resource.set_default_namespace(&mut object, namespace);
    if !resource.has_name(&object) {
        bail!("{kind} has no name");
    }
    Ok(match resource.manifest_error.filter(|_| options.for_writing) {
        Some(error) => {
            let name = resource.display_name(&object);
            Read::NotAccepted(format!("{kind} {name}: {}", error(&object)))
        }
        None => Read::Object(resource, object),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_one(text: &str) -> Result<(&'static Descriptor, Value)> {
        let options = ReadOptions { for_writing: true, strict: false };
        match read_object(sensu_manifests::parse(text).unwrap().remove(0), "ops", options)? {
            Read::Object(resource, object) => Ok((resource, object)),
            Read::NotAccepted(reason) => bail!("not accepted: {reason}"),
        }
    }

    #[test]
    fn json_and_yaml_give_the_same_object() {
        let json = r#"{"type": "HookConfig", "api_version": "core/v2",
            "metadata": {"name": "h"}, "spec": {"command": "ps", "timeout": 5}}"#;
        let yaml = "type: HookConfig\napi_version: core/v2\nmetadata:\n  name: h\nspec:\n  command: ps\n  timeout: 5\n";
        let (hook, object) = read_one(json).unwrap();
        assert_eq!(read_one(yaml).unwrap().1, object);
        assert_eq!(hook.path_of(&object), "/namespaces/ops/hooks/h");
    }

    #[test]
    fn invalid_manifests_are_rejected() {
        for (manifest, message) in [
            (r#"{"spec": {}}"#, "has no type"),
            (r#"{"type": "Nonsense", "metadata": {"name": "x"}}"#, "unknown type \"Nonsense\""),
            (
                r#"{"type": "Role", "api_version": "rbac/v9", "metadata": {"name": "x"}}"#,
                "not accepted: rbac/v9.Role x",
            ),
            (r#"{"type": "Role", "metadata": {}, "spec": {}}"#, "has no name"),
            (r#"{"type": "Role", "metadata": {"name": "x"}, "spec": {"bogus": 1}}"#, "\"bogus\""),
            (
                r#"{"type": "Role", "metadata": {"name": "x"}, "spec": {"rules": [{"verb": []}]}}"#,
                "\"rules.0.verb\"",
            ),
            (r#"{"type": "Event", "spec": {"entity": {"metadata": {"name": "e"}}}}"#, "no name"),
        ] {
            let error = read_one(manifest).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn a_kind_without_metadata_may_have_its_name_in_either_place() {
        for manifest in [
            r#"{"type": "Namespace", "spec": {"name": "dev"}}"#,
            r#"{"type": "Namespace", "metadata": {"name": "dev"}, "spec": {}}"#,
        ] {
            let (resource, object) = read_one(manifest).unwrap();
            assert_eq!(object, json!({"name": "dev"}));
            assert_eq!(resource.path_of(&object), "/namespaces/dev");
        }
    }
}
