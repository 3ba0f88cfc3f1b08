//! Role-based access control: verbs, and the policy of all roles and bindings.

mod policy;
mod rules;
mod visible;

pub(crate) use policy::{AccessRequest, Policy, PolicyCache, Verb};

/// The RBAC resource of operations on the caller's own user: fetch it, change its password (D20).
pub(crate) const SELF_USER: &str = "localselfuser";
