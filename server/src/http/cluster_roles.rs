//! `clusterroles`

use sensu_types::role::ClusterRole;

use super::routes::{Api, Mount, Mounted, Routes};

impl Mount for ClusterRole {
    fn mount(api: &mut Api) -> Mounted {
        Routes::<ClusterRole>::new(api)
            .list("cluster_role_list", "List cluster roles")
            .get("cluster_role_get", "Get a cluster role")
            .create("cluster_role_create", "Create a cluster role")
            .put("cluster_role_put", "Create or replace a cluster role")
            .patch("cluster_role_patch", "Update fields of a cluster role")
            .delete("cluster_role_delete", "Delete a cluster role")
            .mount()
    }
}
