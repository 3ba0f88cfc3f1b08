//! `hooks`

use sensu_types::hook::HookConfig;

use super::routes::{Api, Mounted, Routes};

pub(super) fn mount(api: &mut Api) -> Mounted {
    Routes::<HookConfig>::of(api)
        .list("hook_list", "List the hooks of a namespace")
        .list_all("hook_list_all", "List the hooks of every namespace")
        .get("hook_get", "Fetch a hook")
        .create("hook_create", "Create a hook")
        .put("hook_put", "Create or replace a hook")
        .patch("hook_patch", "Change parts of a hook")
        .delete("hook_delete", "Delete a hook")
        .mount()
}
