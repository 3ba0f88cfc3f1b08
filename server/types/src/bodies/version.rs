//! Version: what is running, in the shape that Sensu's clients know.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is running.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Version {
    /// Versions of the store. There is no etcd here; clients only want the fields to be there.
    pub etcd: EtcdVersion,
    /// The Sensu release whose API is served, then `#` and the version of this server:
    /// `5.0.0#sensu-server-0.1.0`.
    pub sensu_backend: String,
}

/// Versions of the store. There is no etcd here; clients only want the fields to be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct EtcdVersion {
    /// The version of the store.
    pub etcdserver: String,
    /// The version of the cluster's protocol.
    pub etcdcluster: String,
}

impl Version {
    /// The answer of a server of this version.
    #[must_use]
    pub fn of(server: &str) -> Self {
        Self {
            etcd: EtcdVersion { etcdserver: "3.3.0".into(), etcdcluster: "3.3.0".into() },
            sensu_backend: format!("5.0.0#sensu-server-{server}"),
        }
    }
}
