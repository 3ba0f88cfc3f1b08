//! What operations do, without HTTP.

pub(crate) mod api_keys;
pub(crate) mod checks;
pub(crate) mod cluster;
pub(crate) mod events;
pub(crate) mod grant;
pub(crate) mod namespaces;
pub(crate) mod page;
pub(crate) mod patch;
pub(crate) mod preconditions;
pub(crate) mod store;
pub(crate) mod users;
pub(crate) mod write_options;
