//! `filters`

use sensu_types::filter::EventFilter;

use super::routes::{Api, Mount, Mounted, Routes};

impl Mount for EventFilter {
    fn mount(api: &mut Api) -> Mounted {
        Routes::<EventFilter>::new(api)
            .list("filter_list", "List filters in a namespace")
            .list_all("filter_list_all", "List filters in all namespaces")
            .get("filter_get", "Get a filter")
            .create("filter_create", "Create a filter")
            .put("filter_put", "Create or replace a filter")
            .patch("filter_patch", "Update fields of a filter")
            .delete("filter_delete", "Delete a filter")
            .mount()
    }
}
