//! `sensuctl` as people run it: the program, against a server.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod apply;
mod calls;
mod configuration;
mod documents;
mod lists;
mod messages;
mod overview;
mod picks;
mod program;
mod proxy;
mod questions;
mod raw;
mod screen;
mod sessions;
mod surface;
mod terminal;
mod tls;
mod transcript;
