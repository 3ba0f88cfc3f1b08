//! `rolebindings`

use sensu_types::binding::RoleBinding;

use super::routes::{Api, Mounted, Routes};

pub(super) fn mount(api: &mut Api) -> Mounted {
    Routes::<RoleBinding>::of(api)
        .list("role_binding_list", "List the role bindings of a namespace")
        .list_all("role_binding_list_all", "List the role bindings of every namespace")
        .get("role_binding_get", "Fetch a role binding")
        .create("role_binding_create", "Create a role binding")
        .put("role_binding_put", "Create or replace a role binding")
        .patch("role_binding_patch", "Change parts of a role binding")
        .delete("role_binding_delete", "Delete a role binding")
        .mount()
}
