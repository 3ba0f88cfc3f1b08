//! Pages of lists: as many whole items as fit the limits, and a token for the next page (D12, D13).

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use bytes::{BufMut as _, Bytes, BytesMut};
use sensu_store::{Entry, Key, Prefix, Scan};
use sensu_types::{Resource, Selection};

use crate::error::Error;
use crate::keyspace::render;
use crate::limits::cooperative::YieldBudget;
use crate::runtime::context::Context;

/// Maximum number of entries per scan; bounds what is read beyond the page.
const SCAN_ENTRIES: usize = 256;

/// Parameters of a list.
#[derive(Clone, Debug)]
pub(crate) struct ListParams {
    /// Maximum number of items; `usize::MAX` for no limit but the size of a response.
    pub(crate) limit: usize,
    /// The token of the previous page, unverified.
    pub(crate) token: Option<String>,
    /// Field and label selectors (D35).
    pub(crate) selection: Selection,
    /// Maximum size of a page, in bytes. A single item may be larger.
    pub(crate) max_bytes: usize,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// JSON array of the items.
    pub(crate) body: Bytes,
    /// The token of the next page; `None` at the end of the list.
    pub(crate) next: Option<String>,
}

impl Page {
    pub(super) fn empty() -> Self {
        Self { body: Bytes::from_static(b"[]"), next: None }
    }
}

/// Reads a page of the entries below a prefix for which `is_listed` is true.
///
/// A page has at least one item if there is one; writes reject objects that are larger than a response may
/// be.
///
/// # Errors
/// [`Error::Invalid`] for a malformed token; [`Error`] if the store or `is_listed` fails.
pub(super) async fn read<T: Resource>(
    cx: &Context,
    prefix: &Prefix,
    params: &ListParams,
    is_listed: impl Fn(&Entry) -> Result<bool, Error>,
) -> Result<Page, Error> {
    let max_bytes = params.max_bytes;
    let mut after = params.token.as_deref().map(|token| decode(token, prefix)).transpose()?;
    // The token of the next page names an item of this one. Entries in between, which the caller may not
    // see, are scanned again.
    let mut last_item = None;
    let mut body = BytesMut::from(&b"["[..]);
    let mut items = 0_usize;
    let mut work = YieldBudget::default();
    loop {
        // One entry more than the page holds tells whether there is a next page.
        let limit = params.limit.saturating_sub(items).saturating_add(1).min(SCAN_ENTRIES);
        let budget = max_bytes.saturating_sub(body.len());
        let scan = Scan { prefix: prefix.clone(), after: after.clone(), limit, max_bytes: budget };
        // Bounds the memory of requests that arrive at the same time. Held for one scan only, so that
        // long lists alternate with short ones.
        let _permit = cx.resources.scans.acquire().await;
        let entries = cx.resources.store.scan(scan).await?;
        if entries.is_empty() {
            body.put_u8(b']');
            return Ok(Page { body: body.freeze(), next: None });
        }
        let rules = cx.resources.redaction.of_entries::<T>(cx, &entries).await?;
        for entry in entries {
            work.spend(entry.value.len()).await;
            if is_listed(&entry)?
                && let Some(item) = render::<T>(&entry, rules.keys(&entry), &params.selection)?
            {
                // With the comma before the item and the bracket after it.
                let full = body.len() + item.len() + 2 > max_bytes && items > 0;
                if full || items == params.limit {
                    body.put_u8(b']');
                    return Ok(Page {
                        body: body.freeze(),
                        next: last_item.as_ref().map(|key| encode(key, prefix)),
                    });
                }
                if items > 0 {
                    body.put_u8(b',');
                }
                body.put(item);
                items += 1;
                last_item = Some(entry.key.clone());
            }
            after = Some(entry.key);
        }
    }
}

/// Pattern of tokens in the OpenAPI document.
pub(crate) const TOKEN_PATTERN: &str = "^([A-Za-z0-9_-]{4})*([A-Za-z0-9_-]{2,3})?$";

/// Base64 in URLs. Unused bits of the last character are ignored: a pattern cannot require that they are 0.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));

/// A token is a position in the list: the key of the last item of the page, without the prefix of the list.
/// Every position is valid, because the item may have been deleted since.
fn encode(key: &Key, prefix: &Prefix) -> String {
    BASE64.encode(key.below(prefix))
}

fn decode(token: &str, prefix: &Prefix) -> Result<Key, Error> {
    let position = BASE64.decode(token).map_err(|_| {
        Error::invalid(
            "malformed continue token: send the Sensu-Continue header of a page unchanged",
        )
    })?;
    Ok(Key::position(prefix, &position))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_position_below_the_prefix_of_the_list() {
        let key = Key::new("checks", ["default", "cpu"]).unwrap();
        let prefix = Prefix::new("checks", ["default"]).unwrap();
        let token = encode(&key, &prefix);
        assert_eq!(decode(&token, &prefix).unwrap(), key);
        let other = Prefix::new("hooks", ["default"]).unwrap();
        assert_eq!(decode(&token, &other).unwrap(), Key::new("hooks", ["default", "cpu"]).unwrap());
    }

    proptest::proptest! {
        #[test]
        fn the_pattern_matches_exactly_the_tokens(token in "[AZaz09_\\-+ =]{0,9}") {
            let pattern = regress::Regex::new(TOKEN_PATTERN).expect("a pattern");
            let prefix = Prefix::new("checks", ["default"]).unwrap();
            proptest::prop_assert_eq!(
                pattern.find(&token).is_some(),
                decode(&token, &prefix).is_ok()
            );
        }
    }
}
