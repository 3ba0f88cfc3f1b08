//! Request and response bodies that are not resources.

pub mod adhoc;
pub mod cluster;
pub mod health;
pub mod outcomes;
pub mod tokens;
pub mod version;
