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

/// By hand, because a derived schema of a transparent type has neither name nor description.
impl JsonSchema for MergePatch {
    fn schema_name() -> String {
        "MergePatch".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Map::<String, Value>::json_schema(generator).into_object();
        schema.metadata().description = Some(
            "An RFC 7396 merge patch: the fields to change. `null` removes a field; what is left out \
             stays as it is. Name and namespace cannot be changed."
                .into(),
        );
        schema.into()
    }
}

/// The object with the patch applied.
///
/// # Errors
/// [`Error::Invalid`] if the result is not an object of the kind, or, with a strict manner, if the patch
/// names fields that the kind does not have.
pub(crate) fn apply<T: Resource>(
    stored: &T,
    patch: &MergePatch,
    manner: WriteOptions,
) -> Result<T, Error> {
    let internal = |error: serde_json::Error| Error::Internal(error.to_string());
    let mut document = serde_json::to_value(stored).map_err(internal)?;
    json_patch::merge(&mut document, &Value::Object(patch.0.clone()));
    let bytes = serde_json::to_vec(&document).map_err(internal)?;
    let decoded = sensu_decode::from_slice(&bytes)
        .map_err(|why| Error::Invalid(format!("after the patch: {why}")))?;
    manner.dropped(decoded.unknown)?;
    Ok(decoded.value)
}
