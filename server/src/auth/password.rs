//! bcrypt hashes of passwords, computed on blocking threads, at the same cost for users that do not exist
//! (D17, D18).

use std::sync::OnceLock;

use bcrypt::BcryptError;

use crate::error::Error;

/// Hashes a password whose length the caller has validated.
///
/// # Errors
/// [`Error::Internal`] for a cost that bcrypt does not support.
pub(crate) async fn hash(password: String, cost: u32) -> Result<String, Error> {
    blocking(move || bcrypt::hash(password, cost)).await
}

/// Whether a password matches a hash. Without a hash (no such user) the result is false, after the same
/// time.
///
/// # Errors
/// [`Error::Internal`] for a malformed hash.
pub(super) async fn matches(
    password: String,
    hash: Option<String>,
    cost: u32,
) -> Result<bool, Error> {
    blocking(move || {
        let known = hash.is_some();
        let hash = match hash {
            Some(hash) => hash,
            None => dummy_hash(cost)?,
        };
        // bcrypt ignores what follows the first 72 bytes. Longer passwords are never stored.
        let fits = password.len() <= 72;
        Ok(bcrypt::verify(password, &hash)? && known && fits)
    })
    .await
}

/// A hash of no user's password.
fn dummy_hash(cost: u32) -> Result<String, BcryptError> {
    static DUMMY: OnceLock<String> = OnceLock::new();
    if let Some(hash) = DUMMY.get() {
        return Ok(hash.clone());
    }
    let hash = bcrypt::hash("dummy", cost)?;
    Ok(DUMMY.get_or_init(|| hash).clone())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BcryptError> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::Internal(error.to_string()))?
        .map_err(|error| Error::Internal(error.to_string()))
}

#[cfg(test)]
mod tests {
    use sensu_types::user::PasswordHash;

    use super::*;

    #[tokio::test]
    async fn a_missing_user_has_no_password() {
        for password in ["dummy", "", "long enough"] {
            assert_eq!(matches(password.into(), None, 4).await, Ok(false), "{password}");
        }
        let hash = hash("long enough".into(), 4).await.unwrap();
        assert_eq!(matches("long enough".into(), Some(hash.clone()), 4).await, Ok(true));
        assert_eq!(matches("long enougH".into(), Some(hash), 4).await, Ok(false));
    }

    const CHARACTERS: &str = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    #[test]
    fn bcrypt_reads_every_accepted_hash() {
        let (mut accepted_count, salt, rest) =
            (0, "abcdefghijklmnopqrstu", "uxN3mhXkqsmQbUE1Xj5sYDAj2PpzD");
        for last in CHARACTERS.chars() {
            for hash in [
                format!("$2b$04${salt}{last}u{rest}C"),
                format!("$2y$04${salt}Ou{rest}{last}"),
                format!("$2a$04${salt}e{last}{rest}C"),
            ] {
                let accepted = PasswordHash { password_hash: hash.clone() }.validate().is_ok();
                accepted_count += usize::from(accepted);
                assert!(!accepted || bcrypt::verify("other", &hash).is_ok(), "{hash}");
            }
        }
        assert_eq!(accepted_count, 4 + 16 + 64);
    }
}
