//! The grammar of values: which texts and numbers are valid, how they are written, and the schemas
//! that say so.

pub mod combination;
pub mod cron;
pub(crate) mod enumeration;
pub mod expression;
pub(crate) mod http_url;
pub mod name;
pub(crate) mod number;
pub mod redaction;
pub(crate) mod schema;
pub mod selector;
