//! `sensuctl` as users run it: the program, against a server.
//!
//! `UPDATE_EXPECT=1 cargo test -p sensuctl` rewrites the golden files, also for a new resource kind.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that cannot continue has failed"
)]

mod api_command;
mod api_overview;
mod apply;
mod calls;
mod command_tree;
mod configuration;
mod dump_for;
mod groups;
mod help_examples;
mod interactive;
mod lists;
mod manifests;
mod messages;
mod output_query;
mod prompts;
mod released_backend;
mod sessions;
mod support;
mod terminal_output;
mod tls;
