//! The contents of check requests: assets and hooks, matching proxy entities, and token substitution.

mod assets;
mod proxy;
pub mod tokens;

pub use assets::{Attachments, attachments, hook_names};
pub use proxy::{Verdict, check_for, entity_view, is_match, matching};
