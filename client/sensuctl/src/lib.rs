//! `sensuctl`: the command line of the `core/v2` API.
//!
//! # Path of a command
//!
//! ```text
//! arguments -> cli.rs        parses the command line, finds the command, sets the exit code
//!           -> context.rs    settings: flags, environment, configuration directory
//!           -> verbs/        list, info, create, update, delete, set: once for all resource kinds
//!              resource/     descriptors of the kinds, and commands that only one kind has
//!              commands/     commands of the program
//!           -> api.rs        requests
//!           -> output.rs     tables, JSON, manifests, queries
//! ```
//!
//! Objects are JSON values with their keys in the order of the server: fields that this program does
//! not know survive an update.
//!
//! # Layers
//!
//! Modules import from lines below their own only.
//!
//! ```text
//! cli
//! commands
//! plan
//! manifest
//! resource
//! verbs
//! output
//! serialize, table, prompt
//! descriptor
//! column, field
//! api
//! context
//! global_flags, list_options, prefix_cache
//! args, error, output_query, pointer, schema, time, warnings
//! escape
//! ```

mod api;
mod args;
mod cli;
mod column;
mod commands;
mod context;
mod descriptor;
mod error;
mod escape;
mod field;
mod global_flags;
mod list_options;
mod manifest;
mod output;
mod output_query;
mod plan;
mod pointer;
mod prefix_cache;
mod prompt;
mod resource;
mod schema;
mod serialize;
mod table;
mod time;
mod verbs;
mod warnings;

pub use cli::{command, run};
