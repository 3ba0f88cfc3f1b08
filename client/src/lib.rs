//! A client for the Sensu Go `core/v2` API.
//!
//! The operations are generated from the server's OpenAPI document; this layer adds what a document
//! cannot say: finding and trusting the server, logging in, keeping the tokens fresh, trying again, and
//! walking through pages. [`Client::builder`] puts a client together.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
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
//! Programs in `examples/` show the rest:
//!
//! | Example | Shows |
//! |---|---|
//! | `quick_start` | typed operations, and a list as a stream |
//! | `credentials` | user and password, tokens, API keys; tokens are renewed ahead of their end, and once for all after a 401 |
//! | `configuration` | a session shared with `sensuctl`, and a token for `curl` |
//! | `backend` | the prefix of the addresses: `/apis`, or `/api` of released Sensu backends |
//! | `trust` | certificates of one's own authority, timeouts, further tries |
//! | `errors` | what can go wrong, with the server's message and code |
//! | `raw` | calls without types, and lists of them |
//! | `tracing` | a span for each call |

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[rustfmt::skip]
#[allow(missing_docs, unreachable_pub, unused_imports, clippy::all, clippy::pedantic, clippy::str_to_string, clippy::unwrap_used, clippy::expect_used, clippy::doc_markdown, clippy::too_long_first_doc_paragraph, reason = "generated")]
mod generated;
pub mod config;
mod connect;
mod error;
mod login;
mod observe;
mod pages;
mod path;
mod prefix;
mod raw;
mod retry;
mod send;
mod session;

pub use connect::ClientBuilder;
pub use error::{ApiError, Code};
pub use generated::{Client, builder, types};
pub use observe::{Observer, Seen};
pub use path::{CORE_V2, core_path};
pub use prefix::Prefix;
pub use progenitor_client::{ByteStream, Error, ResponseValue};
pub use raw::{RawAnswer, RawRequest};
pub use reqwest::{Method, StatusCode, Version, header};
pub use retry::Retries;
pub use session::{Clock, Session, Tokens};
