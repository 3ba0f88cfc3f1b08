//! What every resource has in common: facts about it, and the hooks the registry calls.

use std::fmt::{Debug, Display, Formatter};

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

use crate::ObjectMeta;
use crate::scope::Scope;
use crate::selector::Fields;

/// A kind of object that the API stores and serves.
///
/// A resource states facts (constants and identity) and implements four small
/// hooks. The registry does the rest, for every resource in the same order:
/// `adopt`, `prepare`, `validate`, write; and on the way out `redacted`.
pub trait Resource:
    Clone + Debug + Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static
{
    /// Sensu's type name: `CheckConfig`. Also the schema's name in the document.
    const KIND: &'static str;
    /// What messages call one of them: `check`, `silenced entry`.
    const NOUN: &'static str;
    /// The URL segment, the RBAC resource and the room of the store: `checks`.
    const PLURAL: &'static str;
    /// What field selectors call one of them, before the first dot: `check` (D35).
    const SINGULAR: &'static str;
    /// Rooms whose keys begin with this object's own (namespace, name) and that
    /// go when it goes: an entity owns its `events` (D26).
    const OWNS: &'static [&'static str] = &[];
    /// Whether a name is made of parts joined by `/`, each a segment of its own in the order of
    /// lists: an event is `entity/check`.
    const COMPOSITE: bool = false;
    /// Whether objects live in a namespace, and so which URLs they have.
    type Scope: Scope;

    /// The name, unique within the scope. Empty if the body left it out.
    fn name(&self) -> &str;

    /// The namespace; empty if the body left it out and for cluster-wide kinds.
    fn namespace(&self) -> &str;

    /// Fills in a name or namespace that the body left out (D6). Called with
    /// what the URL says; a part that is already set is left alone.
    fn adopt(&mut self, namespace: &str, name: &str);

    /// Derives what the server derives: default values, computed names, fields
    /// that callers cannot set. `previous` is the stored object on a replace.
    fn prepare(&mut self, _scene: &Scene<'_>, _previous: Option<&Self>) {}

    /// The first rule that the object breaks, in the reference's order and with
    /// the reference's message.
    ///
    /// # Errors
    /// [`Invalid`] with the message to send.
    fn validate(&self) -> Result<(), Invalid>;

    /// What somebody is told who creates an object that exists.
    fn conflict(&self) -> String {
        "resource already exists".into()
    }

    /// What somebody is told who deletes an object that does not exist.
    fn cannot_delete(_name: &str) -> String {
        "not found".into()
    }

    /// When the object ends by itself, in seconds since 1970-01-01 UTC.
    fn expires_at(&self) -> Option<i64> {
        None
    }

    /// Name, labels and annotations, for kinds that have them in one place.
    fn metadata(&self) -> Option<&ObjectMeta> {
        None
    }

    /// The value of a label, for label selectors (D35).
    fn label(&self, key: &str) -> Option<&str> {
        self.metadata()?.labels.get(key).map(String::as_str)
    }

    /// What field selectors can ask about (D35).
    fn fields(&self) -> Fields<'_> {
        Fields::of(self)
    }

    /// The object as it is shown, if that differs from how it is stored (D25).
    fn redacted(&self) -> Option<Self> {
        None
    }
}

/// Who writes, and when: all that `prepare` may know of the world.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The name of the user that asks.
    pub caller: &'a str,
    /// Seconds since 1970-01-01 UTC.
    pub now: i64,
}

/// Why an object is refused, worded for the person who sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid(pub String);

impl Invalid {
    /// `Err(Invalid)` with this message, for use as the last expression of a rule.
    ///
    /// # Errors
    /// Always: that is its purpose.
    pub fn because(message: impl Into<String>) -> Result<(), Self> {
        Err(Self(message.into()))
    }
}

impl Display for Invalid {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Invalid {}
