//! The archive of an asset for an entity.

use std::collections::BTreeMap;

use sensu_types::asset::Asset;
use sensu_types::entity::Entity;

use super::AssetError;
use crate::javascript::JavaScript;

/// An archive to download.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Archive {
    pub(super) url: String,
    /// In lower case.
    pub(super) sha512: String,
    pub(super) headers: BTreeMap<String, String>,
}

/// The first build whose filters all match. For an asset without builds, the archive of the asset if its filters match.
///
/// # Errors
/// If a filter cannot be evaluated, or the checksum is not one.
pub(super) async fn archive(
    javascript: &JavaScript,
    entity: &Entity,
    asset: &Asset,
) -> Result<Option<Archive>, AssetError> {
    if asset.builds.is_empty() {
        let matches = matches(javascript, entity, &asset.filters).await?;
        return matches.then(|| new(&asset.url, &asset.sha512, &asset.headers)).transpose();
    }
    for build in &asset.builds {
        if matches(javascript, entity, &build.filters).await? {
            return new(&build.url, &build.sha512, &build.headers).map(Some);
        }
    }
    Ok(None)
}

async fn matches(
    javascript: &JavaScript,
    entity: &Entity,
    filters: &[String],
) -> Result<bool, AssetError> {
    let results = javascript.evaluate_entity(filters, entity).await;
    for (filter, result) in filters.iter().zip(results) {
        match result {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(error) => return Err(AssetError(format!("asset filter {filter:?}: {error}"))),
        }
    }
    Ok(true)
}

/// The checksum is the name of a directory, so nothing else may be in it.
fn new(url: &str, sha512: &str, headers: &BTreeMap<String, String>) -> Result<Archive, AssetError> {
    let sha512 = sha512.to_ascii_lowercase();
    if sha512.len() != 128 || !sha512.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(AssetError::new(
            "the SHA-512 checksum of the asset is not 128 hexadecimal digits",
        ));
    }
    Ok(Archive { url: url.to_owned(), sha512, headers: headers.clone() })
}
