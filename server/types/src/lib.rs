//! The vocabulary of the Sensu Go `core/v2` API: resources, the parts they share, request and response
//! bodies, and the grammar of their values.
//!
//! This crate does no I/O and knows neither HTTP nor the store. Doc comments on wire types are
//! published in the OpenAPI document: they are the documentation of the API.
//!
//! Modules import in this direction only: `resources` and `bodies`, then `parts`, `selection` and
//! `resource`, then `meta` and `scope`, then `grammar`, then `invalid`.

mod bodies;
mod grammar;
mod invalid;
mod meta;
mod parts;
mod resource;
mod resources;
pub mod scope;
mod selection;

// Paths are flat for users of this crate: `sensu_types::check::CheckConfig`.
pub use bodies::*;
pub use grammar::{combination, cron, expression, name, redaction, selector};
pub use invalid::Invalid;
pub use meta::ObjectMeta;
pub use parts::*;
pub use resource::{Resource, WriteContext};
pub use resources::*;
pub use scope::{ClusterWide, Namespaced, Scope};
pub use selection::{Selection, field_selectors, selectable_fields};
