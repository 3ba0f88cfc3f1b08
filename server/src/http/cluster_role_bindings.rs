//! `clusterrolebindings`

use sensu_types::binding::ClusterRoleBinding;

use super::routes::{Api, Mounted, Routes};

pub(super) fn mount(api: &mut Api) -> Mounted {
    Routes::<ClusterRoleBinding>::of(api)
        .list("cluster_role_binding_list", "List the cluster role bindings")
        .get("cluster_role_binding_get", "Fetch a cluster role binding")
        .create("cluster_role_binding_create", "Create a cluster role binding")
        .put("cluster_role_binding_put", "Create or replace a cluster role binding")
        .patch("cluster_role_binding_patch", "Change parts of a cluster role binding")
        .delete("cluster_role_binding_delete", "Delete a cluster role binding")
        .mount()
}
