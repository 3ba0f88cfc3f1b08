//! bcrypt, off the async threads, and the same cost for users that do not exist (D17, D18).

use std::sync::OnceLock;

use bcrypt::BcryptError;

use crate::error::Error;

/// The hash of a password. The caller has validated its length.
pub(crate) async fn hash(password: String, cost: u32) -> Result<String, Error> {
    blocking(move || bcrypt::hash(password, cost)).await
}

/// Whether the password is the one that was hashed. Without a hash (no such user) it takes as
/// long and says no.
pub(crate) async fn matches(
    password: String,
    hash: Option<String>,
    cost: u32,
) -> Result<bool, Error> {
    blocking(move || {
        let known = hash.is_some();
        let hash = match hash {
            Some(hash) => hash,
            None => nobody(cost)?,
        };
        // bcrypt reads 72 bytes; a longer password was never accepted, so it cannot match.
        let fits = password.len() <= 72;
        Ok(bcrypt::verify(password, &hash)? && known && fits)
    })
    .await
}

/// A hash that belongs to nobody, at the cost of real ones.
fn nobody(cost: u32) -> Result<String, BcryptError> {
    static NOBODY: OnceLock<String> = OnceLock::new();
    if let Some(hash) = NOBODY.get() {
        return Ok(hash.clone());
    }
    let hash = bcrypt::hash("nobody", cost)?;
    Ok(NOBODY.get_or_init(|| hash).clone())
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
    async fn who_is_not_there_has_no_password() {
        for password in ["nobody", "", "long enough"] {
            assert_eq!(matches(password.into(), None, 4).await, Ok(false), "{password}");
        }
        let hash = hash("long enough".into(), 4).await.unwrap();
        assert_eq!(matches("long enough".into(), Some(hash.clone()), 4).await, Ok(true));
        assert_eq!(matches("long enougH".into(), Some(hash), 4).await, Ok(false));
    }

    const CHARACTERS: &str = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    #[test]
    fn what_is_taken_as_a_hash_can_be_read() {
        let (mut taken, salt, rest) = (0, "abcdefghijklmnopqrstu", "uxN3mhXkqsmQbUE1Xj5sYDAj2PpzD");
        for last in CHARACTERS.chars() {
            for hash in [
                format!("$2b$04${salt}{last}u{rest}C"),
                format!("$2y$04${salt}Ou{rest}{last}"),
                format!("$2a$04${salt}e{last}{rest}C"),
            ] {
                let accepted = PasswordHash { password_hash: hash.clone() }.validate().is_ok();
                taken += usize::from(accepted);
                assert!(!accepted || bcrypt::verify("other", &hash).is_ok(), "{hash}");
            }
        }
        assert_eq!(taken, 4 + 16 + 64);
    }
}
