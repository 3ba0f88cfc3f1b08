//! Version of the server, in the format of Sensu Go.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Versions of the server and its store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Version {
    /// Versions of etcd. This server does not use etcd; the constant values satisfy Sensu's clients.
    pub etcd: EtcdVersion,
    /// Newest Sensu release whose features of this API the server has, and version of the server, separated
    /// by `#`: `6.11.0#sensu-server-0.2.0`. Clients select features by it. The release can be configured.
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
    /// The response of a server with this version, which has the features of a Sensu release.
    #[must_use]
    pub fn of_server(release: &str, version: &str) -> Self {
        // That of the release: Sensu Go 6 uses etcd 3.5, earlier releases 3.3.
        let etcd = if major(release) < 6 { "3.3.0" } else { "3.5.0" };
        Self {
            etcd: EtcdVersion { etcdserver: etcd.into(), etcdcluster: etcd.into() },
            sensu_backend: format!("{release}#sensu-server-{version}"),
        }
    }
}

/// The first number of a release.
fn major(release: &str) -> u32 {
    release.split('.').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// A Sensu release, as the setting that selects it.
///
/// # Errors
/// The reason, for text that is not three numbers: clients cannot compare it.
pub fn parse_release(text: &str) -> Result<String, String> {
    let is_number =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()) && part.parse::<u32>().is_ok();
    match text.split('.').count() == 3 && text.split('.').all(is_number) {
        true => Ok(text.to_owned()),
        false => Err("expected three numbers, such as 6.11.0".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_three_numbers() {
        for valid in ["5.0.0", "6.11.0", "6.11.12"] {
            assert_eq!(parse_release(valid).as_deref(), Ok(valid));
        }
        for invalid in [
            "",
            "6",
            "6.11",
            "6.11.",
            "6.11.0.1",
            "v6.11.0",
            "6.11.0#x",
            "6.+1.0",
            "6.11.99999999999",
        ] {
            assert!(parse_release(invalid).is_err(), "{invalid}");
        }
    }

    #[test]
    fn the_version_of_etcd_is_that_of_the_release() {
        let etcd = |release| Version::of_server(release, "0.1.0").etcd.etcdserver;
        assert_eq!((etcd("5.21.0").as_str(), etcd("6.11.0").as_str()), ("3.3.0", "3.5.0"));
    }
}
