//! `pipelines`

use sensu_types::pipeline::Pipeline;

use super::routes::{Api, Mount, Mounted, Routes};

impl Mount for Pipeline {
    fn mount(api: &mut Api) -> Mounted {
        Routes::<Pipeline>::new(api)
            .list("pipeline_list", "List pipelines in a namespace")
            .list_all("pipeline_list_all", "List pipelines in all namespaces")
            .get("pipeline_get", "Get a pipeline")
            .create("pipeline_create", "Create a pipeline")
            .put("pipeline_put", "Create or replace a pipeline")
            .patch("pipeline_patch", "Update fields of a pipeline")
            .delete("pipeline_delete", "Delete a pipeline")
            .mount()
    }
}
