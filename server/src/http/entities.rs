//! `entities`

use sensu_types::entity::Entity;

use super::routes::{Api, Mount, Mounted, Routes};

impl Mount for Entity {
    fn mount(api: &mut Api) -> Mounted {
        Routes::<Entity>::new(api)
            .list("entity_list", "List entities in a namespace")
            .list_all("entity_list_all", "List entities in all namespaces")
            .get("entity_get", "Get an entity")
            .create("entity_create", "Create an entity")
            .put("entity_put", "Create or replace an entity")
            .patch("entity_patch", "Update fields of an entity")
            .delete("entity_delete", "Delete an entity and its events")
            .mount()
    }
}
