//! Client for the Sensu Go `core/v2` API.
//!
//! [`Client`] has a method for every operation of the OpenAPI document, generated with
//! [progenitor](https://docs.rs/progenitor). This crate adds authentication with token refresh,
//! retries, detection of the API prefix, and lists as streams. [`Client::builder`] configures a client.
//!
//! ```no_run
//! # async fn example() -> Result<(), sensu_client::Error> {
//! use futures::TryStreamExt as _;
//! use sensu_client::Client;
//!
//! let client = Client::log_in("http://127.0.0.1:8080", "admin", "P@ssw0rd!").await?;
//! let mut checks = std::pin::pin!(client.check_list().limit(100).stream());
//! while let Some(check) = checks.try_next().await? {
//!     println!("{check:?}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The programs in `examples/`:
//!
//! | Example | Shows |
//! |---|---|
//! | `quick_start` | typed operations, and a list as a stream |
//! | `credentials` | user name and password, tokens, API keys |
//! | `configuration` | a session shared with `sensuctl`, and a token for `curl` |
//! | `backend` | detection of the API prefix: `/apis`, or `/api` on released Sensu backends |
//! | `trust` | a private CA, timeouts, retries |
//! | `errors` | error handling, with the server's message and code |
//! | `raw` | untyped requests, and untyped lists as streams |
//! | `tracing` | a `tracing` span for each call |
//!
//! With the feature `dev`, the module `dev` controls a server in tests: faults, recorded requests, clock, reset.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[rustfmt::skip]
#[allow(missing_docs, unreachable_pub, unused_imports, clippy::all, clippy::pedantic, clippy::str_to_string, clippy::unwrap_used, clippy::expect_used, clippy::doc_markdown, clippy::too_long_first_doc_paragraph, reason = "generated")]
mod generated;

#[cfg(feature = "dev")]
#[rustfmt::skip]
#[allow(missing_docs, unreachable_pub, unused_imports, clippy::all, clippy::pedantic, clippy::str_to_string, clippy::unwrap_used, clippy::expect_used, clippy::doc_markdown, clippy::too_long_first_doc_paragraph, reason = "generated")]
mod generated_dev;

mod auth;
mod builder;
pub mod config;
#[cfg(feature = "dev")]
pub mod dev;
mod error;
mod error_response;
mod null;
mod observer;
mod pagination;
mod path;
mod prefix;
mod raw;
mod retry;
mod session;
mod tokens;
mod transport;

pub use builder::ClientBuilder;
pub use config::ConfigDir;
pub use error::{Error, ErrorCode, ErrorDetails};
/// Request builders of the operations, returned by the methods of [`Client`].
pub use generated::builder as operations;
pub use generated::{Client, types};
pub use observer::{ObservedResponse, Observer};
pub use path::{CORE_V2, core_path, encode_segment};
pub use prefix::ApiPrefix;
/// Error of a generated operation; converts to [`Error`].
pub use progenitor_client::Error as OperationError;
pub use progenitor_client::{ByteStream, ResponseValue};
pub use raw::{RawRequest, RawResponse};
pub use reqwest::{Method, StatusCode, Version, header};
pub use retry::RetryPolicy;
pub use session::{Clock, Session};
pub use tokens::Tokens;
