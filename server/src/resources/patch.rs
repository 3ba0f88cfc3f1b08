//! RFC 7396 merge patches on stored objects (D37).

use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use sensu_types::Resource;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::Error;
use crate::resources::write_options::WriteOptions;

/// An RFC 7396 merge patch.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct MergePatch(pub(crate) Map<String, Value>);

/// Written by hand, because the derived schema of a transparent type has no name and no description.
impl JsonSchema for MergePatch {
    fn schema_name() -> String {
        "MergePatch".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Map::<String, Value>::json_schema(generator).into_object();
        schema.metadata().description = Some(
            "An RFC 7396 merge patch: the fields to change. `null` removes a field; absent fields stay \
             unchanged. Name and namespace cannot be changed."
                .into(),
        );
        schema.into()
    }
}

/// Applies a patch to an object as responses contain it: neither the result nor an error depends on
/// redacted values. The write keeps those that the patch does not replace (D25).
///
/// # Errors
/// [`Error::Invalid`] if the result is not an object of the kind, or has unknown fields and the options
/// are strict.
pub(crate) fn apply<T: Resource>(
    stored: &T,
    patch: &MergePatch,
    options: WriteOptions,
) -> Result<T, Error> {
    let internal = |error: serde_json::Error| Error::Internal(error.to_string());
    let redacted = stored.redacted();
    let shown = redacted.as_ref().unwrap_or(stored);
    let mut value = serde_json::to_value(shown).map_err(internal)?;
    json_patch::merge(&mut value, &Value::Object(patch.0.clone()));
    let bytes = serde_json::to_vec(&value).map_err(internal)?;
    let decoded = sensu_decode::from_slice(&bytes).map_err(|mut error| {
        error.message.insert_str(0, "after the patch: ");
        error
    })?;
    options.reject_or_warn(decoded.unknown)?;
    Ok(decoded.value)
}
