//! `assets`

use sensu_types::asset::Asset;

use super::routes::{Api, Mounted, Routes};

pub(super) fn mount(api: &mut Api) -> Mounted {
    Routes::<Asset>::of(api)
        .list("asset_list", "List the assets of a namespace")
        .list_all("asset_list_all", "List the assets of every namespace")
        .get("asset_get", "Fetch an asset")
        .create("asset_create", "Create an asset")
        .put("asset_put", "Create or replace an asset")
        .patch("asset_patch", "Change parts of an asset")
        .delete("asset_delete", "Delete an asset")
        .mount()
}
