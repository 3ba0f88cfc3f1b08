//! `sensuctl`, the command line for the `core/v2` API.
//!
//! # The way of a command
//!
//! ```text
//! arguments -> cli.rs          the tree of commands, and who answers
//!           -> context.rs      settings: flags, environment, configuration directory
//!           -> verbs/          list, info, create, update, delete: once for all resources
//!              resource/       what each resource is called, shows and asks; its irregular commands
//!              commands/       what is about no single resource
//!           -> output.rs       tables, JSON, wrapped JSON, YAML, or what an expression picks
//! ```
//!
//! Objects stay what the server sent: JSON with its keys in their order. Fields that this program
//! does not know survive an update.

mod api;
mod cli;
mod column;
mod commands;
mod context;
mod error;
mod field;
mod global_flags;
mod manifest;
mod output;
mod output_query;
mod plan;
mod prefix_cache;
mod prompt;
mod resource;
mod schema;
mod serialize;
mod table;
mod time;
mod verbs;

pub use cli::{command, run};
