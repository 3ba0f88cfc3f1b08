//! Lists: in pages, or streamed completely to released clients, which do not know pages (D12).
//!
//! A streamed list is a sequence of pages. Each is read when the client has received the previous one, with the
//! authorization of the caller at that time. So a stream holds one page in memory and no snapshot of the store,
//! and an object that exists throughout is in it once, as in a list that is read in pages. If a page cannot be read, the
//! connection is closed: the client sees an incomplete response, and never a shorter list.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use dropshot::{Body, RequestContext};
use futures::{FutureExt as _, TryStreamExt as _, stream};
use http_body_util::StreamBody;
use hyper::body::Frame;
use sensu_types::Resource;
use sync_wrapper::SyncStream;
use tracing::Instrument as _;

use super::ALIAS;
use super::query::{ListQuery, UnreadQuery};
use super::response::ListResponse;
use crate::auth::Caller;
use crate::error::{ApiError, Error, StreamAborted};
use crate::resources::page::{ListParams, Page};
use crate::runtime::context::{Cx, Limits};

/// A page that an operation has to read.
#[derive(Clone)]
pub(super) struct PageRequest {
    /// The caller, whom the operation has to authorize first.
    pub(super) caller: Caller,
    query: Arc<UnreadQuery<ListQuery>>,
    /// Whether the client may expect a complete list.
    is_released_prefix: bool,
    /// The token of the previous page of a stream.
    after: Option<String>,
}

impl PageRequest {
    /// The parameters of the page, of objects of type `T`.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a parameter or a selector is invalid.
    pub(super) fn params<T: Resource>(&self) -> Result<ListParams, Error> {
        let query = self.query.read()?;
        let max_bytes = self.caller.cx().limits.response_bytes;
        if !self.is_complete(&query) {
            return query.params::<T>(max_bytes);
        }
        let params = query.params::<T>(max_bytes.min(Limits::STREAM_PAGE_BYTES))?;
        Ok(ListParams { token: self.after.clone(), ..params })
    }

    /// Whether the response is the complete list.
    fn is_complete(&self, query: &ListQuery) -> bool {
        self.is_released_prefix && !query.is_paged()
    }
}

/// Responds with a page of a list, or with the complete list below the prefix of released clients.
///
/// # Errors
/// As [`Caller::from_request`], and the errors of `read` for the first page.
pub(super) async fn respond<T, R, F>(
    rqctx: &RequestContext<Cx>,
    query: UnreadQuery<ListQuery>,
    read: R,
) -> Result<ListResponse<T>, ApiError>
where
    R: Fn(PageRequest) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Page, Error>> + Send + 'static,
{
    let caller = Caller::from_request(rqctx).await?;
    let below_alias = rqctx.request.uri().path().strip_prefix(ALIAS);
    let is_released_prefix =
        below_alias.is_some_and(|rest| rest.starts_with('/')) && !caller.cx().limits.page_all_lists;
    let query = Arc::new(query);
    let request = PageRequest { caller, query, is_released_prefix, after: None };
    let page = read(request.clone()).await?;
    if page.next.is_none() || !request.is_complete(&request.query.read()?) {
        return Ok(ListResponse::page(page, rqctx));
    }
    let list = CompleteList { request, read, first: Some(page) };
    Ok(ListResponse::streamed(list.into_body()))
}

/// A list that is being streamed.
struct CompleteList<R> {
    /// The request of the next page.
    request: PageRequest,
    read: R,
    first: Option<Page>,
}

impl<R, F> CompleteList<R>
where
    R: Fn(PageRequest) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Page, Error>> + Send + 'static,
{
    fn into_body(self) -> Body {
        let span = tracing::Span::current();
        let parts = stream::try_unfold(self, move |list| list.next().instrument(span.clone()));
        // Boxed bodies have to be `Sync`, which futures are not.
        Body::wrap(StreamBody::new(SyncStream::new(parts.map_ok(Frame::data))))
    }

    /// The next part of the response, and the rest of the list. `None` at its end.
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, StreamAborted> {
        let (page, separator) = match self.first.take() {
            Some(page) => (page, b'['),
            None if self.request.after.is_none() => return Ok(None),
            None => (self.read().await?, b','),
        };
        let part = part(page.body, separator, page.next.is_none());
        self.request.after = page.next;
        Ok(Some((part, self)))
    }

    /// Reads the next page within the deadline of a request.
    async fn read(&self) -> Result<Page, StreamAborted> {
        let caller = &self.request.caller;
        let page = async {
            caller.revalidate().await?;
            (self.read)(self.request.clone()).await
        };
        let page = AssertUnwindSafe(page).catch_unwind();
        let error = match tokio::time::timeout(caller.cx().limits.deadline, page).await {
            Ok(Ok(Ok(page))) => return Ok(page),
            Ok(Ok(Err(error))) => error,
            Ok(Err(panic)) => Error::panicked(panic.as_ref()),
            Err(_) => Error::Unavailable("a page of the list took too long".into()),
        };
        Err(error.into())
    }
}

/// The part of a list that a page contributes: it begins with `separator`, and the last one ends with a bracket.
fn part(page: Bytes, separator: u8, is_last: bool) -> Bytes {
    if page.as_ref() == b"[]" {
        // Only the last page can be empty.
        return Bytes::from_static(b"]");
    }
    let mut part = BytesMut::from(page);
    if let Some(first) = part.first_mut() {
        *first = separator;
    }
    if !is_last {
        part.truncate(part.len().saturating_sub(1));
    }
    part.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_pages_are_one_list() {
        let pages: [&[u8]; 3] = [b"[1,2]", b"[3]", b"[4,5]"];
        let whole: Vec<u8> = pages
            .iter()
            .enumerate()
            .flat_map(|(index, page)| {
                let separator = if index == 0 { b'[' } else { b',' };
                part(Bytes::from_static(page), separator, index == 2)
            })
            .collect();
        assert_eq!(whole, b"[1,2,3,4,5]");
        // The remaining objects were deleted.
        assert_eq!(part(Bytes::from_static(b"[]"), b',', true), "]");
    }
}
