//! `sensuctl pipeline`

use crate::column::Column;
use crate::descriptor::{Descriptor, Noun, Verb};

pub(crate) const PIPELINE: Descriptor = Descriptor {
    command: "pipeline",
    kind: "Pipeline",
    collection: "pipelines",
    noun: Noun::a("pipeline", "pipelines"),
    // As in later releases of sensuctl: workflows have no flags, pipelines come from files.
    verbs: &[Verb::List, Verb::Info, Verb::Delete],
    columns: &[Column::value("Name", "/metadata/name"), Column::value("Workflows", "/workflows")],
    details: &[
        Column::value("Name", "/metadata/name"),
        Column::value("Workflows", "/workflows"),
        Column::value("Namespace", "/metadata/namespace"),
    ],
    examples: "  sensuctl create --file pipeline.yaml
  sensuctl pipeline info incidents --format yaml",
    ..Descriptor::NAMESPACED
};
