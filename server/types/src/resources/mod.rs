//! The resources: one module per kind, or per pair of kinds that differ only in scope.

pub mod api_key;
pub mod asset;
pub mod binding;
pub mod check;
pub mod combinations;
pub mod entity;
pub mod event;
pub mod extension;
pub mod filter;
pub mod handler;
pub mod hook;
pub mod mutator;
pub mod namespace;
pub mod pipeline;
pub mod role;
pub mod silenced;
pub mod tessen;
pub mod user;

#[cfg(test)]
mod tests;
