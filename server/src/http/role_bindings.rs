//! `rolebindings`

use sensu_types::binding::RoleBinding;

use super::routes::{Api, Mount, Mounted, Routes};

impl Mount for RoleBinding {
    fn mount(api: &mut Api) -> Mounted {
        Routes::<RoleBinding>::new(api)
            .list("role_binding_list", "List role bindings in a namespace")
            .list_all("role_binding_list_all", "List role bindings in all namespaces")
            .get("role_binding_get", "Get a role binding")
            .create("role_binding_create", "Create a role binding")
            .put("role_binding_put", "Create or replace a role binding")
            .patch("role_binding_patch", "Update fields of a role binding")
            .delete("role_binding_delete", "Delete a role binding")
            .mount()
    }
}
