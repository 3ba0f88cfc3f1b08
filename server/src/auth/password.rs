//! bcrypt, off the async threads, and the same cost for users that do not exist (D17, D18).

use std::sync::OnceLock;

use bcrypt::{BcryptError, HashParts};

use crate::error::Error;

/// The hash of a password. The caller has validated its length.
pub(crate) async fn hash(password: String, cost: u32) -> Result<String, Error> {
    blocking(move || bcrypt::hash(password, cost)).await
}

/// Whether a hash that somebody sent is one: only what can be read here can be logged in with.
///
/// # Errors
/// [`Error::Invalid`] with what is wrong.
pub(crate) fn readable(hash: &str) -> Result<(), Error> {
    let bad = |why: String| Error::Invalid(format!("password_hash is not a bcrypt hash: {why}"));
    let parts: HashParts = hash.parse().map_err(|error: BcryptError| bad(error.to_string()))?;
    match parts.get_cost() {
        4..=31 => Ok(()),
        cost => Err(bad(format!("its cost is {cost}, not from 4 to 31"))),
    }
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
}
