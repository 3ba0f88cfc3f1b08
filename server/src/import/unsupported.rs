//! Manifests of types that this server does not have: why an import skips them.

use sensu_manifests::Manifest;

use super::objects;

/// API groups of Sensu Go that this server does not have, and what their types are.
pub(super) const GROUPS: &[(&str, &str)] = &[
    ("authentication", "LDAP, AD and OIDC providers; users of this server have passwords"),
    ("bsm", "business services and their rules"),
    ("fallback_pipeline", "fallback pipelines"),
    ("federation", "clusters, and replication of roles between them"),
    ("licensing", "the license of the commercial edition, which this server does not require"),
    ("pipeline", "handlers of pipelines that keep connections open (TCP, Sumo Logic)"),
    ("searches", "saved searches of the web interface"),
    (
        "secrets",
        "secrets and their providers; references to them in checks, handlers and mutators are kept",
    ),
    ("store", "the datastore of events, which is a setting of this server (`--store`)"),
    ("web", "settings of the web interface"),
];

/// Why a manifest of this type cannot be imported. `None` if it can.
///
/// # Errors
/// If the manifest has no `api_version` and the type is unknown: it was written by hand, and the type is
/// misspelled.
pub(super) fn reason(manifest: &Manifest) -> Result<Option<String>, String> {
    let Manifest { api_version, kind, .. } = manifest;
    if manifest.is_core_v2() {
        return match objects::find(kind) {
            Some(_) => Ok(None),
            None if api_version.is_empty() => {
                let known: Vec<&str> = objects::names().collect();
                Err(format!("unknown type {kind:?}; known: {}", known.join(", ")))
            }
            None => Ok(Some("this server does not have the type".into())),
        };
    }
    let (group, _) = api_version.split_once('/').unwrap_or((api_version, ""));
    if group == "core" {
        let text = "entities are imported from their core/v2 form, which a dump also contains";
        return Ok(Some(text.into()));
    }
    let known = GROUPS.iter().find(|(name, _)| *name == group);
    let what = known.map_or("this server does not have the API group", |(_, what)| what);
    Ok(Some(what.to_owned()))
}
