//! Decoding of `null` as an empty list or map, which released Sensu backends send.

use std::collections::HashMap;
use std::hash::Hash;

use bytes::Bytes;
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
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
    let may_be_null = match response.content_length() {
        Some(length) => matches!(length, 4 | 5),
        // Chunks. Streams of other types are not buffered.
        None => is_json(&response),
    };
    if !response.status().is_success() || !may_be_null {
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

fn is_json(response: &Response) -> bool {
    let content_type = response.headers().get(CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/json"))
}
