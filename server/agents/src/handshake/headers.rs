//! The headers with which an agent introduces itself.

use std::fmt::{Debug, Formatter};
use std::net::SocketAddr;

use data_encoding::BASE64;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderMap, StatusCode};

use crate::message::Encoding;
use crate::service::Rejection;

/// What an agent sends in the handshake. Only the credentials are to be trusted, after their verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Name of the agent, which is the name of its entity. Not empty.
    pub name: String,
    /// Namespace. Can be empty.
    pub namespace: String,
    /// Name of the user according to the agent. Can be empty; the user is that of the credentials.
    pub user: String,
    /// Subscriptions. Without empty ones.
    pub subscriptions: Vec<String>,
    /// User and password.
    pub credentials: Credentials,
    /// Encoding of the session.
    pub encoding: Encoding,
    /// Address of the agent, or of a proxy.
    pub address: SocketAddr,
    /// Whether the connection is encrypted.
    pub is_tls: bool,
}

/// User and password of an agent. `Debug` hides the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Name of the user.
    pub user: String,
    /// Password.
    pub password: String,
}

impl Debug for Credentials {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Hello {
    pub(super) fn from_headers(
        headers: &HeaderMap,
        address: SocketAddr,
        is_tls: bool,
    ) -> Result<Self, Rejection> {
        let missing = || Rejection::new(StatusCode::UNAUTHORIZED, "missing credentials");
        let credentials = credentials(headers).ok_or_else(missing)?;
        let name = text(headers, "Sensu-AgentName")?;
        if name.is_empty() {
            let message = "missing header Sensu-AgentName";
            return Err(Rejection::new(StatusCode::BAD_REQUEST, message));
        }
        let subscriptions = text(headers, "Sensu-Subscriptions")?;
        let subscriptions = subscriptions.split(',').filter(|name| !name.is_empty());
        Ok(Self {
            name,
            namespace: text(headers, "Sensu-Namespace")?,
            user: text(headers, "Sensu-User")?,
            subscriptions: subscriptions.map(str::to_owned).collect(),
            credentials,
            encoding: encoding(headers),
            address,
            is_tls,
        })
    }
}

/// The first value of a header. Empty if the header is absent.
fn text(headers: &HeaderMap, name: &str) -> Result<String, Rejection> {
    let bytes = headers.get(name).map_or(&b""[..], |value| value.as_bytes());
    let invalid = |_| {
        Rejection::new(StatusCode::BAD_REQUEST, format!("the value of header {name} is not UTF-8"))
    };
    String::from_utf8(bytes.to_vec()).map_err(invalid)
}

fn credentials(headers: &HeaderMap) -> Option<Credentials> {
    let (scheme, encoded) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64.decode(encoded.as_bytes()).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some(Credentials { user: user.to_owned(), password: password.to_owned() })
}

/// Protobuf only if the first `Accept` is exactly that of agents from 5.12 (reference, part 2.3).
fn encoding(headers: &HeaderMap) -> Encoding {
    match headers.get(ACCEPT) {
        Some(value) if value == Encoding::Protobuf.media_type() => Encoding::Protobuf,
        _ => Encoding::Json,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    /// `agent:P@ssw0rd!`
    const BASIC: (&str, &str) = ("authorization", "Basic YWdlbnQ6UEBzc3cwcmQh");

    fn hello(pairs: &[(&str, &str)]) -> Result<Hello, Rejection> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        Hello::from_headers(&headers, ([127, 0, 0, 1], 1).into(), false)
    }

    #[test]
    fn headers_are_matched_in_any_case_and_subscriptions_are_split() {
        let hello = hello(&[
            BASIC,
            ("SENSU-AGENTNAME", "web"),
            ("Sensu-Namespace", "default"),
            ("Sensu-User", "agent"),
            ("sensu-subscriptions", ",linux,, a b ,entity:web,"),
        ]);
        let hello = hello.unwrap();
        assert_eq!((&*hello.name, &*hello.namespace, &*hello.user), ("web", "default", "agent"));
        assert_eq!(hello.subscriptions, ["linux", " a b ", "entity:web"]);
        let Credentials { user, password } = &hello.credentials;
        assert_eq!((&**user, &**password), ("agent", "P@ssw0rd!"));
        assert!(!format!("{hello:?}").contains("ssw0rd"));
    }

    #[test]
    fn a_handshake_without_credentials_or_name_is_rejected() {
        let name = ("sensu-agentname", "web");
        for authorization in
            ["", "Basic", "Basic !", "Bearer YWdlbnQ6UEBzc3cwcmQh", "Basic YWdlbnQ="]
        {
            let error = hello(&[("authorization", authorization), name]).unwrap_err();
            let expected = (StatusCode::UNAUTHORIZED, "missing credentials", 5);
            assert_eq!((error.status, &*error.message, error.code()), expected, "{authorization}");
        }
        assert_eq!(hello(&[name]).unwrap_err().status, StatusCode::UNAUTHORIZED);
        assert_eq!(hello(&[BASIC]).unwrap_err().status, StatusCode::BAD_REQUEST);
        assert_eq!(hello(&[BASIC, name]).unwrap().subscriptions, [""; 0]);
    }

    #[test]
    fn protobuf_needs_the_exact_first_accept_header() {
        let encoding = |accepts: &[&str]| {
            let mut pairs = vec![BASIC, ("sensu-agentname", "web")];
            pairs.extend(accepts.iter().map(|accept| ("accept", *accept)));
            hello(&pairs).unwrap().encoding
        };
        let (protobuf, json) = ("application/octet-stream", "application/json");
        for (accepts, expected) in [
            (&[][..], Encoding::Json),
            (&[protobuf], Encoding::Protobuf),
            (&[protobuf, json], Encoding::Protobuf),
            (&[json, protobuf], Encoding::Json),
            (&[json], Encoding::Json),
            (&["application/octet-stream, application/json"], Encoding::Json),
            (&["Application/Octet-Stream"], Encoding::Json),
        ] {
            assert_eq!(encoding(accepts), expected, "{accepts:?}");
        }
    }
}
