//! The schemas of requests exclude exactly the combinations of values that validation rejects.

use std::collections::BTreeMap;

use jsonschema::Validator;
use sensu_tests::Document;
use sensu_types::{Resource, asset, check, event, handler, mutator, pipeline, silenced};
use serde_json::{Value, json};

/// Fields of an object, by JSON pointer, and the values to combine. `None` removes the field.
type Fields<'a> = &'a [(&'a str, &'a [Option<Value>])];

#[test]
fn schedules_and_pipelines_of_checks() {
    let interval = [None, Some(json!(0)), Some(json!(1))];
    let cron = [None, Some(json!("")), Some(json!("@daily"))];
    let reference = json!({ "name": "a", "type": "Pipeline", "api_version": "core/v2" });
    let pipelines = [None, Some(json!([])), Some(json!([reference]))];
    let fallback = [None, Some(reference)];
    let metadata = json!({ "name": "a" });
    compare::<check::CheckConfig>(
        &["CheckConfigInput", "CheckConfigCreate"],
        &json!({ "metadata": metadata }),
        &[
            ("/interval", &interval),
            ("/cron", &cron),
            ("/pipelines", &pipelines),
            ("/fallback_pipeline", &fallback),
        ],
    );
    let entity = json!({ "entity_class": "proxy", "metadata": metadata });
    compare::<event::Event>(
        &["EventInput", "EventCreate"],
        &json!({ "entity": entity, "check": { "metadata": metadata } }),
        &[
            ("/check/interval", &interval),
            ("/check/cron", &cron),
            ("/check/pipelines", &pipelines),
            ("/check/fallback_pipeline", &fallback),
        ],
    );
}

#[test]
fn parts_and_names_of_events() {
    let metadata = json!({ "name": "a" });
    let check = json!({ "interval": 1, "metadata": metadata });
    let entity = json!({ "entity_class": "proxy", "metadata": metadata });
    compare::<event::Event>(
        &["EventInput", "EventCreate"],
        &json!({ "entity": entity }),
        &[
            ("/check", &[None, Some(check)]),
            ("/metrics", &[None, Some(json!({}))]),
            ("/metadata", &[None, Some(json!({}))]),
            ("/metadata/name", &[None, Some(json!("")), Some(json!("a"))]),
        ],
    );
}

#[test]
fn archives_and_builds_of_assets() {
    let (url, sha512) = (json!("http://example.com/a"), json!("0".repeat(128)));
    let build = json!({ "url": url, "sha512": sha512 });
    compare::<asset::Asset>(
        &["AssetInput", "AssetCreate"],
        &json!({ "metadata": { "name": "a" } }),
        &[
            ("/url", &[None, Some(url)]),
            ("/sha512", &[None, Some(sha512)]),
            ("/builds", &[None, Some(json!([])), Some(json!([build]))]),
        ],
    );
}

#[test]
fn fields_for_the_types_of_handlers_and_mutators() {
    let kinds = ["pipe", "tcp", "udp", "http", "set"].map(|kind| Some(json!(kind)));
    compare::<handler::Handler>(
        &["HandlerInput", "HandlerCreate"],
        &json!({ "metadata": { "name": "a" } }),
        &[
            ("/type", &kinds),
            ("/http", &[None, Some(json!({ "url": "http://example.com" }))]),
            ("/socket", &[None, Some(json!({}))]),
            ("/socket/host", &[None, Some(json!("")), Some(json!("a"))]),
            ("/socket/port", &[None, Some(json!(0)), Some(json!(1))]),
        ],
    );
    compare::<mutator::Mutator>(
        &["MutatorInput", "MutatorCreate"],
        &json!({ "metadata": { "name": "a" } }),
        &[
            ("/type", &[None, Some(json!("pipe")), Some(json!("javascript"))]),
            ("/command", &[None, Some(json!("")), Some(json!("cat"))]),
            ("/eval", &[None, Some(json!("")), Some(json!("return ''"))]),
        ],
    );
}

#[test]
fn references_of_pipelines() {
    let reference = |name: &str, kind: &str, api_version: &str| json!({ "name": name, "type": kind, "api_version": api_version });
    let mut references = vec![json!({}), json!({ "type": "Handler", "api_version": "core/v2" })];
    for kind in ["", "EventFilter", "Mutator", "Handler", "TCPStreamHandler", "Pipeline"] {
        for api_version in ["", "core/v2", "pipeline/v1"] {
            references.extend(["", "a"].map(|name| reference(name, kind, api_version)));
        }
    }
    let handler = reference("a", "Handler", "core/v2");
    let filter = reference("a", "EventFilter", "core/v2");
    let list = |one: &Value| Some(json!([filter, one]));
    let some = || references.iter().cloned().map(Some);
    let lists: Vec<_> =
        [None, Some(json!([]))].into_iter().chain(references.iter().map(list)).collect();
    let workflow = json!({ "name": "a", "handler": handler });
    let body = json!({ "metadata": { "name": "a" }, "workflows": [workflow] });
    let single: [(&str, Vec<Option<Value>>); 3] = [
        ("/workflows/0/filters", lists),
        ("/workflows/0/mutator", [None].into_iter().chain(some()).collect()),
        ("/workflows/0/handler", some().collect()),
    ];
    for (pointer, values) in &single {
        let schemas = ["PipelineInput", "PipelineCreate"];
        compare::<pipeline::Pipeline>(&schemas, &body, &[(pointer, values)]);
    }
}

#[test]
fn subscriptions_and_checks_of_silenced_entries() {
    let values = [None, Some(json!("")), Some(json!("*")), Some(json!("web"))];
    compare::<silenced::Silenced>(
        &["SilencedCreate"],
        &json!({}),
        &[("/check", &values), ("/subscription", &values)],
    );
}

/// Compares schemas with the validation of a type, for every combination of values.
fn compare<T: Resource>(schemas: &[&str], body: &Value, fields: Fields) {
    let mut bodies = vec![body.clone()];
    for (pointer, values) in fields {
        let with = |body: &Value| {
            values.iter().filter_map(|one| change(body, pointer, one)).collect::<Vec<_>>()
        };
        bodies = bodies.iter().flat_map(with).collect();
    }
    let document = sensu_server::openapi_v3_1(&Document::committed().json().to_string());
    let document = serde_json::from_str(&document.expect("a document")).expect("JSON");
    let validators: BTreeMap<&str, Validator> =
        schemas.iter().map(|schema| (*schema, validator(&document, schema))).collect();
    let (mut accepted, mut rejected) = (0, 0);
    for body in bodies {
        let mut object: T = serde_json::from_value(body.clone()).expect("fits the type");
        object.fill_identity("default", "");
        let result = object.validate();
        for (schema, validator) in &validators {
            assert_eq!(validator.is_valid(&body), result.is_ok(), "{schema}: {body} {result:?}");
        }
        *if result.is_ok() { &mut accepted } else { &mut rejected } += 1;
    }
    assert!(accepted > 0 && rejected > 0, "{accepted} accepted, {rejected} rejected");
}

/// The body with another value. `None` if the object that contains the field is missing.
fn change(body: &Value, pointer: &str, value: &Option<Value>) -> Option<Value> {
    let mut body = body.clone();
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
    let parent = body.pointer_mut(parent).and_then(Value::as_object_mut);
    match (parent, value) {
        (Some(parent), Some(value)) => _ = parent.insert(field.to_owned(), value.clone()),
        (None, Some(_)) => return None,
        (_, None) => {}
    }
    Some(body)
}

/// A validator of a schema in OpenAPI 3.1, which excludes combinations.
fn validator(document: &Value, schema: &str) -> Validator {
    let mut root = document.clone();
    root["$ref"] = format!("#/components/schemas/{schema}").into();
    jsonschema::draft202012::new(&root).expect("a schema")
}
