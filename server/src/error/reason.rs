//! The reason of an error: a message for people, and what it is about for programs.

use std::fmt::{Display, Formatter};

use sensu_types::Invalid;

/// Why a request failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason {
    /// The message.
    pub message: String,
    /// The RBAC resource of the object that does not exist, or already exists.
    pub resource: Option<&'static str>,
    /// The name of that object.
    pub name: Option<String>,
    /// JSON pointer to the invalid value in the request body.
    pub field: Option<String>,
}

impl Reason {
    /// The reason of an error about an object.
    pub(super) fn about(message: String, resource: &'static str, name: &str) -> Self {
        Self { message, resource: Some(resource), name: Some(name.to_owned()), field: None }
    }
}

impl From<String> for Reason {
    fn from(message: String) -> Self {
        Self { message, ..Self::default() }
    }
}

impl From<&str> for Reason {
    fn from(message: &str) -> Self {
        message.to_owned().into()
    }
}

impl From<Invalid> for Reason {
    fn from(why: Invalid) -> Self {
        Self { message: why.message, field: why.field, ..Self::default() }
    }
}

impl Display for Reason {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}
