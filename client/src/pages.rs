//! Lists as streams: page after page, as the reader asks for them.

use std::future::Future;

use futures::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use progenitor_client::{Error, ResponseValue};

/// The items of a list, over all of its pages.
///
/// `page` asks for one page: the first without a token, the others with the token of the page
/// before. Nothing is read ahead of what the reader takes, but for the rest of the page.
pub(crate) fn pages<T, E, F>(
    page: impl Fn(Option<String>) -> F,
) -> impl Stream<Item = Result<T, Error<E>>>
where
    F: Future<Output = Result<ResponseValue<Vec<T>>, Error<E>>>,
{
    stream::try_unfold(Next::First, move |next| {
        let request = match next {
            Next::First => Some(page(None)),
            Next::After(token) => Some(page(Some(token))),
            Next::Nothing => None,
        };
        async move {
            let Some(request) = request else { return Ok::<_, Error<E>>(None) };
            let answer = request.await?;
            let token =
                answer.headers().get("Sensu-Continue").and_then(|value| value.to_str().ok());
            let next = token.map_or(Next::Nothing, |token| Next::After(token.to_owned()));
            Ok(Some((stream::iter(answer.into_inner()).map(Ok), next)))
        }
    })
    .try_flatten()
}

enum Next {
    First,
    After(String),
    Nothing,
}
