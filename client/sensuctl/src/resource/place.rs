//! Where objects are, and what they are called.

use sensu_client::encode_segment;
use serde_json::{Value, json};

use super::{Resource, silenced};
use crate::field::{place, text};

impl Resource {
    /// Where all of them are; of all namespaces if `namespace` is `None`.
    pub(crate) fn collection(&self, namespace: Option<&str>) -> String {
        match namespace {
            Some(namespace) if self.namespaced => {
                format!("/namespaces/{}/{}", encode_segment(namespace), self.plural)
            }
            _ => format!("/{}", self.plural),
        }
    }

    /// Where one is.
    pub(crate) fn item(&self, namespace: &str, name: &str) -> String {
        // The two parts of an event's name are two parts of its address.
        let name = match self.command == "event" {
            true => name.split('/').map(encode_segment).collect::<Vec<_>>().join("/"),
            false => encode_segment(name),
        };
        format!("{}/{name}", self.collection(Some(namespace)))
    }

    /// Where the object is that a document holds.
    pub(crate) fn place_of(&self, object: &Value) -> String {
        self.item(&self.namespace_of(object), &self.name_of(object))
    }

    /// The name that an object has.
    pub(crate) fn name_of(&self, object: &Value) -> String {
        match self.command {
            "event" => format!(
                "{}/{}",
                text(object.pointer("/entity/metadata/name")),
                text(object.pointer("/check/metadata/name"))
            ),
            "silenced" => match text(object.pointer(self.name_at)) {
                name if name.is_empty() => silenced::name(
                    &text(object.pointer("/subscription")),
                    &text(object.pointer("/check")),
                ),
                name => name,
            },
            _ => text(object.pointer(self.name_at)),
        }
    }

    /// The namespace that an object says it is in.
    pub(crate) fn namespace_of(&self, object: &Value) -> String {
        match self.command {
            "event" => text(object.pointer("/entity/metadata/namespace")),
            _ => text(object.pointer("/metadata/namespace")),
        }
    }

    /// Puts an object into a namespace if it does not say where it is.
    pub(crate) fn put_into(&self, object: &mut Value, namespace: &str) {
        let places: &[&str] = match self.command {
            "event" => &["/entity/metadata/namespace", "/check/metadata/namespace"],
            _ => &["/metadata/namespace"],
        };
        for at in places {
            let parent = at.trim_end_matches("/metadata/namespace");
            let exists = parent.is_empty() || object.pointer(parent).is_some();
            if self.namespaced && exists && text(object.pointer(at)).is_empty() {
                place(object, at, json!(namespace));
            }
        }
    }

    /// A new object with this name.
    pub(crate) fn named(&self, namespace: &str, name: &str) -> Value {
        let mut object = json!({});
        if !name.is_empty() {
            place(&mut object, self.name_at, json!(name));
        }
        if self.namespaced {
            place(&mut object, "/metadata/namespace", json!(namespace));
        }
        object
    }
}

#[cfg(test)]
mod tests {
    use super::super::asset::ASSET;
    use super::super::event::EVENT;
    use super::super::role::CLUSTER_ROLE;
    use super::super::silenced::SILENCED;
    use super::*;

    #[test]
    fn addresses_are_escaped_as_the_original_does() {
        assert_eq!(ASSET.item("default", "x/y"), "/namespaces/default/assets/x%2Fy");
        assert_eq!(SILENCED.item("default", "*:c1"), "/namespaces/default/silenced/%2A:c1");
        assert_eq!(EVENT.item("default", "e9/c9"), "/namespaces/default/events/e9/c9");
    }

    #[test]
    fn a_document_gets_the_namespace_that_it_lacks() {
        let mut object = json!({"entity": {"metadata": {"name": "e"}}, "check": {}});
        EVENT.put_into(&mut object, "dev");
        assert_eq!(object["check"]["metadata"]["namespace"], "dev");
        assert_eq!(object["entity"]["metadata"], json!({"name": "e", "namespace": "dev"}));
        let mut role = json!({"metadata": {"name": "r"}});
        CLUSTER_ROLE.put_into(&mut role, "dev");
        assert_eq!(role, json!({"metadata": {"name": "r"}}));
    }
}
