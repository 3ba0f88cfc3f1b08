//! Objects that a request creates, from the same files as `--seed`.

use schemars::JsonSchema;
use sensu_manifests::SourceFile;
use serde::Serialize;

use crate::error::Error;
use crate::import::{self, Options};
use crate::runtime::context::Cx;

/// What was imported.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct ImportedManifests {
    /// Number of objects that were created or replaced.
    imported: usize,
}

/// Imports YAML or wrapped JSON.
///
/// # Errors
/// [`Error::Invalid`] if an object is invalid: nothing is written.
pub(super) async fn import(cx: &Cx, body: &[u8]) -> Result<ImportedManifests, Error> {
    let content = std::str::from_utf8(body)
        .map_err(|error| Error::invalid(format!("the body is not UTF-8: {error}")))?;
    let file = SourceFile { path: "body".into(), content: content.to_owned() };
    let options = Options { reject_unknown_types: true, ..Options::default() };
    let imported = import::load_sources(cx, &[file], &options, |_, _| ()).await;
    let report = imported.map_err(|error| Error::invalid(format!("{error:#}")))?;
    Ok(ImportedManifests { imported: report.totals.imported + report.totals.changed })
}
