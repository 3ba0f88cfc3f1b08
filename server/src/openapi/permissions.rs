//! The permission that an operation requires: a sentence of its description, and a list for tests.

use serde_json::Value;

use super::each;
use super::facts::{Authentication, Facts, Operation, Permission, published};

/// Adds the required permission to every description.
pub(super) fn describe(document: &mut Value, operations: &[Operation]) {
    each(document, operations, |operation| {
        let text = operation.value["description"].as_str().unwrap_or_default();
        if let Some(sentence) = sentence(operation.facts) {
            operation.value["description"] = format!("{text}\n\n{sentence}").into();
        }
    });
}

fn sentence(facts: &Facts) -> Option<String> {
    let (verb, resource) = match facts.permission.rule() {
        Some((verb, resource)) => (verb.as_str(), resource),
        None if facts.authentication == Authentication::None => {
            return Some("Requires no credentials.".to_owned());
        }
        None => return None,
    };
    let scope = match facts.is_namespaced() {
        true => " in the namespace",
        false => ", granted by a cluster role binding",
    };
    Some(match facts.permission {
        Permission::Filters(..) => format!(
            "Callers without the permission `{verb}` on `{resource}` get only the {resource} in \
             which a role binding applies to them."
        ),
        Permission::RequiredUnlessSelf(..) => format!(
            "Requires the permission `{verb}` on `{resource}`{scope}. For the caller's own user, \
             `{verb}` on `localselfuser` suffices."
        ),
        _ => format!("Requires the permission `{verb}` on `{resource}`{scope}."),
    })
}

/// The permission that a published operation requires of its caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationPermission {
    /// The operation id.
    pub operation: String,
    /// Whether the operation requires credentials: 401 without.
    pub authenticated: bool,
    /// The verb and the RBAC resource that a rule of the caller's roles must allow; `None` if no
    /// role is needed.
    pub rule: Option<(&'static str, &'static str)>,
    /// Whether the rule may come from a role binding in the namespace of the URL; otherwise only
    /// cluster role bindings count.
    pub namespaced: bool,
    /// Whether a caller without the permission gets 403; otherwise the response is limited to what
    /// the caller may see.
    pub deniable: bool,
    /// Whether the same verb on `localselfuser` suffices for the caller's own user.
    pub or_self: bool,
}

/// The permission of every published operation, in the order of operation ids.
pub(crate) fn permissions(operations: &[Operation]) -> Vec<OperationPermission> {
    let permission = |(id, facts): (&str, &Facts)| OperationPermission {
        operation: id.to_owned(),
        authenticated: facts.authentication != Authentication::None,
        rule: facts.permission.rule().map(|(verb, resource)| (verb.as_str(), resource)),
        namespaced: facts.is_namespaced(),
        deniable: facts.permission.can_be_denied(),
        or_self: facts.permission.is_granted_to_self(),
    };
    published(operations).into_iter().map(permission).collect()
}
