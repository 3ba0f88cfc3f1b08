//! The scenario as it is written: one step for each operation.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;

/// Texts by name.
type Texts = BTreeMap<String, String>;

/// The scenario.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What time it is, in seconds since 1970-01-01 UTC.
    pub at: i64,
    /// Path parameters by tag, for steps that do not say.
    pub path: BTreeMap<String, Texts>,
    /// The steps, in the order in which they are told.
    pub steps: Vec<Step>,
}

/// What is asked of one operation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The operation's id.
    pub op: String,
    /// Path parameters, besides the namespace and those of the tag.
    #[serde(default)]
    pub path: Texts,
    /// Query parameters.
    #[serde(default)]
    pub query: Texts,
    /// The body.
    pub body: Option<Value>,
    /// A body that breaks a rule.
    pub wrong: Option<Value>,
    /// Query parameters that break a rule.
    #[serde(default)]
    pub wrong_query: Texts,
    /// What to ask for so that something is not there, if not another last path parameter.
    pub missing: Option<Variant>,
    /// What to ask for so that something stands in the way, if not the same once more.
    pub conflict: Option<Variant>,
    /// Random parts of the answer by JSON pointer, and what they are shown as.
    #[serde(default)]
    pub random: BTreeMap<String, Value>,
    /// What is shown of an answer that is never the same twice. Each of its lines is in the answer, up
    /// to the number at the end.
    pub excerpt: Option<String>,
    /// Never answered with success here: the answer of this other step is what it would look like.
    pub response_of: Option<String>,
    /// What sensuctl calls it; `null` if it has no word for it, absent if the word is the usual one.
    #[serde(default, deserialize_with = "given")]
    pub sensuctl: Option<Option<String>>,
}

/// What is asked differently.
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

/// Tells `null` from nothing.
fn given<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Scenario {
    /// The scenario that the examples are taken from.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read() -> anyhow::Result<Self> {
        serde_json::from_str(include_str!("scenario.json"))
            .context("xtask/generate/src/examples/scenario.json")
    }
}
