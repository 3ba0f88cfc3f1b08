//! What callers may touch: verbs, the policy that roles and bindings add up to, and the
//! [`Grant`] that is the only way from an operation to the store.

mod policy;
mod seed;

pub(crate) use policy::{Ask, Policies, Verb};
pub use seed::{DEV_PASSWORD, Seeded, admin, dev_users, seed};
