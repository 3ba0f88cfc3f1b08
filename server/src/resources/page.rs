//! Pages of lists: as many whole items as fit the limits, and a token to go on from (D12, D13).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::{BufMut as _, Bytes, BytesMut};
use sensu_store::{Entry, Key, Prefix, Scan, Store};
use sensu_types::Selection;

use crate::error::Error;

/// Entries asked of the store at once: bounds what is read ahead of the page.
const CHUNK: usize = 256;

/// Which part of a list a caller wants.
#[derive(Clone, Debug)]
pub(crate) struct ListParams {
    /// At most so many items; `usize::MAX` for as many as fit.
    pub(crate) limit: usize,
    /// The token of the page before, as the caller sent it.
    pub(crate) token: Option<String>,
    /// Which of the objects.
    pub(crate) selection: Selection,
}

/// A part of a list, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// A JSON array.
    pub(crate) body: Bytes,
    /// The token to go on from; `None` at the end of the list.
    pub(crate) next: Option<String>,
}

impl Page {
    /// The page of a list that nothing can be in.
    pub(crate) fn empty() -> Self {
        Self { body: Bytes::from_static(b"[]"), next: None }
    }
}

/// Reads one page of the objects below a prefix.
///
/// `show` says how an entry appears, or `None` if it does not. The page ends before the item that
/// would make it larger than `max_bytes`; one item always fits, because none that would not is
/// accepted when written.
///
/// # Errors
/// [`Error::Invalid`] if the token does not belong to this list.
pub(crate) async fn read(
    store: &dyn Store,
    prefix: &Prefix,
    want: &ListParams,
    max_bytes: usize,
    show: impl Fn(&Entry) -> Result<Option<Bytes>, Error>,
) -> Result<Page, Error> {
    let mut after = want.token.as_deref().map(|token| decode(token, prefix)).transpose()?;
    let mut body = BytesMut::from(&b"["[..]);
    let mut items = 0_usize;
    loop {
        let limit = want.limit.saturating_sub(items).saturating_add(1).min(CHUNK);
        let budget = max_bytes.saturating_sub(body.len());
        let scan = Scan { prefix: prefix.clone(), after: after.clone(), limit, max_bytes: budget };
        let entries = store.scan(scan).await?;
        if entries.is_empty() {
            body.put_u8(b']');
            return Ok(Page { body: body.freeze(), next: None });
        }
        for entry in entries {
            if let Some(shown) = show(&entry)? {
                // The comma before the item and the bracket after it count too.
                let full = body.len() + shown.len() + 2 > max_bytes && items > 0;
                if full || items == want.limit {
                    body.put_u8(b']');
                    let next = after.as_ref().map(encode);
                    return Ok(Page { body: body.freeze(), next });
                }
                if items > 0 {
                    body.put_u8(b',');
                }
                body.put(shown);
                items += 1;
            }
            after = Some(entry.key);
        }
    }
}

fn encode(key: &Key) -> String {
    URL_SAFE_NO_PAD.encode(key.as_bytes())
}

fn decode(token: &str, prefix: &Prefix) -> Result<Key, Error> {
    let key = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| Key::from_bytes(&bytes).ok());
    key.filter(|key| prefix.contains(key)).ok_or_else(|| {
        Error::Invalid("the continue token does not belong to this list; start without one".into())
    })
}
