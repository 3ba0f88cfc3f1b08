//! Access and refresh tokens: HS256 JWTs with a user, its groups and a session (D14).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::sign;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation, decode};
use sensu_store::Revision;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// `typ` of access tokens, as in Sensu Go 5.0.0.
const ACCESS: &str = "JWT";
/// `typ` of refresh tokens. Different, so that neither kind is accepted as the other.
const REFRESH: &str = "refresh+jwt";

/// The claims of a token.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Claims {
    /// Expiry, in seconds since 1970-01-01 UTC.
    pub(super) exp: i64,
    /// 32 hexadecimal digits: 16 of the session, 16 of the token.
    pub(super) jti: String,
    /// User name.
    pub(super) sub: String,
    /// Groups of the user when an access token was issued, `system:users` last. For clients: never read from
    /// a token, so that a forged or old token grants nothing (D15).
    #[serde(skip_deserializing, skip_serializing_if = "Vec::is_empty")]
    pub(super) groups: Vec<String>,
}

impl Claims {
    /// The session's part of `jti`.
    pub(super) fn session(&self) -> &str {
        self.jti.get(..16).unwrap_or_default()
    }
}

/// The purpose of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// For operations.
    Access,
    /// For the next pair of tokens.
    Refresh,
}

impl TokenKind {
    fn typ(self) -> &'static str {
        match self {
            Self::Access => ACCESS,
            Self::Refresh => REFRESH,
        }
    }
}

/// Why a token is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InvalidToken {
    /// It is malformed or of the other kind.
    Malformed,
    /// Another secret has signed it.
    Signature,
}

/// Signs and verifies tokens with one secret.
pub(super) struct Signer {
    encoding: EncodingKey,
    decoding: DecodingKey,
    revision: Revision,
}

impl Signer {
    /// A signer with a secret, written by `revision`.
    pub(super) fn new(secret: &[u8], revision: Revision) -> Self {
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            revision,
        }
    }

    /// The transaction that wrote the secret.
    pub(super) fn revision(&self) -> Revision {
        self.revision
    }

    /// Issues a token.
    ///
    /// # Errors
    /// [`Error::Internal`] if the claims cannot be signed.
    pub(super) fn sign(&self, kind: TokenKind, claims: &Claims) -> Result<String, Error> {
        let failed = |error: &dyn std::fmt::Display| Error::Internal(error.to_string());
        // `alg` first, as in the tokens of Sensu Go 5.0.0.
        let header = format!(r#"{{"alg":"HS256","typ":"{}"}}"#, kind.typ());
        let claims = serde_json::to_vec(claims).map_err(|error| failed(&error))?;
        let [header, claims] =
            [header.into_bytes(), claims].map(|part| URL_SAFE_NO_PAD.encode(part));
        let message = format!("{header}.{claims}");
        let signature = sign(message.as_bytes(), &self.encoding, Algorithm::HS256)
            .map_err(|error| failed(&error))?;
        Ok(format!("{message}.{signature}"))
    }

    /// The claims of a token of this kind. Does not check the expiry.
    pub(super) fn verify(&self, kind: TokenKind, token: &str) -> Result<Claims, InvalidToken> {
        let mut validation = Validation::new(Algorithm::HS256);
        // Callers compare the expiry with the injected clock.
        validation.validate_exp = false;
        let data =
            decode::<Claims>(token, &self.decoding, &validation).map_err(|error| {
                match error.kind() {
                    ErrorKind::InvalidSignature => InvalidToken::Signature,
                    _ => InvalidToken::Malformed,
                }
            })?;
        if data.header.typ.as_deref() != Some(kind.typ()) || data.claims.jti.len() != 32 {
            return Err(InvalidToken::Malformed);
        }
        Ok(data.claims)
    }
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
    fn a_token_is_valid_as_its_kind_only() {
        let signer = Signer::new(b"secret", 1);
        let access = signer.sign(TokenKind::Access, &claims()).unwrap();
        let refresh = signer.sign(TokenKind::Refresh, &claims()).unwrap();
        let read = Claims { groups: Vec::new(), ..claims() };
        assert_eq!(signer.verify(TokenKind::Access, &access), Ok(read.clone()));
        assert_eq!(signer.verify(TokenKind::Refresh, &refresh), Ok(read));
        assert_eq!(signer.verify(TokenKind::Access, &refresh), Err(InvalidToken::Malformed));
        assert_eq!(signer.verify(TokenKind::Refresh, &access), Err(InvalidToken::Malformed));
        assert!(access.starts_with("eyJhbGciOiJIUzI1NiIs"), "as documented: {access}");
        let other = Signer::new(b"other", 2);
        assert_eq!(other.verify(TokenKind::Access, &access), Err(InvalidToken::Signature));
        assert_eq!(signer.verify(TokenKind::Access, "a.b.c"), Err(InvalidToken::Malformed));
    }

    #[test]
    fn groups_of_a_token_are_ignored_in_both_spellings() {
        for name in ["groups", "Groups"] {
            let text = format!(r#"{{"exp":1,"jti":"x","sub":"a","{name}":["g"]}}"#);
            assert_eq!(serde_json::from_str::<Claims>(&text).unwrap().groups, [""; 0], "{name}");
        }
    }
}
