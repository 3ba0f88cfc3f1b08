//! API keys: random, and stored only as a hash (D38).

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use sensu_types::Resource as _;
use sensu_types::api_key::ApiKey;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Account, account};
use crate::error::Error;
use crate::keyspace;
use crate::runtime::context::Context;

/// Generates a key with 122 random bits.
pub(crate) fn generate_api_key() -> String {
    Uuid::new_v4().to_string()
}

/// The name of a key in the store: 32 hexadecimal digits of its SHA-256 hash. Needs no salt, because keys
/// are random.
pub(crate) fn api_key_id(key: &str) -> String {
    let hash: [u8; 32] = Sha256::digest(key.as_bytes()).into();
    let half = hash.first_chunk().copied().unwrap_or_default();
    // Not a UUID: the type formats 16 bytes in hexadecimal.
    Uuid::from_bytes(half).simple().to_string()
}

/// The name of the key in a URL, which contains the name or, as in released Sensu clients, the key.
pub(crate) fn api_key_id_in_url(text: &str) -> String {
    match Uuid::try_parse(text) {
        Ok(_) if text.contains('-') => api_key_id(text),
        _ => text.to_owned(),
    }
}

/// The path of a request for logs: API keys in place of names are replaced by the names.
///
/// Other text that follows `apikeys` may be part of a key, and is masked unless it is a name.
pub(crate) fn without_api_keys(path: &str) -> Cow<'_, str> {
    fn decode(segment: &str) -> Cow<'_, str> {
        percent_decode_str(segment).decode_utf8_lossy()
    }
    // Compared as bytes, and decoded only if there is something to decode, because every request passes here.
    let name = ApiKey::PLURAL;
    let position = match path.contains('%') {
        true => path.split('/').position(|segment| decode(segment).eq_ignore_ascii_case(name)),
        false => path
            .as_bytes()
            .split(|byte| *byte == b'/')
            .position(|segment| segment.eq_ignore_ascii_case(name.as_bytes())),
    };
    let Some(position) = position else { return Cow::Borrowed(path) };
    let rest: Vec<&str> = path.split('/').skip(position + 1).collect();
    let mut masked = path.to_owned();
    masked.truncate(path.len() - rest.iter().map(|segment| segment.len() + 1).sum::<usize>());
    for segment in rest {
        let name = api_key_id_in_url(&decode(segment));
        let is_name = name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        masked.push('/');
        masked.push_str(if is_name || name.is_empty() { &name } else { "***" });
    }
    Cow::Owned(masked)
}

/// The current account of a key's user.
///
/// # Errors
/// [`Error::Unauthenticated`] for an unknown key, or a user that is missing or disabled.
pub(super) async fn account_for(cx: &Context, key: &str) -> Result<Account, Error> {
    let invalid = || Error::Unauthenticated("invalid credentials".into());
    let store = cx.auth.store.as_ref();
    let key = keyspace::key::<ApiKey>("", &api_key_id(key)).ok_or_else(invalid)?;
    let entry = store.get(&key).await?.ok_or_else(invalid)?;
    let known: ApiKey = serde_json::from_slice(&entry.value)
        .map_err(|error| Error::Internal(format!("stored API key: {error}")))?;
    let account = account(store, &known.username).await?;
    account.filter(|account| !account.user.disabled).ok_or_else(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_in_logs_contain_no_api_key() {
        let key = generate_api_key();
        let name = api_key_id(&key);
        for (path, logged) in [
            (format!("/apis/core/v2/apikeys/{key}"), format!("/apis/core/v2/apikeys/{name}")),
            (format!("/apis/core/v2/apikeys/{name}"), format!("/apis/core/v2/apikeys/{name}")),
            (format!("/api/core/v2//apikeys//{key}/"), format!("/api/core/v2//apikeys//{name}/")),
            (
                format!("/apis/core/v2/%61pikeys/{}", key.replace('-', "%2D")),
                format!("/apis/core/v2/%61pikeys/{name}"),
            ),
            (format!("/apis/core/v2/apikeys/x{key}"), "/apis/core/v2/apikeys/***".into()),
            ("/apis/core/v2/apikeys".into(), "/apis/core/v2/apikeys".into()),
            (format!("/apis/core/v2/namespaces/{key}"), format!("/apis/core/v2/namespaces/{key}")),
        ] {
            assert_eq!(without_api_keys(&path), logged, "{path}");
        }
    }
}
