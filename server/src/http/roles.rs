//! `roles`

use sensu_types::role::Role;

use super::routes::{Api, Mounted, Routes};

pub(super) fn mount(api: &mut Api) -> Mounted {
    Routes::<Role>::of(api)
        .list("role_list", "List the roles of a namespace")
        .list_all("role_list_all", "List the roles of every namespace")
        .get("role_get", "Fetch a role")
        .create("role_create", "Create a role")
        .put("role_put", "Create or replace a role")
        .patch("role_patch", "Change parts of a role")
        .delete("role_delete", "Delete a role")
        .mount()
}
