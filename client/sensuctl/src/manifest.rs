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

    /// Fails for kinds that only the server creates.
    pub(crate) fn require_writable(&self) -> Result<()> {
        match self.resource.manifest_error {
            Some(error) => bail!(error(&self.object)),
            None => Ok(()),
        }
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

/// Reads all manifests of these files. Objects without a namespace get `namespace`. Prints every
/// invalid manifest to standard error.
///
/// # Errors
/// If a file is neither JSON nor YAML, or a manifest is invalid.
pub(crate) fn read(sources: &[SourceFile], namespace: &str) -> Result<Vec<ManifestObject>> {
    let mut objects = Vec::new();
    let mut invalid = 0;
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
            match read_object(value, namespace) {
                Ok((resource, object)) => {
                    objects.push(ManifestObject { resource, object, source });
                }
                Err(error) => {
                    invalid += 1;
                    writeln!(io::stderr(), "{source} {error:#}")?;
                }
            }
        }
    }
    match invalid {
        0 => Ok(objects),
        // As in Sensu Go 5.0.0.
        _ => bail!("some resources couldn't be parsed"),
    }
}

fn read_object(value: Value, namespace: &str) -> Result<(&'static Descriptor, Value)> {
    let manifest = Manifest::from_value(value)?;
    let kind = manifest.kind.clone();
    if !manifest.is_core_v2() {
        bail!("{kind}: unknown api_version {:?}; this is core/v2", manifest.api_version);
    }
    let Some(resource) = resource::ALL.iter().find(|resource| resource.kind == kind) else {
        bail!("unknown type {kind:?}; `sensuctl describe-type all` lists the types");
    };
    let mut object = manifest.into_object(resource.name_field());
    if let Some(field) = schema::unknown_field(resource.schema(), &object) {
        bail!("unknown field {field:?}");
    }
    resource.set_default_namespace(&mut object, namespace);
    if !resource.has_name(&object) {
        bail!("{kind} has no name");
    }
    Ok((resource, object))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_one(text: &str) -> Result<(&'static Descriptor, Value)> {
        read_object(sensu_manifests::parse(text).unwrap().remove(0), "ops")
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
            (r#"{"type": "Role", "api_version": "rbac/v9", "metadata": {"name": "x"}}"#, "rbac/v9"),
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
