//! Users: accounts with a password and groups.

use std::sync::LazyLock;

use regress::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::grammar::selector::{Field, fields};
use crate::grammar::{name, schema};
use crate::invalid::Validated as _;
use crate::{ClusterWide, Invalid, ObjectMeta, Resource};

/// An account for password authentication.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct User {
    /// Name of the user: lower-case letters, digits, `_`, `.` and `-`. Default: the name in the URL.
    #[schemars(schema_with = "username")]
    pub username: String,
    /// Password: at least 8 characters and at most 72 bytes. Required to create a user, unless
    /// `password_hash` is set. An update without either keeps the password. Only in requests.
    #[serde(skip_serializing)]
    #[schemars(length(min = 8, max = 72))]
    pub password: String,
    /// Bcrypt hash of the password, with a cost from 4 to 16, as an alternative to `password`. Only in
    /// requests.
    #[serde(skip_serializing)]
    #[schemars(schema_with = "hash_or_none")]
    pub password_hash: String,
    /// Names of the user's groups. Omitted if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Whether the user is disabled. A disabled user cannot authenticate.
    pub disabled: bool,
}

impl std::fmt::Debug for User {
    // Hand-written, so that passwords do not appear in logs.
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
    const NAMES: name::Format = name::USERNAME;
    const HAS_LABELS: bool = false;
    const SINGULAR: &'static str = "user";
    const NAME_POINTERS: &'static [&'static str] = &["/username"];
    const FIELDS: &'static [Field<Self>] = &[
        Field::new("username", |user| fields::text(&user.username)),
        Field::new("disabled", |user| fields::flag(user.disabled)),
        Field::new("groups", |user| fields::list(&user.groups)),
    ];
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
        name::username("username", &self.username).at("/username")?;
        // A password is validated even if it is not used because there is a hash.
        if !self.password.is_empty() {
            validate_password(&self.password)?;
        }
        if self.password_hash.is_empty() { Ok(()) } else { validate_hash(&self.password_hash) }
    }

    fn example(name: &str) -> Value {
        json!({"username": name, "password": "P@ssw0rd!"})
    }
}

/// A new password, or its hash with the current password. Other fields are ignored, but must be strings.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Password {
    /// New password: at least 8 characters and at most 72 bytes. With `password_hash`, the current password.
    /// Required.
    #[schemars(schema_with = "new_password")]
    pub password: String,
    /// Bcrypt hash of the new password, with a cost from 4 to 16: `$2b$10$...`.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(schema_with = "hash_or_none")]
    pub password_hash: String,
}

/// The hash of a new password.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct PasswordHash {
    /// Bcrypt hash of the new password, with a cost from 4 to 16: `$2b$10$...`. Required.
    #[schemars(schema_with = "new_hash")]
    pub password_hash: String,
}

fn username(_: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    schema::name_or_none(name::USERNAME)
}

fn new_password(_: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    let mut schema = schema::text();
    schema.string().min_length = Some(8);
    schema.string().max_length = Some(72);
    schema::mark_required(schema)
}

/// Pattern of bcrypt hashes, in the OpenAPI document and for validation: version; cost; 16 bytes of salt and
/// 23 bytes of hash in 53 characters. The last characters of salt and hash have unused bits, which must be 0.
/// Each step of the cost doubles the work. At 16 authentication takes seconds; more would exceed the time
/// limit of requests.
const HASH: &str =
    r"\$2[aby]\$(0[4-9]|1[0-6])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]";

fn anchored(pattern: &str) -> String {
    format!("^{pattern}$")
}

fn new_hash(_: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    schema::mark_required(schema::pattern(&anchored(HASH)))
}

fn hash_or_none(_: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    schema::pattern(&anchored(&format!("({HASH})?"))).into()
}

impl PasswordHash {
    /// Validates the hash.
    ///
    /// # Errors
    /// [`Invalid`] if it is not a bcrypt hash with a cost from 4 to 16.
    pub fn validate(&self) -> Result<(), Invalid> {
        validate_hash(&self.password_hash)
    }
}

/// Validates a new password: at least 8 characters, as a JSON Schema counts them, and at most 72 bytes,
/// because bcrypt ignores the rest (D18).
///
/// # Errors
/// [`Invalid`] with Sensu Go's message.
pub fn validate_password(password: &str) -> Result<(), Invalid> {
    match (password.chars().count(), password.len()) {
        (0, _) => Err(Invalid::new("password can't be empty").at("/password")),
        (1..8, _) => {
            Err(Invalid::new("password length must be at least 8 characters").at("/password"))
        }
        (_, ..=72) => Ok(()),
        _ => Err(Invalid::new("password length must be at most 72 bytes").at("/password")),
    }
}

fn validate_hash(hash: &str) -> Result<(), Invalid> {
    // If the pattern were invalid, no hash would be valid and tests would fail.
    static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&anchored(HASH)).ok());
    match PATTERN.as_ref().and_then(|pattern| pattern.find(hash)) {
        Some(_) => Ok(()),
        None => {
            let message = "password_hash is not a bcrypt hash with a cost from 4 to 16";
            Err(Invalid::new(message).at("/password_hash"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_at_least_8_characters_and_at_most_72_bytes() {
        assert_eq!(
            validate_password(""),
            Err(Invalid::new("password can't be empty").at("/password"))
        );
        assert!(validate_password("ééééééa").is_err() && validate_password("éééééééa").is_ok());
        assert!(
            validate_password(&"é".repeat(36)).is_ok()
                && validate_password(&"é".repeat(37)).is_err()
        );
        assert!(
            validate_password(&"a".repeat(72)).is_ok()
                && validate_password(&"a".repeat(73)).is_err()
        );
    }

    #[test]
    fn a_password_is_never_written() {
        let user: User =
            serde_json::from_str(r#"{"username":"a","password":"long enough"}"#).unwrap();
        assert_eq!(user.password, "long enough");
        assert_eq!(serde_json::to_string(&user).unwrap(), r#"{"username":"a","disabled":false}"#);
        assert!(!format!("{user:?}").contains("long enough"));
    }
}
