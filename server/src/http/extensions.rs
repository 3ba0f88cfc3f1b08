//! `extensions`

use sensu_types::extension::Extension;

use super::routes::{Api, Mounted, Routes};

pub(super) fn mount(api: &mut Api) -> Mounted {
    Routes::<Extension>::of(api)
        .list("extension_list", "List the extensions of a namespace")
        .list_all("extension_list_all", "List the extensions of every namespace")
        .get("extension_get", "Fetch an extension")
        .put("extension_put", "Create or replace an extension")
        .patch("extension_patch", "Change parts of an extension")
        .delete("extension_delete", "Delete an extension")
        .mount()
}
