//! Where a resource lives, and the path parameters that follow from it.

use schemars::JsonSchema;
use serde::{Deserialize, de::DeserializeOwned};

/// One of [`Namespaced`], [`ClusterWide`] and [`Root`].
pub trait Scope: Send + Sync + 'static {
    /// Whether objects belong to a namespace.
    const NAMESPACED: bool;
    /// What the URL calls the name of an item.
    const PARAMETER: &'static str = "name";
    /// Path parameters of the collection.
    type Collection: Collection;
    /// Path parameters of one item.
    type Item: Item;
}

/// Objects of the kind live in a namespace: `/namespaces/{namespace}/{plural}/{name}`.
#[derive(Debug)]
pub enum Namespaced {}

/// Objects of the kind are the cluster's: `/{plural}/{name}`.
#[derive(Debug)]
pub enum ClusterWide {}

/// Namespaces themselves: `/namespaces/{namespace}`. As [`ClusterWide`], but for the name of the
/// parameter, which the paths of everything in a namespace have fixed.
#[derive(Debug)]
pub enum Root {}

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

/// Path parameters of a collection.
pub trait Collection: DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// The namespace; empty for cluster-wide kinds.
    fn namespace(&self) -> &str;
}

/// Path parameters of an item.
pub trait Item: DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// The namespace; empty for cluster-wide kinds.
    fn namespace(&self) -> &str;
    /// The item's name.
    fn name(&self) -> &str;
}

/// No path parameters.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Everywhere {}

/// The path parameter of a namespaced collection.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct InNamespace {
    /// The namespace, for example `default`.
    pub namespace: String,
}

/// The path parameter of a cluster-wide item.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Name {
    /// The name of the object.
    pub name: String,
}

/// The path parameters of a namespaced item.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct NamespacedName {
    /// The namespace, for example `default`.
    pub namespace: String,
    /// The name of the object.
    pub name: String,
}

impl Collection for Everywhere {
    fn namespace(&self) -> &str {
        ""
    }
}

impl Collection for InNamespace {
    fn namespace(&self) -> &str {
        &self.namespace
    }
}

/// The item that is a namespace: cluster-wide, and named by what is elsewhere the namespace.
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
