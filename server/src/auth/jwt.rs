//! Access and refresh tokens: HS256 JWTs that carry a user, its groups and a session (D14).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use jsonwebtoken::crypto::sign;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation, decode};
use sensu_store::{CommitError, Operation, Precondition, Store, Txn};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::keyspace;

/// `typ` of an access token, as Sensu has it.
const ACCESS: &str = "JWT";
/// `typ` of a refresh token; explicit typing keeps one from passing for the other.
const REFRESH: &str = "refresh+jwt";

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Claims {
    /// When it expires, in seconds since 1970-01-01 UTC.
    pub(crate) exp: i64,
    /// 32 hex digits: 16 of the session, 16 of this token.
    pub(crate) jti: String,
    /// The user's name.
    pub(crate) sub: String,
    /// The user's groups when the token was made, `system:users` last.
    #[serde(alias = "Groups", default)]
    pub(crate) groups: Vec<String>,
}

impl Claims {
    /// The session's part of the token id.
    pub(crate) fn session(&self) -> &str {
        self.jti.get(..16).unwrap_or_default()
    }
}

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// To call the API.
    Access,
    /// To get the next pair of tokens.
    Refresh,
}

impl Use {
    fn typ(self) -> &'static str {
        match self {
            Self::Access => ACCESS,
            Self::Refresh => REFRESH,
        }
    }
}

/// The token is not one of ours, or of the wrong kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadToken;

/// Signs and verifies tokens with the secret that is kept in the store.
pub(crate) struct Signer {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl Signer {
    /// A signer with the store's secret, which is made here if there is none yet.
    pub(crate) async fn load(store: &dyn Store) -> Result<Self, Error> {
        let key = keyspace::token_secret()?;
        loop {
            if let Some(entry) = store.get(&key).await? {
                return Ok(Self::new(&entry.value));
            }
            let secret: [u8; 32] = rand::random();
            let txn = Txn {
                preconditions: vec![Precondition::Absent(key.clone())],
                operations: vec![Operation::Put {
                    key: key.clone(),
                    value: Bytes::copy_from_slice(&secret),
                    flags: 0,
                    expires_at: None,
                }],
            };
            match store.commit(txn).await {
                // Lost a race: somebody else's secret is the secret.
                Ok(_) | Err(CommitError::Precondition(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn new(secret: &[u8]) -> Self {
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
        }
    }

    /// The signed token.
    pub(crate) fn sign(&self, purpose: Use, claims: &Claims) -> Result<String, Error> {
        let failed = |error: &dyn std::fmt::Display| Error::Internal(error.to_string());
        // The algorithm comes first, as in the tokens of the reference.
        let header = format!(r#"{{"alg":"HS256","typ":"{}"}}"#, purpose.typ());
        let claims = serde_json::to_vec(claims).map_err(|error| failed(&error))?;
        let [header, claims] =
            [header.into_bytes(), claims].map(|part| URL_SAFE_NO_PAD.encode(part));
        let message = format!("{header}.{claims}");
        let signature = sign(message.as_bytes(), &self.encoding, Algorithm::HS256)
            .map_err(|error| failed(&error))?;
        Ok(format!("{message}.{signature}"))
    }

    /// What the token says, if it is ours and of this kind. Whether it has expired is for the caller
    /// to judge.
    pub(crate) fn verify(&self, purpose: Use, token: &str) -> Result<Claims, BadToken> {
        let mut validation = Validation::new(Algorithm::HS256);
        // Expiry is judged by the injected clock, to the second.
        validation.validate_exp = false;
        let data = decode::<Claims>(token, &self.decoding, &validation).map_err(|_| BadToken)?;
        if data.header.typ.as_deref() != Some(purpose.typ()) || data.claims.jti.len() != 32 {
            return Err(BadToken);
        }
        Ok(data.claims)
    }
}

/// The user and password of a Basic credential's encoded part.
pub(super) fn decode_basic(encoded: &str) -> Option<(String, String)> {
    let bytes = STANDARD.decode(encoded.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> Claims {
        Claims {
            exp: 1000,
            jti: "0123456789abcdef0123456789abcdef".into(),
            sub: "admin".into(),
            groups: vec!["cluster-admins".into()],
        }
    }

    #[test]
    fn a_token_is_good_for_one_use() {
        let signer = Signer::new(b"secret");
        let access = signer.sign(Use::Access, &claims()).unwrap();
        let refresh = signer.sign(Use::Refresh, &claims()).unwrap();
        assert_eq!(signer.verify(Use::Access, &access), Ok(claims()));
        assert_eq!(signer.verify(Use::Refresh, &refresh), Ok(claims()));
        assert_eq!(signer.verify(Use::Access, &refresh), Err(BadToken));
        assert_eq!(signer.verify(Use::Refresh, &access), Err(BadToken));
        assert!(access.starts_with("eyJhbGciOiJIUzI1NiIs"), "as documented: {access}");
        let other = Signer::new(b"other");
        assert_eq!(other.verify(Use::Access, &access), Err(BadToken));
    }

    #[test]
    fn the_old_spelling_of_groups_is_read() {
        let old = r#"{"exp":1,"jti":"x","sub":"a","Groups":["g"]}"#;
        assert_eq!(serde_json::from_str::<Claims>(old).unwrap().groups, ["g"]);
    }
}
