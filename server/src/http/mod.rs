//! The operations of the API: one file per resource, and the regular verbs that they share.

mod auth;
mod body;
mod checks;
mod entities;
mod events;
mod health;
mod hooks;
mod namespaces;
pub(crate) mod params;
mod response;
mod routes;
mod users;
mod verbs;
mod version;

use dropshot::{
    ApiDescription, ApiDescriptionRegisterError, EndpointTagPolicy, TagConfig, TagDetails,
};

use sensu_types::Resource as _;
use sensu_types::binding::RoleBinding;
use sensu_types::check::CheckConfig;
use sensu_types::entity::Entity;
use sensu_types::event::Event;
use sensu_types::hook::HookConfig;
use sensu_types::role::Role;

use crate::context::Cx;
pub(crate) use routes::PREFIX;

/// The prefix of released Sensu clients: the same operations, not documented twice (D1).
pub(crate) const ALIAS: &str = "/api/core/v2";

/// The rooms of the store whose objects live in a namespace: what must be empty before it may go.
pub(crate) const NAMESPACED_ROOMS: &[&str] = &[
    CheckConfig::PLURAL,
    Entity::PLURAL,
    Event::PLURAL,
    HookConfig::PLURAL,
    Role::PLURAL,
    RoleBinding::PLURAL,
];

/// The whole API, ready to be served or described.
///
/// # Errors
/// If an operation cannot be registered: a defect that every start would find.
pub(crate) fn api() -> Result<ApiDescription<Cx>, ApiDescriptionRegisterError> {
    let mut api = ApiDescription::new().tag_config(tags());
    auth::mount(&mut api)?;
    health::mount(&mut api)?;
    version::mount(&mut api)?;
    namespaces::mount(&mut api)?;
    users::mount(&mut api)?;
    entities::mount(&mut api)?;
    checks::mount(&mut api)?;
    events::mount(&mut api)?;
    hooks::mount(&mut api)?;
    Ok(api)
}

/// What each tag of the document is about.
const TAGS: &[(&str, &str)] = &[
    ("auth", "Log in with user and password, renew the tokens, log out."),
    ("checks", "What agents run, how often, and who hears of the results."),
    ("entities", "What is monitored: hosts with an agent, and proxies for everything else."),
    ("events", "What was observed: the latest result of each check on each entity, with history."),
    ("health", "Whether the server can do its work. Needs no credentials."),
    ("hooks", "Commands that agents run in response to the results of checks."),
    ("namespaces", "Rooms that keep the objects of one team apart from those of another."),
    ("users", "Who may log in, and which groups they belong to."),
    ("version", "What is running. Needs no credentials."),
];

fn tags() -> TagConfig {
    let describe =
        |text: &str| TagDetails { description: Some(text.to_owned()), external_docs: None };
    TagConfig {
        allow_other_tags: false,
        policy: EndpointTagPolicy::ExactlyOne,
        tags: TAGS.iter().map(|(name, text)| ((*name).to_owned(), describe(text))).collect(),
    }
}
