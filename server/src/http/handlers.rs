//! `handlers`

use sensu_types::handler::Handler;

use super::routes::{Api, Mount, Mounted, Routes};

impl Mount for Handler {
    fn mount(api: &mut Api) -> Mounted {
        Routes::<Handler>::new(api)
            .list("handler_list", "List handlers in a namespace")
            .list_all("handler_list_all", "List handlers in all namespaces")
            .get("handler_get", "Get a handler")
            .create("handler_create", "Create a handler")
            .put("handler_put", "Create or replace a handler")
            .patch("handler_patch", "Update fields of a handler")
            .delete("handler_delete", "Delete a handler")
            .mount()
    }
}
