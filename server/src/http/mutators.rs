//! `mutators`

use sensu_types::mutator::Mutator;

use super::routes::{Api, Mounted, Routes};

pub(super) fn mount(api: &mut Api) -> Mounted {
    Routes::<Mutator>::of(api)
        .list("mutator_list", "List the mutators of a namespace")
        .list_all("mutator_list_all", "List the mutators of every namespace")
        .get("mutator_get", "Fetch a mutator")
        .create("mutator_create", "Create a mutator")
        .put("mutator_put", "Create or replace a mutator")
        .patch("mutator_patch", "Change parts of a mutator")
        .delete("mutator_delete", "Delete a mutator")
        .mount()
}
