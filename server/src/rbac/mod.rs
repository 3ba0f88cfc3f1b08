//! What callers may touch: verbs, the policy that roles and bindings add up to, and the
//! [`Grant`] that is the only way from an operation to the store.

mod policy;
mod seed;

pub(crate) use policy::{AccessRequest, Policies, Verb};
pub use seed::{DEV_PASSWORD, Seeded, admin, dev_users, seed};

/// The RBAC resource of operations on the caller's own user: fetch it, change its password (D20).
pub(crate) const SELF_USER: &str = "localselfuser";
