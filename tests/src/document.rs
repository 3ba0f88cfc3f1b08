//! The OpenAPI document, as tests read it: its operations, and the kinds of resources it describes.
//!
//! Suites that iterate over these cover a new operation or a new kind without an edit.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

/// The path of the resources of one namespace.
const NAMESPACED: &str = "/apis/core/v2/namespaces/{namespace}/";
/// The path of resources of the cluster, and of lists across namespaces.
const CLUSTER: &str = "/apis/core/v2/";

/// An OpenAPI 3.0 document.
#[derive(Clone, Debug)]
pub struct Document(Value);

/// One operation of a document.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The operation ID: `check_put`.
    pub id: String,
    /// The method in capitals: `PUT`.
    pub method: String,
    /// The path template.
    pub path: String,
    /// The operation object.
    pub value: Value,
}

/// A kind of resource: the operations on its collection and on its objects.
#[derive(Clone, Debug)]
pub struct Kind {
    /// The segment of its paths: `checks`.
    pub plural: String,
    /// Whether its objects belong to a namespace.
    pub is_namespaced: bool,
    /// List the collection, of one namespace if there are any.
    pub list: Operation,
    /// List the objects of all namespaces.
    pub list_all: Option<Operation>,
    /// Create an object, which must not exist.
    pub create: Option<Operation>,
    /// Read an object.
    pub get: Operation,
    /// Create or replace an object.
    pub put: Option<Operation>,
    /// Change an object.
    pub patch: Option<Operation>,
    /// Delete an object.
    pub delete: Operation,
}

impl Document {
    /// The committed document.
    ///
    /// # Panics
    /// If the file cannot be read, or is not JSON.
    #[must_use]
    pub fn committed() -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/sensu-core-v2.json");
        let text = std::fs::read_to_string(file).expect("the document can be read");
        Self(serde_json::from_str(&text).expect("the document is JSON"))
    }

    /// The document as JSON.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.0
    }

    /// The document as JSON, to change it.
    pub fn json_mut(&mut self) -> &mut Value {
        &mut self.0
    }

    /// All operations, in the order of the document.
    ///
    /// # Panics
    /// If the document has no paths, or an operation has no ID.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation> {
        let mut found = Vec::new();
        for (path, item) in self.0["paths"].as_object().expect("paths") {
            for (method, value) in item.as_object().expect("operations") {
                found.push(Operation {
                    id: value["operationId"].as_str().expect("an ID").to_owned(),
                    method: method.to_uppercase(),
                    path: path.clone(),
                    value: value.clone(),
                });
            }
        }
        found
    }

    /// The kinds of resources: every collection whose objects can be listed, read and deleted.
    #[must_use]
    pub fn kinds(&self) -> Vec<Kind> {
        let mut paths: BTreeMap<String, BTreeMap<String, Operation>> = BTreeMap::new();
        for operation in self.operations() {
            let path = paths.entry(operation.path.clone()).or_default();
            path.insert(operation.method.clone(), operation);
        }
        let kind = |collection: &String, operations: &BTreeMap<String, Operation>| {
            let (plural, is_namespaced) = match collection.strip_prefix(NAMESPACED) {
                Some(plural) => (plural, true),
                None => (collection.strip_prefix(CLUSTER)?, false),
            };
            let is_parameter = |segment: &str| segment.starts_with('{');
            if plural.contains('/') {
                return None;
            }
            let object = paths.iter().find_map(|(path, operations)| {
                let below = path.strip_prefix(collection)?.strip_prefix('/')?;
                let is_object = below.split('/').all(is_parameter);
                (is_object && operations.contains_key("DELETE")).then_some(operations)
            })?;
            let all = is_namespaced.then(|| paths.get(&format!("{CLUSTER}{plural}"))).flatten();
            Some(Kind {
                plural: plural.to_owned(),
                is_namespaced,
                list: operations.get("GET")?.clone(),
                list_all: all.and_then(|all| all.get("GET")).cloned(),
                create: operations.get("POST").cloned(),
                get: object.get("GET")?.clone(),
                put: object.get("PUT").cloned(),
                patch: object.get("PATCH").cloned(),
                delete: object.get("DELETE")?.clone(),
            })
        };
        paths.iter().filter_map(|(path, operations)| kind(path, operations)).collect()
    }

    /// The schema of a name.
    #[must_use]
    pub fn schema(&self, name: &str) -> &Value {
        &self.0["components"]["schemas"][name]
    }

    /// The type that a schema describes: those for requests have a suffix.
    #[must_use]
    pub fn type_of<'a>(&self, schema: &'a str) -> &'a str {
        let suffixes = ["Input", "Create", "Patch"];
        let mut bases = suffixes.iter().filter_map(|suffix| schema.strip_suffix(suffix));
        // Metadata of some kinds has a schema only for requests.
        bases.find(|base| base.ends_with("Meta") || !self.schema(base).is_null()).unwrap_or(schema)
    }

    /// What a value refers to with `$ref`, or the value itself.
    #[must_use]
    pub fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let reference = value["$ref"].as_str().and_then(|r| r.strip_prefix('#'));
        reference.and_then(|pointer| self.0.pointer(pointer)).unwrap_or(value)
    }
}

impl Operation {
    /// The first tag.
    #[must_use]
    pub fn tag(&self) -> &str {
        self.value["tags"][0].as_str().unwrap_or_default()
    }

    /// Whether it needs no credentials.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.value["security"] == json!([])
    }

    /// Whether it reads a request body.
    #[must_use]
    pub fn has_body(&self) -> bool {
        self.value.get("requestBody").is_some()
    }

    /// Its parameters.
    pub fn parameters(&self) -> impl Iterator<Item = &Value> {
        self.value["parameters"].as_array().into_iter().flatten()
    }

    /// Whether it has a parameter of this name.
    #[must_use]
    pub fn has_parameter(&self, name: &str) -> bool {
        self.parameters().any(|parameter| parameter["name"] == name)
    }

    /// Whether it documents a response with this status.
    #[must_use]
    pub fn documents(&self, status: u16) -> bool {
        self.value["responses"].get(status.to_string()).is_some()
    }

    /// The schema of the request body, `Null` if there is none.
    #[must_use]
    pub fn body_schema(&self) -> &Value {
        &self.body_content()["schema"]
    }

    /// The example of the request body with the most fields.
    #[must_use]
    pub fn body_example(&self) -> Option<&Value> {
        let examples = &self.body_content()["examples"];
        ["full", "typical"].iter().find_map(|name| examples[*name].get("value"))
    }

    fn body_content(&self) -> &Value {
        let content = self.value["requestBody"]["content"].as_object();
        content.and_then(|content| content.values().next()).unwrap_or(&Value::Null)
    }

    /// The last parameter of the path: the name of the object.
    #[must_use]
    pub fn last_path_parameter(&self) -> Option<&str> {
        self.path.rsplit('/').find_map(parameter)
    }

    /// The path, with a value for each parameter; a `/` in a value is escaped.
    #[must_use]
    pub fn path_with(&self, mut value: impl FnMut(&str) -> String) -> String {
        let fill = |segment: &str| match parameter(segment) {
            Some(name) => value(name).replace('/', "%2F"),
            None => segment.to_owned(),
        };
        self.path.split('/').map(fill).collect::<Vec<_>>().join("/")
    }

    /// The path with the examples of its parameters.
    #[must_use]
    pub fn example_path(&self) -> String {
        self.path_in(None)
    }

    /// The path with the examples of its parameters, but in this namespace.
    #[must_use]
    pub fn path_in(&self, namespace: Option<&str>) -> String {
        self.path_with(|name| match (name, namespace) {
            ("namespace", Some(namespace)) => namespace.to_owned(),
            (name, _) => {
                let example = self.parameters().find(|parameter| parameter["name"] == name);
                example
                    .and_then(|parameter| parameter["example"].as_str())
                    .unwrap_or("x")
                    .to_owned()
            }
        })
    }
}

/// The name of the parameter that a segment of a path template stands for.
fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}
