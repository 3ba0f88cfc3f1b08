//! API keys: made here, kept as their hashes, and told from one another by those (D38).

use sensu_types::api_key::ApiKey;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Account, account};
use crate::error::Error;
use crate::keyspace;
use crate::runtime::context::Context;

/// A new key that nobody can guess.
pub(crate) fn mint() -> String {
    Uuid::new_v4().to_string()
}

/// The name that a key is kept under. A key has 122 random bits, so its hash needs no salt.
pub(crate) fn name_of(key: &str) -> String {
    let whole: [u8; 32] = Sha256::digest(key.as_bytes()).into();
    let half = whole.first_chunk().copied().unwrap_or_default();
    // Not a UUID, but a maintained way to write 16 bytes as 32 hexadecimal digits.
    Uuid::from_bytes(half).simple().to_string()
}

/// The name that a URL means: a name, or the key itself, which is what clients of Sensu know.
pub(crate) fn name_in_url(text: &str) -> String {
    match Uuid::try_parse(text) {
        Ok(_) if text.contains('-') => name_of(text),
        _ => text.to_owned(),
    }
}

/// The account that a key speaks for, as it is now.
///
/// # Errors
/// [`Error::Unauthenticated`] if there is no such key, or nobody whom it could speak for.
pub(crate) async fn holder(cx: &Context, key: &str) -> Result<Account, Error> {
    let bad = || Error::Unauthenticated("invalid credentials".into());
    let key = keyspace::key::<ApiKey>("", &name_of(key)).ok_or_else(bad)?;
    let entry = cx.store.get(&key).await?.ok_or_else(bad)?;
    let known: ApiKey = serde_json::from_slice(&entry.value)
        .map_err(|error| Error::Internal(format!("stored API key: {error}")))?;
    let account = account(cx.store.as_ref(), &known.username).await?;
    account.filter(|account| !account.user.disabled).ok_or_else(bad)
}
