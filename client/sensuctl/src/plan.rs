//! Plans: what it would change to apply a document.
//!
//! The server is asked twice: what is there, and what would be there. It judges rights and rules,
//! fills in defaults, and writes nothing.

use std::collections::HashSet;
use std::fmt;

use anyhow::Result;
use serde_json::{Value, json};

use crate::api::Versioned;
use crate::context::Context;
use crate::error::is_missing;
use crate::field::place;
use crate::manifest::Document;
use crate::resource::{Ownership, Resource};
use crate::serialize;

/// Fields of all resources that stay what they are unless a document says otherwise.
const ALL: &[(&str, Ownership)] = &[("/metadata/created_by", Ownership::KeepExisting)];

/// What applying a document does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The object is new.
    Created,
    /// The object becomes another.
    Configured,
    /// The object is what the document says.
    Unchanged,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Created => "created",
            Self::Configured => "configured",
            Self::Unchanged => "unchanged",
        })
    }
}

/// What it would change to apply a document.
pub(crate) struct Plan {
    /// What applying it does.
    pub effect: Effect,
    /// What is there now, as YAML; empty if there is nothing.
    pub before: String,
    /// What would be there, as YAML.
    pub after: String,
    loan: Option<Versioned>,
    body: Value,
    path: String,
}

/// Namespaces that documents bring with them: nothing can be tried out in those yet.
#[derive(Debug, Default)]
pub(crate) struct PlannedNamespaces(HashSet<String>);

impl PlannedNamespaces {
    /// The namespaces among these documents.
    pub(crate) fn among(documents: &[Document]) -> Self {
        let namespaces = documents.iter().filter(|one| one.resource.command == "namespace");
        Self(namespaces.map(|one| one.resource.name_of(&one.object)).collect())
    }
}

impl Plan {
    /// The plan for a document.
    pub(crate) fn of(
        context: &Context,
        document: &Document,
        coming: &PlannedNamespaces,
    ) -> Result<Self> {
        document.expect_sendable()?;
        let resource = document.resource;
        let (path, mut body) = (document.address(), document.object.clone());
        let loan = context.get_optional(&path)?;
        if let Some(loan) = &loan {
            complete(resource, &mut body, &loan.object);
        }
        let after = match context.dry_run_put(&path, &body) {
            Err(error)
                if is_missing(&error) && coming.0.contains(&resource.namespace_of(&body)) =>
            {
                body.clone()
            }
            tried => tried?,
        };
        let before = match &loan {
            Some(loan) => comparable(resource, &loan.object)?,
            None => String::new(),
        };
        let after = comparable(resource, &after)?;
        let effect = match &loan {
            None => Effect::Created,
            Some(_) if before == after => Effect::Unchanged,
            Some(_) => Effect::Configured,
        };
        Ok(Self { effect, before, after, loan, body, path })
    }

    /// Carries it out, if the object is still what it was.
    pub(crate) fn carry_out(self, context: &Context) -> Result<()> {
        match (self.effect, self.loan) {
            (Effect::Unchanged, _) => Ok(()),
            (_, Some(mut loan)) => {
                loan.object = self.body;
                context.put_if_unchanged(&loan)
            }
            (_, None) => context.put_new(&self.path, &self.body),
        }
    }
}

/// Fills in what stays as it is, and leaves out what the server would not show.
fn complete(resource: &Resource, body: &mut Value, before: &Value) {
    for (at, follows) in ALL.iter().chain(resource.followed) {
        let says = body.pointer(at).is_some_and(|value| !is_nothing(value));
        match (follows, before.pointer(at)) {
            (Ownership::KeepExisting, Some(kept)) if !says && !is_nothing(kept) => {
                place(body, at, kept.clone());
            }
            (Ownership::ServerManaged, None) => remove(body, at),
            _ => {}
        }
    }
}

/// An object as YAML, without what is the server's.
fn comparable(resource: &Resource, object: &Value) -> Result<String> {
    let mut object = object.clone();
    for (at, _) in
        resource.followed.iter().filter(|(_, follows)| *follows == Ownership::ServerManaged)
    {
        remove(&mut object, at);
    }
    serialize::yaml(&serialize::wrap(resource, &object))
}

fn is_nothing(value: &Value) -> bool {
    [Value::Null, json!(""), json!(0), json!([]), json!({})].contains(value)
}

fn remove(object: &mut Value, at: &str) {
    let Some((parent, name)) = at.rsplit_once('/') else { return };
    if let Some(Value::Object(fields)) = object.pointer_mut(parent) {
        fields.shift_remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource;

    #[test]
    fn what_a_document_leaves_out_stays_if_it_is_not_its_own() {
        let silenced = resource::find("silenced").unwrap();
        let before = json!({"begin": 5, "expire_at": 0, "creator": "admin", "reason": "old"});
        let mut body = json!({"reason": "new", "creator": "bob"});
        complete(silenced, &mut body, &before);
        assert_eq!(body, json!({"reason": "new", "creator": "bob", "begin": 5}));
        let mut body = json!({"begin": 7});
        complete(silenced, &mut body, &before);
        assert_eq!(body, json!({"begin": 7}));
    }

    #[test]
    fn a_password_is_neither_compared_nor_sent_again() {
        let user = resource::find("user").unwrap();
        let mut body = json!({"username": "bob", "password": "P@ssw0rd!"});
        complete(user, &mut body, &json!({"username": "bob"}));
        assert_eq!(body, json!({"username": "bob"}));
    }

    #[test]
    fn what_is_the_servers_makes_no_difference() {
        let event = resource::find("event").unwrap();
        let result = |status: i64, history: Value| {
            let event_of = json!({"check": {"status": status, "history": history}});
            comparable(event, &event_of).unwrap()
        };
        assert_eq!(result(1, json!([])), result(1, json!([{"status": 1}])));
        assert_ne!(result(1, json!([])), result(2, json!([])));
    }
}
