//! Types of resources in arguments: `all`, or names separated by commas.

use anyhow::{Result, anyhow};

use crate::args::split_list;
use crate::descriptor::Descriptor;
use crate::resource;

/// The word for all types.
pub(super) const ALL: &str = "all";

/// The kinds that an argument names; `all` is the meaning of [`ALL`].
pub(super) fn resolve_types(
    types: &str,
    all: impl FnOnce() -> Vec<&'static Descriptor>,
) -> Result<Vec<&'static Descriptor>> {
    match types {
        ALL => Ok(all()),
        types => split_list(types).into_iter().map(resolve_type).collect(),
    }
}

/// The kind that a name means. The message is that of Sensu Go 5.0.0.
pub(super) fn resolve_type(name: &str) -> Result<&'static Descriptor> {
    resource::find(name).ok_or_else(|| anyhow!("invalid resource type: {name}"))
}
