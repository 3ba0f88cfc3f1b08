//! How the server behaves where the document has no words for it.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod api_keys;
mod front;
mod health;
mod hostile;
mod later;
mod manners;
mod pages;
mod races;
mod rights;
mod selectors;
mod sessions;
mod silences;
mod slow;
mod users;
mod watched;
mod wire;
