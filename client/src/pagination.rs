//! Lists as streams of items.

use std::future::Future;

use futures::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use progenitor_client::{Error, ResponseValue};

/// Response header with the continue token of the next page.
pub(crate) const CONTINUE_HEADER: &str = "Sensu-Continue";

/// Streams the items of all pages of a list.
///
/// `fetch` gets no token for the first page, and the continue token of the preceding page for the
/// others. A page is requested only when the items before it are consumed.
pub(crate) fn stream_items<T, E, F>(
    fetch: impl Fn(Option<String>) -> F,
) -> impl Stream<Item = Result<T, Error<E>>>
where
    F: Future<Output = Result<ResponseValue<Vec<T>>, Error<E>>>,
{
    stream::try_unfold(NextPage::First, move |next| {
        let page = match next {
            NextPage::First => Some(fetch(None)),
            NextPage::After(token) => Some(fetch(Some(token))),
            NextPage::End => None,
        };
        async move {
            let Some(page) = page else { return Ok::<_, Error<E>>(None) };
            let page = page.await?;
            let token = page.headers().get(CONTINUE_HEADER).and_then(|value| value.to_str().ok());
            let next = token.map_or(NextPage::End, |token| NextPage::After(token.to_owned()));
            Ok(Some((stream::iter(page.into_inner()).map(Ok), next)))
        }
    })
    .try_flatten()
}

enum NextPage {
    First,
    After(String),
    End,
}
