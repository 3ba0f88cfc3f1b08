//! `handlers`

use sensu_types::handler::Handler;

use super::routes::{Api, Mounted, Routes};

pub(super) fn mount(api: &mut Api) -> Mounted {
    Routes::<Handler>::of(api)
        .list("handler_list", "List the handlers of a namespace")
        .list_all("handler_list_all", "List the handlers of every namespace")
        .get("handler_get", "Fetch a handler")
        .create("handler_create", "Create a handler")
        .put("handler_put", "Create or replace a handler")
        .patch("handler_patch", "Change parts of a handler")
        .delete("handler_delete", "Delete a handler")
        .mount()
}
