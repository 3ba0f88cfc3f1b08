//! The scenario that the examples are recorded from: one step for each operation.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;

/// Texts by name.
type Texts = BTreeMap<String, String>;

/// The content of `scenario.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Time of the server's clock, in seconds since 1970-01-01 UTC.
    pub at: i64,
    /// Default path parameters by tag. The name of an object is by default the one in the first body.
    #[serde(default)]
    pub path: BTreeMap<String, Texts>,
    /// The steps, in the order in which they run.
    pub steps: Vec<Step>,
}

/// The request for one operation, and its variants that fail.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// ID of the operation.
    pub op: String,
    /// Path parameters, in addition to the namespace and those of the tag.
    #[serde(default)]
    pub path: Texts,
    /// Query parameters.
    #[serde(default)]
    pub query: Texts,
    /// Body.
    pub body: Option<Value>,
    /// A short body, if `body` has many fields. It is sent before `body`, as a dry run if `body` creates the object.
    pub minimal: Option<Value>,
    /// An invalid body (400).
    pub wrong: Option<Value>,
    /// Invalid query parameters (400).
    #[serde(default)]
    pub wrong_query: Texts,
    /// Parameters that lead to a 404. Default: another last path parameter.
    pub missing: Option<Variant>,
    /// Parameters that lead to a 409. Default: the same request again.
    pub conflict: Option<Variant>,
    /// Random parts of the response by JSON pointer, and their placeholders in the example.
    #[serde(default)]
    pub random: BTreeMap<String, Value>,
    /// The example of a text that varies. Each of its lines is in the response, except for the number at
    /// its end.
    pub excerpt: Option<String>,
    /// Another step whose response is the example, for an operation that does not succeed here.
    pub response_of: Option<String>,
    /// The sensuctl command; `null` if there is none, absent for the usual one.
    #[serde(default, deserialize_with = "present")]
    pub sensuctl: Option<Option<String>>,
}

/// Other parameters for a step.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Path parameters.
    #[serde(default)]
    pub path: Texts,
    /// Query parameters.
    #[serde(default)]
    pub query: Texts,
}

/// Keeps `null` apart from an absent field.
fn present<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Scenario {
    /// Reads the scenario.
    ///
    /// # Errors
    /// If `scenario.json` is invalid.
    pub fn read() -> anyhow::Result<Self> {
        serde_json::from_str(include_str!("scenario.json"))
            .context("xtask/generate/src/examples/scenario.json")
    }

    /// Adds the default name of each tag: the first `metadata.name` of its bodies.
    pub fn name_objects<'a>(&mut self, tag: impl Fn(&str) -> Option<&'a str>) {
        for step in &self.steps {
            let name = step.body.as_ref().and_then(|body| body.pointer("/metadata/name"));
            if let (Some(tag), Some(name)) = (tag(&step.op), name.and_then(Value::as_str)) {
                let defaults = self.path.entry(tag.to_owned()).or_default();
                defaults.entry("name".to_owned()).or_insert_with(|| name.to_owned());
            }
        }
    }
}
