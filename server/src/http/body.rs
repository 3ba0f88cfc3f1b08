//! Request bodies: JSON, limited in size and time, and read after the caller has been authorized.

use std::marker::PhantomData;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use dropshot::{
    ApiEndpointBodyContentType, Body, ExclusiveExtractor, ExtensionMode, ExtractorMetadata,
    HttpError, RequestContext, ServerContext, TypedBody,
};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, EXPECT};
use http::request::Parts;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::Request;
use hyper::body::Body as _;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::error::{Error, side_channel};
use crate::resources::write_options::WriteOptions;
use crate::runtime::context::Context;

/// A request body with a `T`, not read yet.
pub(crate) struct UnreadBody<T> {
    request: Request<Body>,
    /// Maximum size in bytes, if it is lower than that of all requests.
    limit: usize,
    kind: PhantomData<fn() -> T>,
}

#[async_trait]
impl<T: DeserializeOwned + JsonSchema + Send + Sync + 'static> ExclusiveExtractor
    for UnreadBody<T>
{
    async fn from_request<C: ServerContext>(
        _rqctx: &RequestContext<C>,
        request: Request<Body>,
    ) -> Result<Self, HttpError> {
        Ok(Self { request, limit: usize::MAX, kind: PhantomData })
    }

    fn metadata(body: ApiEndpointBodyContentType) -> ExtractorMetadata {
        <TypedBody<T> as ExclusiveExtractor>::metadata(body)
    }
}

impl<T: DeserializeOwned> UnreadBody<T> {
    /// The body with a lower maximum size, in bytes.
    pub(crate) fn with_limit(self, limit: usize) -> Self {
        Self { limit, ..self }
    }

    /// Reads the body.
    ///
    /// # Errors
    /// [`Error::UnsupportedMediaType`], [`Error::TooLarge`], [`Error::TooSlow`], or
    /// [`Error::Invalid`] with the position of the error (D5, D11).
    pub(crate) async fn read(self, cx: &Context, options: WriteOptions) -> Result<T, Error> {
        self.read_as(cx, options).await
    }

    /// Reads the body as another type, for bodies that are decoded more strictly than their schema
    /// says.
    pub(crate) async fn read_as<U: DeserializeOwned>(
        self,
        cx: &Context,
        options: WriteOptions,
    ) -> Result<U, Error> {
        let bytes = self.bytes(cx).await?;
        let decoded = sensu_decode::from_slice(&bytes)?;
        options.reject_or_warn(decoded.unknown)?;
        Ok(decoded.value)
    }

    async fn bytes(self, cx: &Context) -> Result<Bytes, Error> {
        let (parts, body) = self.request.into_parts();
        let media_type = parts.headers.get(CONTENT_TYPE).map(|value| value.as_bytes());
        json_or_nothing(media_type.unwrap_or_default())?;
        collect(&parts, body, cx, self.limit).await
    }
}

/// A form in the body, for operations that accept it in place of the query string.
pub(crate) struct Form(Request<Body>);

#[async_trait]
impl ExclusiveExtractor for Form {
    async fn from_request<C: ServerContext>(
        _rqctx: &RequestContext<C>,
        request: Request<Body>,
    ) -> Result<Self, HttpError> {
        Ok(Self(request))
    }

    fn metadata(_body: ApiEndpointBodyContentType) -> ExtractorMetadata {
        // Only the query string is documented.
        ExtractorMetadata { extension_mode: ExtensionMode::None, parameters: Vec::new() }
    }
}

impl Form {
    /// The first field with this name. `None` if the body is not a form.
    pub(crate) async fn field(self, cx: &Context, name: &str) -> Result<Option<String>, Error> {
        let (parts, body) = self.0.into_parts();
        let media_type = parts.headers.get(CONTENT_TYPE).map(|value| value.as_bytes());
        if !media_type.unwrap_or_default().starts_with(b"application/x-www-form-urlencoded") {
            return Ok(None);
        }
        let bytes = collect(&parts, body, cx, usize::MAX).await?;
        let mut fields = form_urlencoded::parse(&bytes);
        Ok(fields.find(|(field, _)| field == name).map(|(_, value)| value.into_owned()))
    }
}

/// Reads the whole body, limited in size and time.
async fn collect(
    parts: &Parts,
    mut body: Body,
    cx: &Context,
    limit: usize,
) -> Result<Bytes, Error> {
    not_encoded(parts)?;
    let limit = limit.min(cx.limits.request_bytes);
    // A client that waits for 100 Continue is rejected at once. Other bodies are read up to the
    // limit, because most clients read the response only after they have sent the body.
    let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if declared > limit && parts.headers.contains_key(EXPECT) {
        return Err(Error::body_too_large(limit));
    }
    let whole = async {
        let whole = buffered(&mut body, limit, cx).await;
        if matches!(whole, Err(Error::TooLarge(_))) {
            // A body beyond a lower limit is read up to the usual limit, for the same reason.
            discard(&mut body, cx.limits.request_bytes - limit).await;
        }
        whole
    };
    let read = tokio::time::timeout(cx.limits.body_deadline(), whole).await;
    read.unwrap_or(Err(Error::TooSlow))
}

/// Reads up to `bytes` more of a body, and drops them.
async fn discard(body: &mut Body, bytes: usize) {
    let mut left = bytes;
    while left > 0
        && let Some(Ok(frame)) = body.frame().await
    {
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
    }
}

/// Reads the whole body into memory, of which all requests together may use a part only.
async fn buffered(body: &mut Body, limit: usize, cx: &Context) -> Result<Bytes, Error> {
    let mut charge = cx.connections.requests.open();
    let mut body = Limited::new(body, limit);
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| match error.is::<LengthLimitError>() {
            true => Error::body_too_large(limit),
            false => Error::invalid("the request body ended early"),
        })?;
        let Ok(data) = frame.into_data() else { continue };
        if !charge.try_extend(data.len()) {
            return Err(Error::Unavailable("too many request bodies are in progress".into()));
        }
        whole.extend_from_slice(&data);
    }
    side_channel::hold_body(charge);
    Ok(whole.freeze())
}

/// Rejects compressed bodies.
fn not_encoded(parts: &Parts) -> Result<(), Error> {
    for encoding in parts.headers.get_all(CONTENT_ENCODING) {
        if !encoding.as_bytes().eq_ignore_ascii_case(b"identity") {
            return Err(Error::unsupported_encoding(&String::from_utf8_lossy(encoding.as_bytes())));
        }
    }
    Ok(())
}

/// Accepts JSON, `+json` types, and no type at all (D5).
fn json_or_nothing(media_type: &[u8]) -> Result<(), Error> {
    let text = String::from_utf8_lossy(media_type).to_ascii_lowercase();
    let essence = text.split(';').next().unwrap_or_default().trim();
    if essence.is_empty() || essence == "application/json" || essence.ends_with("+json") {
        return Ok(());
    }
    Err(Error::unsupported_media_type(essence))
}
