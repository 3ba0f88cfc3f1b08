//! Decides what happens to a stored event (D43 to D46): which workflows process it, and which of its
//! filters let it pass. Pure functions; the caller evaluates JavaScript and runs mutators and handlers.

mod filters;
mod plan;

pub use filters::{Denial, built_in, custom, is_built_in};
pub use plan::{Definitions, LEGACY_PIPELINE, Skipped, Step, Workflow, can_reach_handler, plan};
