//! `mutators`

use sensu_types::mutator::Mutator;

use super::routes::{Api, Mount, Mounted, Routes};

impl Mount for Mutator {
    fn mount(api: &mut Api) -> Mounted {
        Routes::<Mutator>::new(api)
            .list("mutator_list", "List mutators in a namespace")
            .list_all("mutator_list_all", "List mutators in all namespaces")
            .get("mutator_get", "Get a mutator")
            .create("mutator_create", "Create a mutator")
            .put("mutator_put", "Create or replace a mutator")
            .patch("mutator_patch", "Update fields of a mutator")
            .delete("mutator_delete", "Delete a mutator")
            .mount()
    }
}
