//! `clusterrolebindings`

use sensu_types::binding::ClusterRoleBinding;

use super::routes::{Api, Mount, Mounted, Routes};

impl Mount for ClusterRoleBinding {
    fn mount(api: &mut Api) -> Mounted {
        Routes::<ClusterRoleBinding>::new(api)
            .list("cluster_role_binding_list", "List cluster role bindings")
            .get("cluster_role_binding_get", "Get a cluster role binding")
            .create("cluster_role_binding_create", "Create a cluster role binding")
            .put("cluster_role_binding_put", "Create or replace a cluster role binding")
            .patch("cluster_role_binding_patch", "Update fields of a cluster role binding")
            .delete("cluster_role_binding_delete", "Delete a cluster role binding")
            .mount()
    }
}
