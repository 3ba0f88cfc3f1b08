//! Migration of whole installations: a dump of Sensu Go is imported, dumped with `sensuctl`, and imported
//! into a second store, or created in it as the guide describes for the way back.

mod installation;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use installation::Installation;

/// An object of a dump, without fields that are not set.
type Object = Map<String, Value>;

/// Kind, namespace and name.
type Identity = (String, String, String);

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("behavior/data").join(name)
}

fn manifests(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).expect("the file can be read");
    sensu_manifests::parse(&text).expect("manifests")
}

/// Removes fields that are not set. Releases write them as `null`, as empty values, or not at all.
fn without_empty(value: &Value) -> Option<Value> {
    match value {
        Value::Object(fields) => {
            let set = |(key, value): (&String, &Value)| Some((key.clone(), without_empty(value)?));
            let fields: Map<_, _> = fields.iter().filter_map(set).collect();
            (!fields.is_empty()).then_some(Value::Object(fields))
        }
        Value::Array(items) => {
            let items: Vec<Value> = items.iter().filter_map(without_empty).collect();
            (!items.is_empty()).then_some(Value::Array(items))
        }
        Value::Number(number) => (number.as_f64() != Some(0.0)).then(|| value.clone()),
        Value::String(text) => (!text.is_empty()).then(|| value.clone()),
        Value::Bool(is_set) => is_set.then(|| value.clone()),
        Value::Null => None,
    }
}

/// The objects of a file that were imported. `report` is that of the import of the file.
fn objects(file: &Path, report: &Value) -> BTreeMap<Identity, Object> {
    let reports = report["manifests"].as_array().expect("manifests");
    let manifests = manifests(file);
    assert_eq!(reports.len(), manifests.len());
    let imported = reports.iter().zip(&manifests).filter(|(r, _)| r["outcome"] != "skipped");
    let object = |(report, manifest): (&Value, &Value)| {
        let mut all = Map::new();
        for part in ["metadata", "spec"] {
            match without_empty(&manifest[part]) {
                Some(Value::Object(fields)) if part == "metadata" && is_named(manifest) => {
                    all.insert(part.into(), Value::Object(fields));
                }
                Some(Value::Object(fields)) if part == "spec" => all.extend(fields),
                _ => {}
            }
        }
        if manifest["type"] == "Event" {
            // Repeats the namespace of the entity, in the object or beside it.
            all.remove("metadata");
        }
        (identity(report), all)
    };
    imported.map(object).collect()
}

/// Whether the object has metadata. Users and namespaces have a name instead; events repeat that of the entity.
fn is_named(manifest: &Value) -> bool {
    !["User", "Namespace", "Event"].contains(&manifest["type"].as_str().unwrap_or_default())
}

fn identity(report: &Value) -> Identity {
    let text = |field: &str| report[field].as_str().expect("text").to_owned();
    (text("kind"), text("namespace"), text("name"))
}

/// Removes the field with this path.
fn remove(object: &mut Object, path: &str) {
    match path.split_once('.') {
        None => {
            object.remove(path);
        }
        Some((first, rest)) => {
            if let Some(Value::Object(inner)) = object.get_mut(first) {
                remove(inner, rest);
            }
        }
    }
}

/// Asserts that the objects of a dump are stored as the report of its import says.
fn assert_as_reported(dump: &Path, report: &Value, stored: &BTreeMap<Identity, Object>) {
    let mut expected = objects(dump, report);
    for manifest in report["manifests"].as_array().expect("manifests") {
        let Some(before) = expected.get_mut(&identity(manifest)) else { continue };
        let mut after = stored.get(&identity(manifest)).expect("the object is stored").clone();
        for change in manifest["changes"].as_array().into_iter().flatten() {
            let field = change["field"].as_str().expect("text");
            remove(before, field);
            remove(&mut after, field);
        }
        assert_eq!(*before, after, "{manifest}");
    }
}

/// The manifests of a report with this outcome: type, name, changed fields.
fn with_outcome(report: &Value, outcome: &str) -> Vec<String> {
    let manifests = report["manifests"].as_array().expect("manifests").iter();
    let line = |manifest: &Value| {
        let (kind, _, name) = identity(manifest);
        let changes = manifest["changes"].as_array().into_iter().flatten();
        let fields = changes.map(|change| format!(" {}", change["field"].as_str().expect("text")));
        format!("{kind} {name}{}", fields.collect::<String>())
    };
    manifests.filter(|manifest| manifest["outcome"] == outcome).map(line).collect()
}

/// Imports a dump, dumps the store, imports that into a second store, dumps it, and compares all of them.
/// Returns the first installation and the report of the first import.
fn round_trip(dump: &Path, flags: &[&str]) -> (Installation, Value) {
    let (here, report) = Installation::import(dump, flags);
    let ours = here.dump(&["--format", "yaml"]);
    let (there, again) = Installation::import(&ours, &[]);
    assert_eq!(with_outcome(&again, "skipped"), [""; 0]);
    assert_as_reported(dump, &report, &objects(&ours, &again));
    let second = there.dump(&["--format", "yaml"]);
    let text = |file| std::fs::read_to_string(file).expect("the file can be read");
    assert_eq!(text(ours), text(second));
    (here, report)
}

#[test]
fn an_installation_of_sensu_go_6_is_migrated_and_can_be_migrated_again() {
    let dump = data("dump-6.yaml");
    let (_, report) = round_trip(&dump, &[]);
    assert_eq!(
        with_outcome(&report, "skipped"),
        [
            "LicenseFile ",
            "ldap openldap",
            "PostgresConfig postgres",
            "EtcdReplicator roles",
            "Cluster cluster-2",
            "Env env",
            "Secret shop-token",
            "Search failing",
            "GlobalConfig web",
            "RuleTemplate aggregate",
            "ServiceComponent checkout",
            "TCPStreamHandler logstash",
            "FallbackPipeline fallback",
            "APIKey 6a5b3a2e-40a8-4b0b-9a0e-b12ce1a0f5c3",
            "Silenced ended:*",
        ]
    );
    assert_eq!(
        with_outcome(&report, "changed"),
        [
            "User admin disabled",
            "User ci disabled",
            "CheckConfig disk scheduler",
            "Event web-1/disk check.total_state_change",
            "Event web-1/keepalive check.occurrences",
        ]
    );
    let warnings = report["manifests"].as_array().expect("manifests").iter();
    let warnings = warnings.flat_map(|manifest| manifest["warnings"].as_array()).flatten();
    let warnings: Vec<&str> = warnings.map(|warning| warning.as_str().expect("text")).collect();
    assert_eq!(
        warnings,
        [
            "this server does not have the resources clusters, etcd-replicators, ldap; the rules are stored",
            "metadata.labels.password is REDACTED in the dump; set the value again",
        ]
    );
}

/// Wrapped JSON gives the same report and the same store as YAML.
#[test]
fn a_dump_in_wrapped_json_is_migrated_in_the_same_way() {
    let dir = tempfile::tempdir().expect("a directory");
    let json = dir.path().join("dump.json");
    let values = manifests(&data("dump-6.yaml"));
    let pretty = values.iter().map(|value| format!("{value:#}\n"));
    std::fs::write(&json, pretty.collect::<String>()).expect("writes");
    let (from_json, report) = round_trip(&json, &[]);
    let (from_yaml, same) = Installation::import(&data("dump-6.yaml"), &[]);
    for outcome in ["imported", "changed", "skipped"] {
        assert_eq!(with_outcome(&report, outcome), with_outcome(&same, outcome));
    }
    let text = |installation: &Installation| {
        std::fs::read_to_string(installation.dump(&["--format", "wrapped-json"])).expect("a dump")
    };
    assert_eq!(text(&from_json), text(&from_yaml));
}

#[test]
fn lists_of_sensu_go_5_are_migrated_with_the_ends_of_silenced_entries() {
    let dump = data("lists-5.yaml");
    let (here, report) = round_trip(&dump, &["--taken-at", "2024-01-01T00:00:00Z"]);
    assert_eq!(with_outcome(&report, "skipped"), [""; 0]);
    assert_eq!(
        with_outcome(&report, "changed"),
        [
            "User admin disabled",
            "Silenced *:backup expire expire_at",
            "Silenced linux:* expire expire_at",
            "Event web-1/first check.history",
            "Event web-1/disk check.occurrences",
        ]
    );
    let ours = here.dump(&["--format", "wrapped-json"]);
    let silenced = manifests(&ours).into_iter().filter(|manifest| manifest["type"] == "Silenced");
    let times =
        |entry: Value| ["begin", "expire", "expire_at"].map(|at| entry["spec"][at].as_i64());
    let times: Vec<_> = silenced.map(times).collect();
    // One hour in 2100, and from 2023 to 2100.
    assert_eq!(
        times,
        [
            [Some(4_102_444_800), Some(3600), Some(4_102_448_400)],
            [Some(1_704_063_600), Some(2_398_381_200), Some(4_102_444_800)],
        ]
    );
}

/// The commands of the guide create in another installation what the dump contains.
#[test]
fn the_commands_of_the_guide_lead_back() {
    let guide = xtask::root().join("docs/migrate-from-sensu.md");
    let guide = std::fs::read_to_string(guide).expect("the guide");
    let (_, section) = guide.split_once("\n## Back to Sensu Go\n").expect("the section");
    let commands = section.lines().filter_map(|line| line.strip_prefix("sensuctl "));
    let commands: Vec<String> = commands.map(str::to_owned).collect();
    let [dump, create] = commands.try_into().expect("two commands");
    let (here, _) = Installation::import(&data("dump-6.yaml"), &[]);
    here.run_sensuctl(&[dump]);
    let there = Installation::empty();
    let name = "back.yaml";
    std::fs::copy(here.dir.path().join(name), there.dir.path().join(name)).expect("copies");
    there.run_sensuctl(&[create]);
    // Users are not moved, the type of extensions ended with 5.x, and Tessen is not part of `all`.
    let is_moved = |manifest: &Value| {
        !["User", "Extension", "TessenConfig"].map(Value::from).contains(&manifest["type"])
    };
    let objects = |installation: &Installation| -> Vec<Value> {
        let mut objects = manifests(&installation.dump(&["--format", "yaml"]));
        objects.retain(is_moved);
        for object in &mut objects {
            // Not known to a server that did not see the results before the history.
            if let Some(Value::Object(check)) = object.pointer_mut("/spec/check") {
                check.remove("occurrences_watermark");
            }
        }
        objects
    };
    assert_eq!(objects(&there), objects(&here));
}

/// The guide's table, which is derived from the catalog, and the fixture name the same types.
#[test]
fn the_installation_of_sensu_go_6_contains_every_type() {
    let manifests = manifests(&data("dump-6.yaml"));
    let text = |manifest: &Value, field: &str| manifest[field].as_str().expect("text").to_owned();
    for row in sensu_server::import::kinds_table().lines().skip(2) {
        let kind = row.split('|').nth(1).expect("a column").trim();
        let Some(kind) = kind.strip_prefix('`').and_then(|kind| kind.strip_suffix('`')) else {
            continue;
        };
        let is_contained = match kind.strip_suffix('*') {
            Some(group) => manifests.iter().any(|m| text(m, "api_version").starts_with(group)),
            None => manifests.iter().any(|m| text(m, "type") == kind),
        };
        assert!(is_contained, "{kind}");
    }
}
