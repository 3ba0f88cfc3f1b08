//! Users: who may log in, and which groups they belong to.

use std::sync::LazyLock;

use regress::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::grammar::selector::Fields;
use crate::grammar::{name, schema};
use crate::{ClusterWide, Invalid, ObjectMeta, Resource};

/// Somebody who may log in.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct User {
    /// The name to log in with: lower-case letters, digits, `_`, `.` and `-`.
    #[schemars(regex(pattern = r"^[a-z0-9_.-]*$"))]
    pub username: String,
    /// The password: at least 8 characters, and at most 72 bytes. Taken in requests, never shown.
    #[serde(skip_serializing)]
    #[schemars(length(min = 8, max = 72))]
    pub password: String,
    /// A bcrypt hash, of a cost from 4 to 16, to use instead of a password; empty for none. Taken in requests,
    /// never shown.
    #[serde(skip_serializing)]
    #[schemars(schema_with = "hash_or_none")]
    pub password_hash: String,
    /// The groups that the user belongs to, in any text. Absent when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Whether logging in is refused.
    pub disabled: bool,
}

impl std::fmt::Debug for User {
    // Written by hand, so that no password ends up in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User")
            .field("username", &self.username)
            .field("groups", &self.groups)
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}

impl Resource for User {
    const KIND: &'static str = "User";
    const PLURAL: &'static str = "users";
    const SINGULAR: &'static str = "user";
    type Scope = ClusterWide;

    fn metadata(&self) -> Option<&ObjectMeta> {
        None
    }

    fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
        None
    }

    fn name(&self) -> &str {
        &self.username
    }

    fn namespace(&self) -> &'static str {
        ""
    }

    fn fill_identity(&mut self, _namespace: &str, name: &str) {
        if self.username.is_empty() {
            name.clone_into(&mut self.username);
        }
    }

    fn validate(&self) -> Result<(), Invalid> {
        name::username("username", &self.username)?;
        // A password that is not used, because there is a hash, still has to be one.
        if !self.password.is_empty() {
            password(&self.password)?;
        }
        if self.password_hash.is_empty() { Ok(()) } else { hash(&self.password_hash) }
    }

    fn fields(&self) -> Fields<'_> {
        Fields::new()
            .text("username", &self.username)
            .flag("disabled", self.disabled)
            .list("groups", &self.groups)
    }

    fn example(name: &str) -> Value {
        json!({"username": name, "password": "P@ssw0rd!"})
    }
}

/// A new password. Other fields have to hold texts, too, and are dropped.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Password {
    /// The new password: at least 8 characters, and at most 72 bytes.
    #[schemars(schema_with = "new_password")]
    pub password: String,
}

/// A new password, by its hash.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct PasswordHash {
    /// The bcrypt hash of the password, of a cost from 4 to 16: `$2b$10$...`.
    #[schemars(schema_with = "new_hash")]
    pub password_hash: String,
}

fn new_password(_: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    let mut schema = schema::text();
    schema.string().min_length = Some(8);
    schema.string().max_length = Some(72);
    schema::mark_required(schema)
}

/// A bcrypt hash, as the document and [`hash`] have it: the version; the cost, which doubles the work with each
/// step, and 16 takes some seconds, because a log-in has to be answered before its request has taken too long;
/// and in 53 characters 16 bytes of salt and 23 of hash. The last characters of both have bits to spare, which
/// must not be set.
const HASH: &str =
    r"\$2[aby]\$(0[4-9]|1[0-6])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]";

fn exactly(pattern: &str) -> String {
    format!("^{pattern}$")
}

fn new_hash(_: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    schema::mark_required(schema::pattern(&exactly(HASH)))
}

fn hash_or_none(_: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    schema::pattern(&exactly(&format!("({HASH})?"))).into()
}

impl PasswordHash {
    /// Whether it is one.
    ///
    /// # Errors
    /// [`Invalid`] if it is not a bcrypt hash.
    pub fn validate(&self) -> Result<(), Invalid> {
        hash(&self.password_hash)
    }
}

/// Whether a password may be used: at least 8 characters, which is what a schema can say, and at most 72
/// bytes, because bcrypt would ignore whatever comes after them (D18).
///
/// # Errors
/// [`Invalid`] with the reference's message.
pub fn password(password: &str) -> Result<(), Invalid> {
    match (password.chars().count(), password.len()) {
        (0, _) => Err(Invalid::new("password can't be empty")),
        (1..8, _) => Err(Invalid::new("password length must be at least 8 characters")),
        (_, ..=72) => Ok(()),
        _ => Err(Invalid::new("password length must be at most 72 bytes")),
    }
}

/// Whether bcrypt can read it.
fn hash(hash: &str) -> Result<(), Invalid> {
    // A pattern that is none takes nothing, and no test would pass.
    static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&exactly(HASH)).ok());
    match PATTERN.as_ref().and_then(|pattern| pattern.find(hash)) {
        Some(_) => Ok(()),
        None => Err(Invalid::new("password_hash is not a bcrypt hash of a cost from 4 to 16")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_have_8_characters_and_72_bytes() {
        assert_eq!(password(""), Err(Invalid("password can't be empty".into())));
        assert!(password("ééééééa").is_err() && password("éééééééa").is_ok());
        assert!(password(&"é".repeat(36)).is_ok() && password(&"é".repeat(37)).is_err());
        assert!(password(&"a".repeat(72)).is_ok() && password(&"a".repeat(73)).is_err());
    }

    #[test]
    fn a_password_is_read_and_never_written() {
        let user: User =
            serde_json::from_str(r#"{"username":"a","password":"long enough"}"#).unwrap();
        assert_eq!(user.password, "long enough");
        assert_eq!(serde_json::to_string(&user).unwrap(), r#"{"username":"a","disabled":false}"#);
        assert!(!format!("{user:?}").contains("long enough"));
    }
}
