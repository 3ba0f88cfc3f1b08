//! Version of the server, in the format of Sensu Go.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Versions of the server and its store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Version {
    /// Versions of etcd. This server does not use etcd; the constant values satisfy Sensu's clients.
    pub etcd: EtcdVersion,
    /// Sensu release whose API the server implements, and version of the server, separated by `#`:
    /// `5.0.0#sensu-server-0.1.0`.
    pub sensu_backend: String,
}

/// Versions of etcd. This server does not use etcd; the constant values satisfy Sensu's clients.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct EtcdVersion {
    /// Version of the etcd server.
    pub etcdserver: String,
    /// Version of the protocol between the members of the cluster.
    pub etcdcluster: String,
}

impl Version {
    /// The response of a server with this version.
    #[must_use]
    pub fn of_server(version: &str) -> Self {
        Self {
            etcd: EtcdVersion { etcdserver: "3.3.0".into(), etcdcluster: "3.3.0".into() },
            sensu_backend: format!("5.0.0#sensu-server-{version}"),
        }
    }
}
