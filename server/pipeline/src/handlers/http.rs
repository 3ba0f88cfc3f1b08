//! Handlers of type `http`.

use std::collections::BTreeMap;

/// The request of a handler of type `http`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpRequest {
    /// URL, with the scheme `http` or `https`.
    pub url: String,
    /// Method. `POST` if empty.
    pub method: String,
    /// Headers. `Content-Type` is `application/json` unless it is one of them.
    pub headers: BTreeMap<String, String>,
}
