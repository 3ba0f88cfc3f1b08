//! The objects of manifests: one reader per kind of the catalog, and how each object is written.

use async_trait::async_trait;
use bytes::Bytes;
use sensu_types::entity::Entity;
use sensu_types::event::Event;
use sensu_types::redaction::REDACTED;
use sensu_types::silenced::Silenced;
use sensu_types::user::User;
use sensu_types::{Resource, Scope};
use serde_json::Value;

use super::changes::{compare, explained, unknown};
use super::report::{Change, ChangeKind};
use super::silences;
use crate::auth::Caller;
use crate::catalog::{Cataloged as _, ImportStage, Kind, for_each_kind};
use crate::error::Error;
use crate::rbac::Verb;
use crate::resources::preconditions::Conditions;
use crate::resources::{events, rules, users};
use crate::runtime::context::Cx;

/// Reads the object of a manifest.
pub(super) type Reader = fn(Value, &ReadContext<'_>) -> Result<Content, String>;

/// What the meaning of a manifest depends on.
pub(super) struct ReadContext<'a> {
    /// Namespace of objects without one.
    pub(super) namespace: &'a str,
    /// Time of the dump, in seconds since 1970-01-01 UTC.
    pub(super) taken_at: i64,
    /// Time of the import, in seconds since 1970-01-01 UTC.
    pub(super) now: i64,
    /// Whether rules with resources that the server does not have are rejected (D27).
    pub(super) is_strict: bool,
}

/// The content of a manifest.
pub(super) enum Content {
    /// An object to write.
    Object(ReadObject),
    /// An object that cannot be imported, and the reason.
    Skipped(String),
}

/// An object to write, and how it differs from the manifest.
pub(super) struct ReadObject {
    pub(super) object: Box<dyn Object>,
    pub(super) changes: Vec<Change>,
    pub(super) warnings: Vec<String>,
}

/// An object to write.
#[async_trait]
pub(super) trait Object: Send + Sync {
    /// Namespace and name. The namespace is empty for cluster-wide kinds.
    fn identity(&self) -> (String, String);
    /// Creates or replaces the object; the rules are those of `PUT`.
    async fn write(&self, cx: &Cx) -> Result<Written, Error>;
    /// The differences between the object and what was written, JSON.
    fn changes(&self, written: &[u8]) -> Vec<Change>;
}

/// The result of writing an object.
pub(super) struct Written {
    /// The object as responses contain it, JSON.
    pub(super) body: Bytes,
    /// Whether it is a user that cannot log in for lack of a password, although the manifest does not
    /// disable it.
    pub(super) lacks_password: bool,
}

impl Written {
    fn object(body: Bytes) -> Self {
        Self { body, lacks_password: false }
    }
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
        ImportStage::Never => read_api_key,
        ImportStage::Users => read_user,
        ImportStage::Events => read_event,
        ImportStage::Silences => read_silenced,
        _ => *reader,
    };
    Some((*kind, rank, reader))
}

/// The names of all kinds.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    READERS.iter().map(|(kind, _)| kind.name)
}

fn read_resource<T: Resource>(value: Value, context: &ReadContext<'_>) -> Result<Content, String> {
    let creator = value.get("creator").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut warnings = if T::KIND == Entity::KIND { redacted_values(&value) } else { Vec::new() };
    let (value, changes) = decode::<T>(value, context.namespace)?;
    let unknown = rules::unknown_resources(&value);
    if !unknown.is_empty() {
        let unknown = unknown.join(", ");
        warnings.push(format!(
            "this server does not have the resources {unknown}; the rules are stored"
        ));
        if context.is_strict {
            return Err(format!("this server does not have the resources {unknown} (--strict)"));
        }
    }
    let object = Box::new(ResourceObject { value, creator });
    Ok(Content::Object(ReadObject { object, changes, warnings }))
}

fn read_silenced(value: Value, context: &ReadContext<'_>) -> Result<Content, String> {
    let (mut value, mut changes) = decode::<Silenced>(value, context.namespace)?;
    changes.extend(silences::set_end(&mut value, context.taken_at));
    if value.expire_at > 0 && value.expire_at <= context.now {
        return Ok(Content::Skipped("the entry has ended".into()));
    }
    let creator = value.creator.clone();
    let object = Box::new(ResourceObject { value, creator });
    Ok(Content::Object(ReadObject { object, changes, warnings: Vec::new() }))
}

fn read_user(value: Value, _: &ReadContext<'_>) -> Result<Content, String> {
    let (user, changes) = decode::<User>(value, "")?;
    let object = Box::new(UserObject(user));
    Ok(Content::Object(ReadObject { object, changes, warnings: Vec::new() }))
}

fn read_event(value: Value, context: &ReadContext<'_>) -> Result<Content, String> {
    let (event, changes) = decode::<Event>(value, context.namespace)?;
    if event.check.is_none() {
        return Ok(Content::Skipped(
            "the event has no check: events with metrics only are not stored".into(),
        ));
    }
    let object = Box::new(EventObject(event));
    Ok(Content::Object(ReadObject { object, changes, warnings: Vec::new() }))
}

/// The only kind that is never imported.
fn read_api_key(value: Value, _: &ReadContext<'_>) -> Result<Content, String> {
    let user = value.get("username").and_then(Value::as_str).unwrap_or("USER");
    Ok(Content::Skipped(format!(
        "API keys are not imported; create a new one with `sensuctl api-key grant {user}`"
    )))
}

fn decode<T: Resource>(value: Value, namespace: &str) -> Result<(T, Vec<Change>), String> {
    let decoded = sensu_decode::from_value::<T>(value).map_err(|error| error.to_string())?;
    let mut value = decoded.value;
    let mut changes: Vec<Change> = decoded.unknown.into_iter().map(unknown).collect();
    if T::Scope::NAMESPACED && value.namespace().is_empty() {
        let field = T::NAMESPACE_POINTER.trim_start_matches('/').replace('/', ".");
        let reason = "the namespace of manifests without one (`--namespace`)";
        changes.push(explained(&field, ChangeKind::Added, reason));
    }
    value.fill_identity(if T::Scope::NAMESPACED { namespace } else { "" }, "");
    Ok((value, changes))
}

/// Warnings for labels and annotations whose values the dump does not contain.
fn redacted_values(entity: &Value) -> Vec<String> {
    let maps = ["labels", "annotations"].into_iter().filter_map(|field| {
        let map = entity.get("metadata")?.get(field)?.as_object()?;
        Some(map.iter().map(move |(key, value)| (field, key, value)))
    });
    let hidden = maps.flatten().filter(|(.., value)| value.as_str() == Some(REDACTED));
    let warning = |(field, key, _)| {
        format!("metadata.{field}.{key} is {REDACTED} in the dump; set the value again")
    };
    hidden.map(warning).collect()
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
        let written = grant.put(self.value.clone(), &Conditions::default()).await?;
        Ok(Written::object(written.body))
    }

    fn changes(&self, written: &[u8]) -> Vec<Change> {
        compare(T::KIND, self.value.redacted().as_ref().unwrap_or(&self.value), written)
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
        Ok(Written::object(events::import(&grant, self.0.clone()).await?.body))
    }

    fn changes(&self, written: &[u8]) -> Vec<Change> {
        compare(Event::KIND, self.0.redacted().as_ref().unwrap_or(&self.0), written)
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
        let imported = users::import(&grant, self.0.clone()).await?;
        let lacks_password = !imported.has_password && !self.0.disabled;
        Ok(Written { body: imported.rendered.body, lacks_password })
    }

    fn changes(&self, written: &[u8]) -> Vec<Change> {
        compare(User::KIND, &self.0, written)
    }
}
