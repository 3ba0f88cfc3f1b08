//! `entities`

use sensu_types::entity::Entity;

use super::routes::{Api, Mounted, Routes};

pub(super) fn mount(api: &mut Api) -> Mounted {
    Routes::<Entity>::of(api)
        .list("entity_list", "List the entities of a namespace")
        .list_all("entity_list_all", "List the entities of every namespace")
        .get("entity_get", "Fetch an entity")
        .create("entity_create", "Create an entity")
        .put("entity_put", "Create or replace an entity")
        .patch("entity_patch", "Change parts of an entity")
        .delete("entity_delete", "Delete an entity and its events")
        .mount()
}
