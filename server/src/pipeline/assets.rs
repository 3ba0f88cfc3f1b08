//! The assets that a filter, mutator or handler requires.

use sensu_pipeline::assets::InstalledAsset;

use super::Pipeline;
use crate::resources::definitions::Definitions;

impl Pipeline {
    /// Installs assets by name, in their order. Those whose filters exclude this server are left out, as in
    /// Sensu Go.
    ///
    /// # Errors
    /// The reason why an asset cannot be used.
    pub(super) async fn install(
        &self,
        names: &[String],
        definitions: &Definitions,
    ) -> Result<Vec<InstalledAsset>, String> {
        let mut installed = Vec::with_capacity(names.len());
        for name in names {
            let Some(asset) = definitions.assets.get(name) else {
                return Err(format!("the asset {name:?} does not exist"));
            };
            let Some(cache) = &self.assets else {
                return Err(
                    "the server has no usable directory for assets; see --cache-dir".to_owned()
                );
            };
            let result = cache.install(asset).await;
            installed.extend(result.map_err(|error| format!("asset {name:?}: {error}"))?);
        }
        Ok(installed)
    }
}
