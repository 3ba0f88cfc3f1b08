//! The operations of the API: one file per resource, and the regular verbs that they share.

mod api_keys;
mod assets;
mod auth;
mod body;
mod checks;
mod cluster;
mod cluster_role_bindings;
mod cluster_roles;
mod descriptions;
mod discovery;
mod documents;
mod entities;
mod events;
mod extensions;
mod filters;
mod handlers;
mod health;
mod hooks;
mod lists;
mod mutators;
mod namespaces;
mod pipelines;
mod query;
mod request;
mod response;
mod role_bindings;
mod roles;
mod routes;
mod silenced;
mod tessen;
mod users;
mod verbs;
mod version;

use dropshot::{ApiDescriptionRegisterError, EndpointTagPolicy, TagConfig, TagDetails};

use crate::catalog::for_each_kind;
use crate::openapi::tag_groups;
pub(crate) use documents::StaticContent;
use routes::Mount;
pub(crate) use routes::{Api, PREFIX};

/// The prefix of released Sensu clients. It has the same operations, which are documented once
/// (D1).
pub(crate) const ALIAS: &str = "/api/core/v2";

/// All operations.
///
/// # Errors
/// If an operation cannot be registered: a defect that every start finds.
pub(crate) fn api() -> Result<Api, ApiDescriptionRegisterError> {
    let mut api = Api::new(tags());
    auth::mount(&mut api)?;
    discovery::mount(&mut api)?;
    documents::mount(&mut api)?;
    health::mount(&mut api)?;
    version::mount(&mut api)?;
    cluster::mount(&mut api)?;
    macro_rules! mount {
        ($($kind:ty: $group:ident, $coverage:ident, $stage:ident, $command:literal, $text:literal;)*) => {
            $(<$kind as Mount>::mount(&mut api)?;)*
        };
    }
    for_each_kind!(mount);
    Ok(api)
}

fn tags() -> TagConfig {
    let describe =
        |text: &str| TagDetails { description: Some(text.to_owned()), external_docs: None };
    TagConfig {
        allow_other_tags: false,
        policy: EndpointTagPolicy::ExactlyOne,
        tags: tag_groups::tags()
            .into_iter()
            .map(|tag| (tag.name.to_owned(), describe(tag.description)))
            .collect(),
    }
}
