//! Decoding of `null` as an empty list or map, which released Sensu backends send.

use std::collections::HashMap;
use std::hash::Hash;

use bytes::Bytes;
use reqwest::Response;
use serde::{Deserialize, Deserializer};

use crate::error_response::build_response;

/// Decodes a field. The generated types use it for lists and maps.
pub(crate) fn as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Decodes a map whose values may be `null`.
pub(crate) fn values_as_default<'de, D, K, V>(deserializer: D) -> Result<HashMap<K, V>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de> + Eq + Hash,
    V: Default + Deserialize<'de>,
{
    let map: HashMap<K, Option<V>> = as_default(deserializer)?;
    Ok(map.into_iter().map(|(key, value)| (key, value.unwrap_or_default())).collect())
}

/// Replaces the body `null` of a successful response by `[]`. Only lists are `null`.
pub(crate) async fn list_as_empty(response: Response) -> reqwest::Result<Response> {
    // `null`, or `null` and a line feed.
    if !response.status().is_success() || !matches!(response.content_length(), Some(4 | 5)) {
        return Ok(response);
    }
    let (version, status) = (response.version(), response.status());
    let headers = response.headers().clone();
    let body = response.bytes().await?;
    let body = match body.trim_ascii() {
        b"null" => Bytes::from_static(b"[]"),
        _ => body,
    };
    Ok(build_response(version, status, headers, body))
}
