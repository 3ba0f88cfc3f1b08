//! API keys: credentials for programs (D38).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::grammar::selector::{Field, fields};
use crate::grammar::{name, number, schema};
use crate::{ClusterWide, Invalid, ObjectMeta, Resource, WriteContext};

/// An API key, without the key itself, which only the response to its creation contains.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
// Not `APIKey`, as in Sensu: generated Go clients already have a type with this name.
pub struct ApiKey {
    /// Name, labels and annotations. The server sets the name to 32 hexadecimal digits of a hash of the
    /// key.
    pub metadata: ObjectMeta,
    /// User that requests with the key are authenticated as, with the user's current groups. Required.
    /// Cannot be changed.
    #[schemars(schema_with = "schema::required::<String>")]
    pub username: String,
    /// Creation time, in seconds since 1970-01-01 UTC. Set by the server; ignored in requests.
    #[schemars(schema_with = "schema::read_only::<i64>")]
    pub created_at: i64,
    /// Expiration time, in seconds since 1970-01-01 UTC. Default: 0, the key does not expire. Omitted if 0.
    #[serde(skip_serializing_if = "number::is_zero")]
    #[schemars(range(min = 0))]
    pub expires_at: i64,
}

/// A new API key, with the key itself.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
// Not `NewApiKey`: Go constructors of `ApiKey` have this name.
#[schemars(rename = "IssuedApiKey")]
pub struct NewApiKey {
    /// The API key as later responses contain it.
    #[serde(flatten)]
    pub known: ApiKey,
    /// The key, for the header `Authorization: Key <key>`. It cannot be read again.
    pub key: String,
}

impl Resource for ApiKey {
    const KIND: &'static str = "APIKey";
    const PLURAL: &'static str = "apikeys";
    const NAME_IS_COMPUTED: bool = true;
    const NAMES: name::Format = name::Format {
        description: "32 hexadecimal digits, computed from the key",
        expression: "[0-9a-f]{32}",
    };
    const SINGULAR: &'static str = "apikey";
    const NOUN: &'static str = "API key";
    const FIELDS: &'static [Field<Self>] =
        &[Field::new("username", |key| fields::text(&key.username))];
    type Scope = ClusterWide;

    fn metadata(&self) -> Option<&ObjectMeta> {
        Some(&self.metadata)
    }

    fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
        Some(&mut self.metadata)
    }

    fn prepare(&mut self, context: &WriteContext<'_>, previous: Option<&Self>) {
        self.metadata.namespace.clear();
        self.created_at = previous.map_or(context.now, |previous| previous.created_at);
    }

    fn validate(&self) -> Result<(), Invalid> {
        if self.username.is_empty() {
            return Err(Invalid::new("username cannot be empty").at("/username"));
        }
        if self.expires_at < 0 {
            let message = "expires_at must not be negative; omit it for a key that does not expire";
            return Err(Invalid::new(message).at("/expires_at"));
        }
        Ok(())
    }

    fn expires_at(&self) -> Option<i64> {
        (self.expires_at > 0).then_some(self.expires_at)
    }

    fn example(_name: &str) -> Value {
        json!({"username": "admin"})
    }
}
