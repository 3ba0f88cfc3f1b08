//! Behavior that the OpenAPI document cannot express.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot continue has failed"
)]

mod api_keys;
mod check_hooks;
mod complete_lists;
mod concurrency;
mod connections;
mod dev_password;
mod events;
mod expressions;
mod health;
mod import;
mod later_releases;
mod lifecycle;
mod logins;
mod malformed_input;
mod migration;
mod newer_fields;
mod own_password;
mod pages;
mod process;
mod raw_http;
mod rbac;
mod redaction;
mod routing;
mod selectors;
mod session_renewal;
mod sessions;
mod silenced;
mod slow_clients;
mod token_secret;
mod unfinished_heads;
mod users;
mod verbs;
mod write_options;
