//! API keys: what programs show instead of a password (D38).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::grammar::selector::Fields;
use crate::grammar::{number, schema};
use crate::{ClusterWide, Invalid, ObjectMeta, Resource, WriteContext};

/// What is known of an API key. The key itself is shown once, when it is created.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
// Not Sensu's `APIKey`: generated Go clients have a type of that name already.
pub struct ApiKey {
    /// Labels and annotations, and the name: 32 hexadecimal digits that follow from the key, but do
    /// not give it away. Set by the server.
    pub metadata: ObjectMeta,
    /// The user whom the key speaks for, with the groups that the user has at the time. Required;
    /// cannot be changed.
    #[schemars(schema_with = "schema::required::<String>")]
    pub username: String,
    /// When the key was made, in seconds since 1970-01-01 UTC. Set by the server.
    #[schemars(schema_with = "schema::read_only::<i64>")]
    pub created_at: i64,
    /// When the key ends, in seconds since 1970-01-01 UTC. Absent when it has no end.
    #[serde(skip_serializing_if = "number::is_zero")]
    #[schemars(range(min = 0))]
    pub expires_at: i64,
}

/// A new API key, and what is known of it.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
// Not `NewApiKey`: in Go that is what makes an `ApiKey`.
#[schemars(rename = "IssuedApiKey")]
pub struct NewApiKey {
    /// What will be shown of the key from now on.
    #[serde(flatten)]
    pub known: ApiKey,
    /// The key, to be sent as `Authorization: Key <key>`. It cannot be read again.
    pub key: String,
}

impl Resource for ApiKey {
    const KIND: &'static str = "APIKey";
    const PLURAL: &'static str = "apikeys";
    const SINGULAR: &'static str = "apikey";
    const NOUN: &'static str = "API key";
    type Scope = ClusterWide;

    fn metadata(&self) -> Option<&ObjectMeta> {
        Some(&self.metadata)
    }

    fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
        Some(&mut self.metadata)
    }

    /// Whom a key speaks for and when it was made do not change.
    fn prepare(&mut self, context: &WriteContext<'_>, previous: Option<&Self>) {
        self.metadata.namespace.clear();
        self.created_at = previous.map_or(context.now, |previous| previous.created_at);
    }

    fn validate(&self) -> Result<(), Invalid> {
        if self.username.is_empty() {
            return Err(Invalid::new("username cannot be empty"));
        }
        if self.expires_at < 0 {
            return Err(Invalid::new("expires_at is before 1970; leave it out for no end"));
        }
        Ok(())
    }

    fn expires_at(&self) -> Option<i64> {
        (self.expires_at > 0).then_some(self.expires_at)
    }

    fn fields(&self) -> Fields<'_> {
        Fields::new().text("username", &self.username)
    }

    fn example(_name: &str) -> Value {
        json!({"username": "admin"})
    }
}
