//! Writes `call`, which calls any operation of the document by its ID through the generated client.
//!
//! The generated client has a method and types of its own for each operation. One match arm for each lets
//! the contract suite iterate over the document, so that a new operation is covered without an edit.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a build script that cannot continue has failed"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use serde_json::Value;

fn main() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/sensu-core-v2.json");
    println!("cargo::rerun-if-changed={}", file.display());
    let text = fs::read_to_string(file).expect("the document can be read");
    let document: Value = serde_json::from_str(&text).expect("the document is JSON");
    let mut arms = String::new();
    for item in document["paths"].as_object().expect("paths").values() {
        for operation in item.as_object().expect("operations").values() {
            arms.push_str(&arm(operation, &document["components"]["schemas"]));
        }
    }
    let code = format!(
        "/// Calls the operation of a request through the generated client.\n\
         pub(super) async fn call(client: &Client, request: &Request) -> Result<(), Error> {{\n\
         match request.operation.id.as_str() {{\n{arms}\
         other => panic!(\"the client has no operation {{other}}\"),\n}}\n}}\n"
    );
    let out = env::var_os("OUT_DIR").expect("set by cargo");
    fs::write(Path::new(&out).join("calls.rs"), code).expect("writes");
}

/// `"check_get" => { let call = client.check_get().namespace(..).name(..); .. }`
fn arm(operation: &Value, schemas: &Value) -> String {
    let id = operation["operationId"].as_str().expect("an ID");
    let mut arm = format!("\"{id}\" => {{\n#[allow(unused_mut)] let mut call = client.{id}();\n");
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().expect("a name");
        let set = match parameter["schema"]["type"].as_str() {
            Some("boolean") => "value == \"true\"",
            Some("integer") => "value.parse::<u32>().expect(\"a number\")",
            _ => "value",
        };
        let method = method(name);
        writeln!(
            arm,
            "if let Some(value) = request.parameter({name:?}) {{ call = call.{method}({set}); }}"
        )
        .expect("writes");
    }
    if let Some(content) = operation["requestBody"]["content"].as_object() {
        let schema = content.values().next().expect("a media type")["schema"]["$ref"].as_str();
        let kind = schema.and_then(|schema| schema.rsplit('/').next()).expect("a named schema");
        let kind = client_type(kind, schemas);
        writeln!(arm, "call = call.body(request.typed_body::<types::{kind}>());").expect("writes");
    }
    arm.push_str("Box::pin(call.send()).await.map(drop).map_err(Error::from)\n}\n");
    arm
}

/// The type of the generated client for a schema: it has one for all bodies of a kind, and one for all
/// patches.
fn client_type<'a>(schema: &'a str, schemas: &Value) -> &'a str {
    let base = |suffix| schema.strip_suffix(suffix).filter(|base| schemas.get(base).is_some());
    match base("Patch") {
        Some(_) => "MergePatch",
        None => base("Input").or_else(|| base("Create")).unwrap_or(schema),
    }
}

/// The name that the generated client gives to a parameter.
fn method(name: &str) -> String {
    let mut method = String::new();
    for letter in name.chars() {
        match letter {
            '-' => method.push('_'),
            letter if letter.is_uppercase() => {
                if !method.is_empty() && !method.ends_with('_') {
                    method.push('_');
                }
                method.extend(letter.to_lowercase());
            }
            letter => method.push(letter),
        }
    }
    if matches!(method.as_str(), "continue" | "type") {
        method.push('_');
    }
    method
}
