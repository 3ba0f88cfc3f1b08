//! The vocabulary of the Sensu Go `core/v2` API: one file per resource, with its fields, its
//! rules and its facts.
//!
//! This crate does no I/O and knows neither HTTP nor the store. Doc comments on wire types are
//! copied into the OpenAPI document: they are the API's documentation.

pub mod adhoc;
pub mod api_key;
pub mod asset;
pub mod binding;
mod bound;
pub mod check;
pub mod check_hooks;
mod check_rules;
pub mod cluster;
pub mod cron;
pub mod entity;
pub mod event;
pub mod expression;
pub mod extension;
pub mod filter;
pub mod handler;
pub mod health;
pub mod hook;
pub mod meta;
pub mod mutator;
pub mod name;
pub mod namespace;
pub mod reference;
pub mod resource;
pub mod role;
pub mod scope;
pub mod secret;
pub mod selector;
pub mod silenced;
pub mod subdue;
pub mod threshold;
pub mod tokens;
pub mod user;
pub mod version;

pub use meta::ObjectMeta;
pub use resource::{Invalid, Resource, WriteContext};
pub use scope::{ClusterWide, Namespaced, Scope};
