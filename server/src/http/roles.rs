//! `roles`

use sensu_types::role::Role;

use super::routes::{Api, Mount, Mounted, Routes};

impl Mount for Role {
    fn mount(api: &mut Api) -> Mounted {
        Routes::<Role>::new(api)
            .list("role_list", "List roles in a namespace")
            .list_all("role_list_all", "List roles in all namespaces")
            .get("role_get", "Get a role")
            .create("role_create", "Create a role")
            .put("role_put", "Create or replace a role")
            .patch("role_patch", "Update fields of a role")
            .delete("role_delete", "Delete a role")
            .mount()
    }
}
