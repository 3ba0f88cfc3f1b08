//! Where the database is, and how its identity is proved: a `postgres://` address as libpq reads
//! it.

use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, TargetSessionAttrs};

use super::OpenError;

/// How much the database server must prove of itself, as libpq's `sslmode` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// `disable`, `prefer`, `require`: nothing.
    Nothing,
    /// `verify-ca`: that an authority we trust vouches for it.
    Authority,
    /// `verify-full`: that, and that it has the name we call it by.
    Name,
}

/// An address, taken apart.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) proof: Proof,
    /// `sslrootcert`: a file with the authorities to trust; those of the system without it.
    pub(super) authorities: Option<PathBuf>,
}

impl Address {
    /// Reads `postgres://user:password@host:port/database?sslmode=...`.
    pub(super) fn parse(url: &str, timeout: Duration) -> Result<Self, OpenError> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut proof, mut authorities) = (Proof::Nothing, None);
        let mut rest = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match (&*name, &*value) {
                ("sslrootcert", "system") => proof = Proof::Name,
                ("sslrootcert", file) => authorities = Some(PathBuf::from(file)),
                ("sslmode", "verify-ca" | "verify-full") => {
                    proof = if value == "verify-ca" { Proof::Authority } else { Proof::Name };
                    rest.append_pair("sslmode", "require");
                }
                _ => {
                    rest.append_pair(&name, &value);
                }
            }
        }
        // As libpq: who names authorities and asks for TLS wants them asked.
        let required = query.contains("sslmode=require");
        if authorities.is_some() && proof == Proof::Nothing && required {
            proof = Proof::Authority;
        }
        // The driver wants spaces as %20, not as +.
        let rest = rest.finish().replace('+', "%20");
        let mut config: Config =
            format!("{base}?{rest}").parse().map_err(|error: tokio_postgres::Error| {
                OpenError::Address(super::failure::text(&error))
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
            // Of several hosts, and after a failover, the one that takes writes.
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        Ok(Self { config, proof, authorities })
    }

    /// The address without its secrets, for people.
    pub(super) fn shown(&self) -> String {
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
    fn sslmode_means_what_it_means_to_libpq() {
        for (query, mode, proof) in [
            ("", SslMode::Prefer, Proof::Nothing),
            ("?sslmode=disable", SslMode::Disable, Proof::Nothing),
            ("?sslmode=require", SslMode::Require, Proof::Nothing),
            ("?sslmode=require&sslrootcert=/a%20b", SslMode::Require, Proof::Authority),
            ("?sslmode=verify-ca", SslMode::Require, Proof::Authority),
            ("?sslmode=verify-full", SslMode::Require, Proof::Name),
            ("?sslmode=verify-full&sslrootcert=/a", SslMode::Require, Proof::Name),
        ] {
            let address = parse(&format!("postgres://u:p@db.example:5433/sensu{query}"));
            assert_eq!(address.config.get_ssl_mode(), mode, "{query}");
            assert_eq!(address.proof, proof, "{query}");
            assert_eq!(address.authorities.is_some(), query.contains("sslrootcert"), "{query}");
        }
        let file = parse("postgres://h/d?sslmode=require&sslrootcert=/a%20b").authorities;
        assert_eq!(file, Some(PathBuf::from("/a b")));
    }

    #[test]
    fn what_is_not_understood_is_told_without_the_password() {
        for url in ["postgres://u:geheim@h:port/d", "postgres://u:geheim@h/d?nonsense=geheim2"] {
            let error = Address::parse(url, Duration::from_secs(5)).unwrap_err().to_string();
            assert!(!error.contains("geheim"), "{error}");
        }
    }

    #[test]
    fn of_several_hosts_it_wants_the_one_that_writes() {
        let address = parse("postgres://u:p@one,two:5433/sensu");
        assert_eq!(address.config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        assert_eq!(address.shown(), "sensu on one, two");
        assert!(
            parse("postgres:///sensu?host=/run/postgresql").shown().ends_with("/run/postgresql")
        );
    }
}
