//! `filters`

use sensu_types::filter::EventFilter;

use super::routes::{Api, Mounted, Routes};

pub(super) fn mount(api: &mut Api) -> Mounted {
    Routes::<EventFilter>::of(api)
        .list("filter_list", "List the filters of a namespace")
        .list_all("filter_list_all", "List the filters of every namespace")
        .get("filter_get", "Fetch a filter")
        .create("filter_create", "Create a filter")
        .put("filter_put", "Create or replace a filter")
        .patch("filter_patch", "Change parts of a filter")
        .delete("filter_delete", "Delete a filter")
        .mount()
}
