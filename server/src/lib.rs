//! A server for the Sensu Go `core/v2` API.
//!
//! # The way of a request
//!
//! ```text
//! socket -> front.rs        prefix, method, deadline, panics, headers, log line
//!        -> http/<thing>.rs one operation: path, query, body
//!        -> auth/           Caller: who is asking
//!        -> rbac/           Grant: what they may touch
//!        -> registry.rs     prepare, validate, compare, write
//!        -> sensu-store     one transaction; the answer waits until it is on the disk
//!        -> http/response.rs the stored bytes, with their entity tag
//! ```
//!
//! # Architecture
//!
//! **Architecture Invariant:** `sensu-types` does no I/O and knows neither HTTP nor the store. Its
//! dependencies see to that.
//!
//! **Architecture Invariant:** `sensu-store` knows no resource: keys, bytes and revisions only.
//!
//! **Architecture Invariant:** operations reach stored objects only through a `Grant`, and only
//! `Caller` makes one: an operation that forgets to ask who may do it has nothing to work with.
//! What was authorized (namespace and name) is part of the grant, and is what gets written.
//!
//! **Architecture Invariant:** only `http/`, `error.rs`, `front.rs`, `access.rs`, `dev/`, `auth/caller.rs` and this file
//! know Dropshot; only `http/routes.rs` and `front.rs` build endpoints by hand.
//!
//! **Architecture Invariant:** the time comes from the context's `Clock`, never from the machine.
//!
//! **Architecture Invariant:** the published document is derived from what is served, in small
//! steps (`openapi/`); nothing in it is typed by hand twice.

mod auth;
mod catalog;
pub mod cli;
mod error;
mod gateway;
mod http;
pub mod import;
pub mod keyspace;
mod metrics;
mod openapi;
mod query;
pub mod rbac;
mod resources;
mod runtime;
mod testkit;

pub use error::{ApiError, Error};
pub use openapi::{
    document as openapi, document_with as openapi_with, newer as openapi_newer, operations,
    yaml as openapi_yaml,
};
pub use runtime::{Limits, Server, Tls};
