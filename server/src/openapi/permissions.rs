//! The permissions that operations require, for tests.

use super::facts::{Authentication, Operation, published};

/// The permission that a published operation requires of its caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationPermission {
    /// The operation id.
    pub operation: String,
    /// Whether the operation requires credentials: 401 without.
    pub authenticated: bool,
    /// The verb and the RBAC resource that a rule of the caller's roles must allow; `None` if no role is
    /// needed.
    pub rule: Option<(&'static str, &'static str)>,
    /// Whether the rule may come from a role binding in the namespace of the URL; otherwise only cluster role
    /// bindings count.
    pub namespaced: bool,
    /// Whether a caller without the permission gets 403; otherwise the response is limited to what the caller
    /// may see.
    pub deniable: bool,
    /// Whether the same verb on `localselfuser` suffices for the caller's own user.
    pub or_self: bool,
}

/// The permission of every published operation, in the order of operation ids.
pub(crate) fn permissions(operations: &[Operation]) -> Vec<OperationPermission> {
    let permission = |(id, facts): (&str, &super::Facts)| OperationPermission {
        operation: id.to_owned(),
        authenticated: facts.authentication != Authentication::None,
        rule: facts.permission.rule().map(|(verb, resource)| (verb.as_str(), resource)),
        namespaced: facts.is_namespaced(),
        deniable: facts.permission.can_be_denied(),
        or_self: facts.permission.is_granted_to_self(),
    };
    published(operations).into_iter().map(permission).collect()
}
