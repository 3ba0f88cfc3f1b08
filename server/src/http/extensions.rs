//! `extensions`

use sensu_types::extension::Extension;

use super::routes::{Api, Mount, Mounted, Routes};

impl Mount for Extension {
    fn mount(api: &mut Api) -> Mounted {
        Routes::<Extension>::new(api)
            .list("extension_list", "List extensions in a namespace")
            .list_all("extension_list_all", "List extensions in all namespaces")
            .get("extension_get", "Get an extension")
            .put("extension_put", "Create or replace an extension")
            .patch("extension_patch", "Update fields of an extension")
            .delete("extension_delete", "Delete an extension")
            .mount()
    }
}
