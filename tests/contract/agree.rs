//! The judge: a document, and what a live server answered to the generated client, side by side.

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};

use sensu_client::Seen;
use serde_json::{Value, json};

/// Validators by schema: making one takes longer than using it.
type Judges = BTreeMap<String, jsonschema::Validator>;

/// A document, as the tests read it.
#[derive(Clone)]
pub(crate) struct Document(pub(crate) Value);

/// One operation of a document.
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) value: Value,
}

impl Document {
    /// The document that is committed.
    pub(crate) fn committed() -> Self {
        let file = xtask::root().join("openapi/sensu-core-v2.json");
        let text = std::fs::read_to_string(file).expect("the document is there");
        Self(serde_json::from_str(&text).expect("the document is JSON"))
    }

    /// Every operation.
    pub(crate) fn operations(&self) -> Vec<Operation> {
        let mut found = Vec::new();
        for (path, item) in self.0["paths"].as_object().expect("paths") {
            for (method, value) in item.as_object().expect("operations") {
                found.push(Operation {
                    id: value["operationId"].as_str().expect("an id").to_owned(),
                    method: method.to_uppercase(),
                    path: path.clone(),
                    value: value.clone(),
                });
            }
        }
        found
    }

    /// Whether a tag is described.
    pub(crate) fn has_tag(&self, name: &str) -> bool {
        let tags = self.0["tags"].as_array().into_iter().flatten();
        tags.into_iter().any(|tag| tag["name"] == name && tag["description"].is_string())
    }

    /// Everything in which the answers do not agree with the document.
    pub(crate) fn disagreements(&self, answers: &[Seen]) -> Vec<String> {
        let operations = self.operations();
        let mut found = Vec::new();
        let documented: BTreeSet<&str> = operations.iter().map(|op| op.id.as_str()).collect();
        let seen: BTreeSet<&str> = answers.iter().map(|answer| answer.operation).collect();
        for id in documented.symmetric_difference(&seen) {
            found.push(format!("{id}: in one of document and tour only"));
        }
        let mut judges = Judges::default();
        for answer in answers {
            if let Some(operation) = operations.iter().find(|op| op.id == answer.operation)
                && let Err(why) = self.judge(operation, answer, &mut judges)
            {
                let body = String::from_utf8_lossy(&answer.body).into_owned();
                found.push(format!("{} {}: {why}\n  {body}", answer.operation, answer.status));
            }
        }
        found
    }

    /// Whether one answer is as the document says.
    fn judge(
        &self,
        operation: &Operation,
        answer: &Seen,
        judges: &mut Judges,
    ) -> Result<(), String> {
        let status = answer.status.as_u16().to_string();
        let response = self.resolve(&operation.value["responses"][&status]);
        if response.is_null() {
            return Err("the status is not documented".into());
        }
        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            if self.resolve(header)["required"] == true && !answer.headers.contains_key(name) {
                return Err(format!("the header {name} is missing"));
            }
        }
        let kind = answer.headers.get("content-type").and_then(|value| value.to_str().ok());
        let kind = kind.unwrap_or_default();
        let content = response["content"].as_object();
        if let Some(documented) = content.and_then(|content| content.keys().next())
            && documented != "application/json"
        {
            return match kind.split(';').next() == Some(documented) {
                true => Ok(()),
                false => Err(format!("content type {kind:?}")),
            };
        }
        let schema = &response["content"]["application/json"]["schema"];
        if schema.is_null() {
            return match answer.body.is_empty() {
                true => Ok(()),
                false => Err("a body where none is documented".into()),
            };
        }
        if kind != "application/json" {
            return Err(format!("content type {kind:?}"));
        }
        let body: Value = serde_json::from_slice(&answer.body).map_err(|e| e.to_string())?;
        let validator = match judges.entry(schema.to_string()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(self.validator(schema)?),
        };
        let errors: Vec<String> = validator
            .iter_errors(&body)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        if errors.is_empty() { Ok(()) } else { Err(errors.join("; ")) }
    }

    fn validator(&self, schema: &Value) -> Result<jsonschema::Validator, String> {
        let mut whole = schema.clone();
        whole["components"] = json!({ "schemas": self.0["components"]["schemas"] });
        strict(&mut whole);
        jsonschema::draft4::new(&whole).map_err(|e| e.to_string())
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let reference = value["$ref"].as_str().and_then(|r| r.strip_prefix('#'));
        reference.and_then(|pointer| self.0.pointer(pointer)).unwrap_or(value)
    }
}

/// The same schema for a stricter reader: what an object may hold is what is documented, so that a
/// field nobody documented is found.
fn strict(value: &mut Value) {
    if let Value::Object(map) = value {
        let described = map.get("properties").is_some_and(Value::is_object);
        if described && !map.contains_key("additionalProperties") {
            map.insert("additionalProperties".into(), false.into());
        }
    }
    match value {
        Value::Object(map) => map.values_mut().for_each(strict),
        Value::Array(items) => items.iter_mut().for_each(strict),
        _ => {}
    }
}
