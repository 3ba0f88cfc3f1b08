//! What a document can be, in the order in which it is written.

use async_trait::async_trait;
use sensu_types::api_key::ApiKey;
use sensu_types::asset::Asset;
use sensu_types::binding::{ClusterRoleBinding, RoleBinding};
use sensu_types::check::CheckConfig;
use sensu_types::entity::Entity;
use sensu_types::event::Event;
use sensu_types::extension::Extension;
use sensu_types::filter::EventFilter;
use sensu_types::handler::Handler;
use sensu_types::hook::HookConfig;
use sensu_types::mutator::Mutator;
use sensu_types::namespace::Namespace;
use sensu_types::role::{ClusterRole, Role};
use sensu_types::silenced::Silenced;
use sensu_types::user::User;
use sensu_types::{Resource, Scope};
use serde_json::Value;

use crate::auth::Caller;
use crate::error::Error;
use crate::resources::preconditions::Conditions;
use crate::resources::{events, users};
use crate::runtime::context::Cx;

/// A type of documents.
pub(super) struct Kind {
    /// Sensu's name of it.
    pub(super) name: &'static str,
    /// The field of its name, if that is all it has instead of metadata.
    pub(super) name_in: Option<&'static str>,
    pub(super) read: fn(Value, &str) -> Result<Read, String>,
}

/// An object that was read, and the paths of fields that it cannot have.
pub(super) type Read = (Box<dyn Object>, Vec<String>);

/// All types: whatever others need comes before them.
pub(super) const KINDS: &[Kind] = &[
    Kind { name_in: Some("name"), ..regular::<Namespace>() },
    regular::<ClusterRole>(),
    Kind { name: User::KIND, name_in: Some("username"), read: |value, _| account(value) },
    regular::<ClusterRoleBinding>(),
    regular::<Role>(),
    regular::<RoleBinding>(),
    regular::<Asset>(),
    regular::<EventFilter>(),
    regular::<Mutator>(),
    regular::<Handler>(),
    regular::<HookConfig>(),
    regular::<CheckConfig>(),
    regular::<Extension>(),
    regular::<Entity>(),
    regular::<Silenced>(),
    Kind { name: Event::KIND, name_in: None, read: event },
    Kind { name: ApiKey::KIND, name_in: None, read: |_, _| Err(NO_KEYS.into()) },
];

const NO_KEYS: &str =
    "API keys cannot be imported, because a server never shows them; make new ones";

/// An object on its way into the store.
#[async_trait]
pub(super) trait Object: Send + Sync {
    /// Namespace and name; the first is empty for what belongs to the whole cluster.
    fn place(&self) -> (String, String);
    /// Creates or replaces it, by the rules of a `PUT`.
    async fn write(&self, cx: &Cx) -> Result<Written, Error>;
}

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    AsGiven,
    /// A user whom nobody has given a password.
    Disabled,
}

const fn regular<T: Resource>() -> Kind {
    Kind { name: T::KIND, name_in: None, read: regular_from::<T> }
}

struct Regular<T> {
    value: T,
    /// Who wrote it, for kinds that say so.
    creator: String,
}

struct Report(Event);

struct Account(User);

fn regular_from<T: Resource>(value: Value, namespace: &str) -> Result<Read, String> {
    let creator = value.get("creator").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (value, unknown) = fitted::<T>(value, namespace)?;
    Ok((Box::new(Regular { value, creator }), unknown))
}

fn account(value: Value) -> Result<Read, String> {
    let (user, unknown) = fitted::<User>(value, "")?;
    Ok((Box::new(Account(user)), unknown))
}

fn event(value: Value, namespace: &str) -> Result<Read, String> {
    let (event, unknown) = fitted::<Event>(value, namespace)?;
    // Without a check there is nothing to keep, and a dump cannot have got it from a server.
    if event.check.is_none() {
        return Err("the event has no check: events with metrics only are not stored".into());
    }
    Ok((Box::new(Report(event)), unknown))
}

/// The object in its namespace.
fn fitted<T: Resource>(value: Value, namespace: &str) -> Result<(T, Vec<String>), String> {
    let read = sensu_decode::from_value::<T>(value).map_err(|error| error.to_string())?;
    let mut value = read.value;
    value.fill_identity(if T::Scope::NAMESPACED { namespace } else { "" }, "");
    Ok((value, read.unknown))
}

#[async_trait]
impl<T: Resource> Object for Regular<T> {
    fn place(&self) -> (String, String) {
        (self.value.namespace().to_owned(), self.value.name().to_owned())
    }

    async fn write(&self, cx: &Cx) -> Result<Written, Error> {
        let (namespace, name) = self.place();
        let grant = Caller::operator(cx, &self.creator).grant::<T>(&namespace, &name);
        grant.put(self.value.clone(), &Conditions::default()).await?;
        Ok(Written::AsGiven)
    }
}

#[async_trait]
impl Object for Report {
    fn place(&self) -> (String, String) {
        let Self(event) = self;
        let name = format!("{}/{}", event.entity_name(), event.check_name());
        (event.namespace().to_owned(), name)
    }

    async fn write(&self, cx: &Cx) -> Result<Written, Error> {
        let (namespace, name) = self.place();
        let grant = Caller::operator(cx, "").grant::<Event>(&namespace, &name);
        events::keep(&grant, self.0.clone()).await?;
        Ok(Written::AsGiven)
    }
}

#[async_trait]
impl Object for Account {
    fn place(&self) -> (String, String) {
        (String::new(), self.0.username.clone())
    }

    async fn write(&self, cx: &Cx) -> Result<Written, Error> {
        let grant = Caller::operator(cx, "").grant::<User>("", &self.0.username);
        match users::put_or_lock(&grant, self.0.clone()).await? {
            true => Ok(Written::AsGiven),
            false => Ok(Written::Disabled),
        }
    }
}
