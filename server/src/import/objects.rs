//! The objects of manifests: one reader per kind of the catalog, and how each object is written.

use async_trait::async_trait;
use sensu_types::event::Event;
use sensu_types::user::User;
use sensu_types::{Resource, Scope};
use serde_json::Value;

use crate::auth::Caller;
use crate::catalog::{Cataloged as _, ImportStage, Kind, for_each_kind};
use crate::error::Error;
use crate::rbac::Verb;
use crate::resources::preconditions::Conditions;
use crate::resources::{events, users};
use crate::runtime::context::Cx;

/// Reads the object of a manifest. The second argument is the namespace of objects without one.
pub(super) type Reader = fn(Value, &str) -> Result<ReadObject, String>;

/// An object, and the paths of the fields that its kind does not have.
pub(super) type ReadObject = (Box<dyn Object>, Vec<String>);

/// An object to write.
#[async_trait]
pub(super) trait Object: Send + Sync {
    /// Namespace and name. The namespace is empty for cluster-wide kinds.
    fn identity(&self) -> (String, String);
    /// Creates or replaces the object; the rules are those of `PUT`.
    async fn write(&self, cx: &Cx) -> Result<Written, Error>;
}

/// The result of writing an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// The object is stored as in the manifest.
    Unchanged,
    /// The user is stored disabled, because the manifest has no password.
    Disabled,
}

macro_rules! readers {
    ($($kind:ty: $group:ident, $coverage:ident, $stage:ident, $command:literal, $text:literal;)*) => {
        /// Every kind, with the reader of most kinds.
        const READERS: &[(Kind, Reader)] = &[$((<$kind>::FACTS, read_resource::<$kind>)),*];
    };
}
for_each_kind!(readers);

/// The kind with this name, its rank in the order of writing, and its reader.
pub(super) fn find(name: &str) -> Option<(Kind, usize, Reader)> {
    let rank = READERS.iter().position(|(kind, _)| kind.name == name)?;
    let (kind, reader) = READERS.get(rank)?;
    let reader = match kind.import {
        ImportStage::Never => read_nothing,
        ImportStage::Users => read_user,
        ImportStage::Events => read_event,
        _ => *reader,
    };
    Some((*kind, rank, reader))
}

/// The names of all kinds.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    READERS.iter().map(|(kind, _)| kind.name)
}

fn read_resource<T: Resource>(value: Value, namespace: &str) -> Result<ReadObject, String> {
    let creator = value.get("creator").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (value, unknown) = decode::<T>(value, namespace)?;
    Ok((Box::new(ResourceObject { value, creator }), unknown))
}

fn read_user(value: Value, _: &str) -> Result<ReadObject, String> {
    let (user, unknown) = decode::<User>(value, "")?;
    Ok((Box::new(UserObject(user)), unknown))
}

fn read_event(value: Value, namespace: &str) -> Result<ReadObject, String> {
    let (event, unknown) = decode::<Event>(value, namespace)?;
    if event.check.is_none() {
        return Err("the event has no check: events with metrics only are not stored".into());
    }
    Ok((Box::new(EventObject(event)), unknown))
}

fn read_nothing(_: Value, _: &str) -> Result<ReadObject, String> {
    Err("API keys cannot be imported, because dumps do not contain the keys; create new ones"
        .into())
}

fn decode<T: Resource>(value: Value, namespace: &str) -> Result<(T, Vec<String>), String> {
    let decoded = sensu_decode::from_value::<T>(value).map_err(|error| error.to_string())?;
    let mut value = decoded.value;
    value.fill_identity(if T::Scope::NAMESPACED { namespace } else { "" }, "");
    Ok((value, decoded.unknown))
}

struct ResourceObject<T> {
    value: T,
    /// The user who wrote the object, for kinds that store it.
    creator: String,
}

#[async_trait]
impl<T: Resource> Object for ResourceObject<T> {
    fn identity(&self) -> (String, String) {
        (self.value.namespace().to_owned(), self.value.name().to_owned())
    }

    async fn write(&self, cx: &Cx) -> Result<Written, Error> {
        let (namespace, name) = self.identity();
        let caller = Caller::operator(cx, &self.creator);
        let grant = caller.authorize::<T>(Verb::Update, &namespace, &name).await?;
        grant.put(self.value.clone(), &Conditions::default()).await?;
        Ok(Written::Unchanged)
    }
}

struct EventObject(Event);

#[async_trait]
impl Object for EventObject {
    fn identity(&self) -> (String, String) {
        let Self(event) = self;
        let name = format!("{}/{}", event.entity_name(), event.check_name());
        (event.namespace().to_owned(), name)
    }

    async fn write(&self, cx: &Cx) -> Result<Written, Error> {
        let (namespace, name) = self.identity();
        let caller = Caller::operator(cx, "");
        let grant = caller.authorize::<Event>(Verb::Update, &namespace, &name).await?;
        events::import(&grant, self.0.clone()).await?;
        Ok(Written::Unchanged)
    }
}

struct UserObject(User);

#[async_trait]
impl Object for UserObject {
    fn identity(&self) -> (String, String) {
        (String::new(), self.0.username.clone())
    }

    async fn write(&self, cx: &Cx) -> Result<Written, Error> {
        let caller = Caller::operator(cx, "");
        let grant = caller.authorize::<User>(Verb::Update, "", &self.0.username).await?;
        match users::import(&grant, self.0.clone()).await? {
            true => Ok(Written::Unchanged),
            false => Ok(Written::Disabled),
        }
    }
}
