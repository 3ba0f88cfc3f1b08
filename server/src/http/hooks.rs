//! `hooks`

use sensu_types::hook::HookConfig;

use super::routes::{Api, Mount, Mounted, Routes};

impl Mount for HookConfig {
    fn mount(api: &mut Api) -> Mounted {
        Routes::<HookConfig>::new(api)
            .list("hook_list", "List hooks in a namespace")
            .list_all("hook_list_all", "List hooks in all namespaces")
            .get("hook_get", "Get a hook")
            .create("hook_create", "Create a hook")
            .put("hook_put", "Create or replace a hook")
            .patch("hook_patch", "Update fields of a hook")
            .delete("hook_delete", "Delete a hook")
            .mount()
    }
}
