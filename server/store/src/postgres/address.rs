//! Database URLs (`postgres://`), including `sslmode` and `sslrootcert`, as libpq interprets them.

use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, TargetSessionAttrs};

use super::OpenError;

/// How the certificate of the database server is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verification {
    /// `sslmode=disable`, `prefer` or `require`: not at all.
    None,
    /// `sslmode=verify-ca`: a trusted authority has signed it.
    Authority,
    /// `sslmode=verify-full`: a trusted authority has signed it for the host name of the URL.
    Full,
}

/// A parsed URL.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) verification: Verification,
    /// `sslrootcert`: a file with the trusted authorities; `None` for those of the system.
    pub(super) authorities: Option<PathBuf>,
}

impl Address {
    /// Parses `postgres://user:password@host:port/database?sslmode=...`.
    pub(super) fn parse(url: &str, timeout: Duration) -> Result<Self, OpenError> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut verification, mut authorities) = (Verification::None, None);
        let mut rest = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match (&*name, &*value) {
                ("sslrootcert", "system") => verification = Verification::Full,
                ("sslrootcert", file) => authorities = Some(PathBuf::from(file)),
                ("sslmode", "verify-ca" | "verify-full") => {
                    verification = match &*value {
                        "verify-ca" => Verification::Authority,
                        _ => Verification::Full,
                    };
                    rest.append_pair("sslmode", "require");
                }
                _ => {
                    rest.append_pair(&name, &value);
                }
            }
        }
        // As in libpq: `sslmode=require` with authorities means `verify-ca`.
        let required = query.contains("sslmode=require");
        if authorities.is_some() && verification == Verification::None && required {
            verification = Verification::Authority;
        }
        // The driver decodes %20 but not + as a space.
        let rest = rest.finish().replace('+', "%20");
        let mut config: Config =
            format!("{base}?{rest}").parse().map_err(|error: tokio_postgres::Error| {
                OpenError::Address(super::failure::message(&error))
            })?;
        if config.get_application_name().is_none() {
            config.application_name("sensu-server");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(timeout);
        }
        config.tcp_user_timeout(timeout.saturating_mul(2));
        config.keepalives_idle(timeout.saturating_mul(2)).keepalives_interval(timeout);
        if config.get_target_session_attrs() == TargetSessionAttrs::Any {
            // Connect to the primary, also with several hosts and after a failover.
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        Ok(Self { config, verification, authorities })
    }

    /// The database and hosts without user name and password, for messages.
    pub(super) fn redacted(&self) -> String {
        let hosts = self.config.get_hosts().iter().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.display().to_string(),
        });
        let hosts: Vec<String> = hosts.collect();
        format!("{} on {}", self.config.get_dbname().unwrap_or("the database"), hosts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::SslMode;

    use super::*;

    fn parse(url: &str) -> Address {
        Address::parse(url, Duration::from_secs(5)).unwrap()
    }

    #[test]
    fn sslmode_is_interpreted_as_in_libpq() {
        for (query, mode, verification) in [
            ("", SslMode::Prefer, Verification::None),
            ("?sslmode=disable", SslMode::Disable, Verification::None),
            ("?sslmode=require", SslMode::Require, Verification::None),
            ("?sslmode=require&sslrootcert=/a%20b", SslMode::Require, Verification::Authority),
            ("?sslmode=verify-ca", SslMode::Require, Verification::Authority),
            ("?sslmode=verify-full", SslMode::Require, Verification::Full),
            ("?sslmode=verify-full&sslrootcert=/a", SslMode::Require, Verification::Full),
        ] {
            let address = parse(&format!("postgres://u:p@db.example:5433/sensu{query}"));
            assert_eq!(address.config.get_ssl_mode(), mode, "{query}");
            assert_eq!(address.verification, verification, "{query}");
            assert_eq!(address.authorities.is_some(), query.contains("sslrootcert"), "{query}");
        }
        let file = parse("postgres://h/d?sslmode=require&sslrootcert=/a%20b").authorities;
        assert_eq!(file, Some(PathBuf::from("/a b")));
    }

    #[test]
    fn errors_do_not_contain_the_password() {
        for url in ["postgres://u:secret@h:port/d", "postgres://u:secret@h/d?nonsense=secret2"] {
            let error = Address::parse(url, Duration::from_secs(5)).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn with_several_hosts_the_primary_is_selected() {
        let address = parse("postgres://u:p@one,two:5433/sensu");
        assert_eq!(address.config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        assert_eq!(address.redacted(), "sensu on one, two");
        assert!(
            parse("postgres:///sensu?host=/run/postgresql").redacted().ends_with("/run/postgresql")
        );
    }
}
