//! The trait that every kind of object implements: its names, and the rules that the server applies
//! to its objects.

use std::fmt::Debug;

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::grammar::name;
use crate::grammar::redaction::RedactedKeys;
use crate::grammar::selector::Field;
use crate::scope::Scope;
use crate::{Invalid, ObjectMeta};

/// A kind of object that the API stores and serves.
///
/// A kind states its names, where its metadata is, its validation rules and an example. Everything
/// else has a default. On a write the server calls, in this order, `fill_identity`, `prepare` and
/// `validate`; responses contain what `redacted` returns.
pub trait Resource:
    Clone + Debug + Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static
{
    /// Sensu's type name, for example `CheckConfig`. Also the name of the schema in the OpenAPI
    /// document, except for `APIKey`.
    const KIND: &'static str;
    /// URL segment, RBAC resource and collection of the store, for example `checks`.
    const PLURAL: &'static str;
    /// Prefix of the kind's names in field selectors, for example `check` in `check.name` (D35).
    const SINGULAR: &'static str;
    /// Noun for messages, for example `silenced entry`.
    const NOUN: &'static str = Self::SINGULAR;
    /// Collections whose objects are deleted with the object that their key begins with: deleting an
    /// entity deletes its `events` (D26).
    const CASCADES_TO: &'static [&'static str] = &[];
    /// JSON pointer to the namespace of a namespaced object.
    const NAMESPACE_POINTER: &'static str = "/metadata/namespace";
    /// JSON pointers to the parts of the name, one for each path parameter that names an object.
    const NAME_POINTERS: &'static [&'static str] = &["/metadata/name"];
    /// Whether a name has several parts, separated by `/`, which are separate segments of the key. An
    /// event is named `entity/check`, so events are sorted by entity, then check.
    const HAS_COMPOSITE_NAME: bool = Self::NAME_POINTERS.len() > 1;
    /// Whether objects have labels, which label selectors can use.
    const HAS_LABELS: bool = true;
    /// The format of names.
    const NAMES: name::Format = name::PLAIN;
    /// Whether the server computes the name of an object that is created without one.
    const NAME_IS_COMPUTED: bool = false;
    /// The fields that field selectors can use, in addition to `name`, `namespace` and `labels` (D35).
    const FIELDS: &'static [Field<Self>] = &[];
    /// Whether objects belong to a namespace; determines the URLs.
    type Scope: Scope;

    /// The object's metadata. `None` for kinds without metadata, which implement `name`, `namespace`
    /// and `fill_identity` themselves.
    fn metadata(&self) -> Option<&ObjectMeta>;

    /// The object's metadata, mutable.
    fn metadata_mut(&mut self) -> Option<&mut ObjectMeta>;

    /// The name, unique within the scope. Empty if the request body has none.
    fn name(&self) -> &str {
        self.metadata().map_or("", |metadata| &metadata.name)
    }

    /// The namespace. Empty for cluster-wide kinds, and if the request body has none.
    fn namespace(&self) -> &str {
        self.metadata().map_or("", |metadata| &metadata.namespace)
    }

    /// Sets the name and the namespace from the URL, each only if the body has none (D6).
    fn fill_identity(&mut self, namespace: &str, name: &str) {
        if let Some(metadata) = self.metadata_mut() {
            metadata.fill_identity(namespace, name);
        }
    }

    /// Sets the fields that the server computes: default values, computed names, fields that clients
    /// cannot set. `previous` is the stored object if the write replaces one.
    fn prepare(&mut self, _context: &WriteContext<'_>, _previous: Option<&Self>) {}

    /// Checks the object against the rules of its kind.
    ///
    /// # Errors
    /// [`Invalid`] with the message of the first broken rule. Order and messages are those of Sensu
    /// Go 5.0.0 where it has the rule.
    fn validate(&self) -> Result<(), Invalid>;

    /// Whether the object contains JavaScript, which `validate` compiles. That can take long, so a
    /// server validates such objects on threads that serve no requests.
    fn has_expressions(&self) -> bool {
        false
    }

    /// When the store removes the object, in seconds since 1970-01-01 UTC. `None` for never.
    fn expires_at(&self) -> Option<i64> {
        None
    }

    /// The value of a label, for label selectors (D35).
    fn label(&self, key: &str) -> Option<&str> {
        self.metadata()?.labels.get(key).map(String::as_str)
    }

    /// The object as responses contain it (D25). `None` if that is the stored object.
    fn redacted(&self) -> Option<Self> {
        None
    }

    /// As [`Self::redacted`], for kinds that contain an entity: `keys` are those that the stored entity
    /// hides, in addition to those of the contained one.
    fn redacted_with(&self, _keys: &RedactedKeys) -> Option<Self> {
        self.redacted()
    }

    /// The list of keys that objects of other kinds hide because of this one: `redact` of an entity, which
    /// also applies to its events (D25).
    fn redact(&self) -> Option<&[String]> {
        None
    }

    /// The resources that the rules of a role name. Writes report those that the server does not have
    /// (D27).
    fn resources_of_rules(&self) -> Vec<&str> {
        Vec::new()
    }

    /// A minimal valid request body to create an object with this name. It has no namespace: the URL
    /// has it. The names of API keys are computed by the server, and `name` is ignored.
    fn example(name: &str) -> Value;

    /// [`Self::example`] as an object, in the namespace `default` if the kind is namespaced.
    #[cfg(any(test, feature = "fixtures"))]
    #[must_use]
    fn fixture(name: &str) -> Self {
        #[expect(clippy::expect_used, reason = "only tests call it")]
        let mut object: Self = serde_json::from_value(Self::example(name)).expect("fits the type");
        object.fill_identity(if Self::Scope::NAMESPACED { "default" } else { "" }, name);
        object
    }
}

/// The circumstances of a write: everything `prepare` depends on, apart from the objects.
#[derive(Clone, Copy, Debug)]
pub struct WriteContext<'a> {
    /// Name of the authenticated user.
    pub caller: &'a str,
    /// The time, in seconds since 1970-01-01 UTC.
    pub now: i64,
}
