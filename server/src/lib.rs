//! A server for the Sensu Go `core/v2` API.
//!
//! # Path of a request
//!
//! ```text
//! socket -> gateway/           prefix, method, routing, deadline, panics, headers, access log
//!        -> http/<resource>.rs one operation: path, query, body
//!        -> auth/              Caller: the authenticated user
//!        -> rbac/              roles and bindings that apply to the caller
//!        -> resources/         Grant; complete, validate, compare, write
//!        -> sensu-store        one transaction; returns after the data is on disk
//!        -> http/response.rs   the stored bytes with their entity tag
//! ```
//!
//! # Layers
//!
//! From top to bottom; imports point down. [`runtime::context`] is the one exception: Dropshot
//! passes one context to every operation, so every layer may import its type. `cargo xtask tidy
//! --layers` checks this.
//!
//! ```text
//! cli                          arguments, environment, configuration file
//! runtime                      what exists while the process runs
//! gateway                      before an operation
//! http  testkit  import  seed  operations; test kit; files of resources; initial objects
//! openapi                      the published document
//! scheduler                    requests checks from agents when they are due
//! agents  pipeline             the port for agents; filters, mutates and handles stored events
//! resources                    what operations do, without HTTP
//! rbac  auth                   permissions; identity
//! error catalog keyspace query metrics limits
//! connections                  open connections and the bytes that they hold
//! client_address               addresses of clients
//! ```
//!
//! # Invariants
//!
//! **Architecture Invariant:** `sensu-types` does no I/O and knows neither HTTP nor the store;
//! `sensu-store` knows no resource. Crate dependencies enforce both.
//!
//! **Architecture Invariant:** `http` reaches stored objects only through a `Grant`, and only
//! `Caller` creates one: an operation that does not authorize has no access. Namespace and name of
//! the grant are those that were authorized and those that are written.
//!
//! **Architecture Invariant:** time comes from the `Clock` of the context.
//!
//! **Architecture Invariant:** every fact has one source: kinds in `sensu-types` and `catalog`,
//! keys in `keyspace`, operations where they are mounted, errors in `error`. The document is
//! derived from these.

mod agents;
mod auth;
mod catalog;
pub mod cli;
mod client_address;
mod connections;
mod error;
mod gateway;
mod http;
pub mod import;
pub mod keyspace;
mod limits;
mod metrics;
mod openapi;
mod pipeline;
mod query;
mod rbac;
mod resources;
mod runtime;
mod scheduler;
pub mod seed;
mod testkit;

pub use agents::Settings as AgentSettings;
pub use connections::{Limits as ConnectionLimits, Tls};
pub use error::{ApiError, Error};
pub use openapi::{OperationPermission, v3_1 as openapi_v3_1, yaml as openapi_yaml};
pub use pipeline::Settings as PipelineSettings;
pub use runtime::{Limits, Server};

/// The published OpenAPI document: the content of `openapi/sensu-core-v2.json`.
///
/// # Errors
/// If the document cannot be derived: a defect that the tests find.
pub fn openapi() -> anyhow::Result<String> {
    let api = http::api()?;
    openapi::document(&api.description, &api.operations)
}

/// The document with the given examples in place of the recorded ones.
///
/// # Errors
/// As [`openapi()`], and if the examples are not JSON.
pub fn openapi_with(examples: &str) -> anyhow::Result<String> {
    let api = http::api()?;
    openapi::document_with(&api.description, &api.operations, examples)
}

/// The OpenAPI document of the test kit: the content of `openapi/sensu-dev.json`.
///
/// # Errors
/// As [`openapi()`].
pub fn testkit_openapi() -> anyhow::Result<String> {
    testkit::document()
}

/// The table of operations: `openapi/operations.txt`.
///
/// # Errors
/// As [`openapi()`].
pub fn operations() -> anyhow::Result<String> {
    let api = http::api()?;
    openapi::table(&api.description, &api.operations)
}

/// The permission that each published operation requires, in the order of operation ids.
///
/// # Errors
/// If an operation cannot be registered.
pub fn permissions() -> anyhow::Result<Vec<OperationPermission>> {
    Ok(openapi::permissions(&http::api()?.operations))
}
