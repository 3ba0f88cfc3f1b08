//! `assets`

use sensu_types::asset::Asset;

use super::routes::{Api, Mount, Mounted, Routes};

impl Mount for Asset {
    fn mount(api: &mut Api) -> Mounted {
        Routes::<Asset>::new(api)
            .list("asset_list", "List assets in a namespace")
            .list_all("asset_list_all", "List assets in all namespaces")
            .get("asset_get", "Get an asset")
            .create("asset_create", "Create an asset")
            .put("asset_put", "Create or replace an asset")
            .patch("asset_patch", "Update fields of an asset")
            .delete("asset_delete", "Delete an asset")
            .mount()
    }
}
