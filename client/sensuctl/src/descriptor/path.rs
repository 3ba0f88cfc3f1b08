//! Namespaces of objects, and their paths below `/apis/core/v2`.

use sensu_client::encode_segment;
use serde_json::{Value, json};

use super::Descriptor;
use crate::pointer;

impl Descriptor {
    /// The path of the collection; across all namespaces if `namespace` is `None`.
    pub(crate) fn collection_path(&self, namespace: Option<&str>) -> String {
        match namespace {
            Some(namespace) if self.is_namespaced() => {
                format!("/namespaces/{}/{}", encode_segment(namespace), self.collection)
            }
            _ => format!("/{}", self.collection),
        }
    }

    /// The path of an object, whose name is a list of parts.
    pub(crate) fn object_path(&self, namespace: &str, name: &[impl AsRef<str>]) -> String {
        let mut path = self.collection_path(Some(namespace));
        for part in name.iter().take(self.name.len()) {
            path.push('/');
            path.push_str(&encode_segment(part.as_ref()));
        }
        path
    }

    /// The path of an object, by the namespace and the name that it contains.
    pub(crate) fn path_of(&self, object: &Value) -> String {
        self.object_path(&self.namespace_of(object), &self.name_of(object))
    }

    /// The namespace that an object contains; empty if it contains none.
    pub(crate) fn namespace_of(&self, object: &Value) -> String {
        self.namespace.first().map(|at| pointer::text(object, at)).unwrap_or_default()
    }

    /// Sets the namespace of an object that contains none. Parts of the object that are missing, such
    /// as the check of an event, stay missing.
    pub(crate) fn set_default_namespace(&self, object: &mut Value, namespace: &str) {
        for at in self.namespace {
            let parent = at.trim_end_matches("/metadata/namespace");
            let exists = parent.is_empty() || object.pointer(parent).is_some();
            if exists && pointer::text(object, at).is_empty() {
                pointer::set(object, at, json!(namespace));
            }
        }
    }

    /// A new object with a name, whose parts may be empty, and a namespace.
    pub(crate) fn new_object(&self, namespace: &str, name: &[String]) -> Value {
        let mut object = json!({});
        self.set_name(&mut object, name);
        self.set_default_namespace(&mut object, namespace);
        object
    }
}
