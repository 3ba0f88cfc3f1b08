//! The scope of a kind: whether its objects belong to a namespace, and the path parameters of its URLs.

use schemars::JsonSchema;
use serde::{Deserialize, de::DeserializeOwned};

/// The scope of a kind: [`Namespaced`], [`ClusterWide`], [`Root`] or [`Singleton`].
pub trait Scope: Send + Sync + 'static {
    /// Whether objects belong to a namespace.
    const NAMESPACED: bool;
    /// Path parameter that contains the name of an object.
    const PARAMETER: &'static str = "name";
    /// Path parameters of lists.
    type Collection: Collection;
    /// Path parameters of one object.
    type Item: Item;
}

/// Scope of kinds whose objects belong to a namespace: `/namespaces/{namespace}/{plural}/{name}`.
#[derive(Debug)]
pub enum Namespaced {}

/// Scope of kinds whose objects belong to no namespace: `/{plural}/{name}`.
#[derive(Debug)]
pub enum ClusterWide {}

/// Scope of namespaces themselves: `/namespaces/{namespace}`.
///
/// As [`ClusterWide`], but the parameter is called `namespace`, as in the paths of namespaced kinds:
/// the router requires the same name for the same segment.
#[derive(Debug)]
pub enum Root {}

/// Scope of kinds with one object, which has no name: `/{plural}`.
#[derive(Debug)]
pub enum Singleton {}

impl Singleton {
    /// Name of the object, which only the store and the rules of roles use.
    pub const NAME: &'static str = "default";
}

impl Scope for Singleton {
    const NAMESPACED: bool = false;
    const PARAMETER: &'static str = "";
    type Collection = Everywhere;
    type Item = Everywhere;
}

impl Scope for Root {
    const NAMESPACED: bool = false;
    const PARAMETER: &'static str = "namespace";
    type Collection = Everywhere;
    type Item = InNamespace;
}

impl Scope for Namespaced {
    const NAMESPACED: bool = true;
    type Collection = InNamespace;
    type Item = NamespacedName;
}

impl Scope for ClusterWide {
    const NAMESPACED: bool = false;
    type Collection = Everywhere;
    type Item = Name;
}

/// Path parameters of a list.
pub trait Collection: DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// The namespace. Empty for cluster-wide kinds.
    fn namespace(&self) -> &str;
}

/// Path parameters of one object.
pub trait Item: DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// The namespace. Empty for cluster-wide kinds.
    fn namespace(&self) -> &str;
    /// The name of the object.
    fn name(&self) -> &str;
}

/// No path parameters.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Everywhere {}

/// The path parameter of lists in a namespace.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct InNamespace {
    /// Name of the namespace.
    pub namespace: String,
}

/// The path parameter of a cluster-wide object.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Name {
    /// Name of the object.
    pub name: String,
}

/// The path parameters of an object in a namespace.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct NamespacedName {
    /// Name of the namespace.
    pub namespace: String,
    /// Name of the object.
    pub name: String,
}

impl Collection for Everywhere {
    fn namespace(&self) -> &str {
        ""
    }
}

/// The object of a kind with one object.
impl Item for Everywhere {
    fn namespace(&self) -> &str {
        ""
    }
    fn name(&self) -> &str {
        Singleton::NAME
    }
}

impl Collection for InNamespace {
    fn namespace(&self) -> &str {
        &self.namespace
    }
}

/// A namespace as an object: it belongs to no namespace, and the parameter is its name.
impl Item for InNamespace {
    fn namespace(&self) -> &str {
        ""
    }
    fn name(&self) -> &str {
        &self.namespace
    }
}

impl Item for Name {
    fn namespace(&self) -> &str {
        ""
    }
    fn name(&self) -> &str {
        &self.name
    }
}

impl Item for NamespacedName {
    fn namespace(&self) -> &str {
        &self.namespace
    }
    fn name(&self) -> &str {
        &self.name
    }
}
