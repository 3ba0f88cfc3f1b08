//! The contents of check requests: assets and hooks, and token substitution.

mod assets;
mod proxy;
pub mod tokens;

pub use assets::{Attachments, attachments};
pub use proxy::{check_for, entity_view};
