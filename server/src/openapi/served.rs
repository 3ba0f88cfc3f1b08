//! What the server says of itself: the document in its forms, and the docs browser, both out of the
//! binary.
//!
//! Everything is kept packed, because that is how nearly everybody takes it, and is unpacked for the rest.

use std::borrow::Cow;
use std::io::{Read as _, Write as _};
use std::sync::OnceLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::openapi;

/// Scalar's docs browser, packed; see `docs-ui/PROVENANCE.toml`.
const SCALAR: &[u8] = include_bytes!("../../docs-ui/scalar.js.gz");

/// Something to be served, packed with gzip.
pub(crate) struct Document {
    /// The address.
    pub(crate) path: &'static str,
    /// The media type.
    pub(crate) media_type: &'static str,
    /// Names this state of it, without quotes.
    pub(crate) tag: String,
    packed: Cow<'static, [u8]>,
}

impl Document {
    fn new(path: &'static str, media_type: &'static str, text: &str) -> anyhow::Result<Self> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(text.as_bytes())?;
        Ok(Self::packed(path, media_type, packer.finish()?.into()))
    }

    fn packed(path: &'static str, media_type: &'static str, packed: Cow<'static, [u8]>) -> Self {
        let tag =
            Sha256::digest(&packed).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Self { path, media_type, tag, packed }
    }

    /// The packed bytes.
    pub(crate) fn gzip(&self) -> Bytes {
        match &self.packed {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => Bytes::copy_from_slice(bytes),
        }
    }

    /// The bytes.
    ///
    /// # Errors
    /// If they cannot be unpacked: a defect of the build.
    pub(crate) fn plain(&self) -> Result<Bytes, Error> {
        let mut plain = Vec::new();
        GzDecoder::new(&*self.packed)
            .read_to_end(&mut plain)
            .map_err(|error| Error::Internal(format!("{}: {error}", self.path)))?;
        Ok(plain.into())
    }
}

/// The document that is served at an address; `document` derives the OpenAPI document when it is first needed.
///
/// # Errors
/// [`Error::NotFound`] if there is none, [`Error::Internal`] if the documents cannot be derived.
pub(crate) async fn at(
    path: &str,
    document: fn() -> anyhow::Result<String>,
) -> Result<&'static Document, Error> {
    static ALL: OnceLock<Result<Vec<Document>, String>> = OnceLock::new();
    // Deriving and packing takes a moment, once.
    let all = tokio::task::spawn_blocking(move || {
        ALL.get_or_init(|| {
            document().and_then(|json| all(&json)).map_err(|error| format!("{error:#}"))
        })
    });
    let all = all.await.map_err(|error| Error::Internal(error.to_string()))?;
    let all = all.as_ref().map_err(|error| Error::Internal(error.clone()))?;
    all.iter().find(|document| document.path == path).ok_or_else(Error::not_found)
}

fn all(json: &str) -> anyhow::Result<Vec<Document>> {
    Ok(vec![
        Document::new("/openapi.json", "application/json", json)?,
        Document::new("/openapi.yaml", "application/yaml", &openapi::yaml(json)?)?,
        Document::new("/openapi-3.1.json", "application/json", &openapi::newer(json)?)?,
        Document::new(
            "/docs",
            "text/html; charset=utf-8",
            include_str!("../../docs-ui/index.html"),
        )?,
        Document::new("/docs/start.js", SCRIPT, include_str!("../../docs-ui/start.js"))?,
        Document::new("/docs/style.css", "text/css", include_str!("../../docs-ui/style.css"))?,
        Document::packed("/docs/scalar.js", SCRIPT, SCALAR.into()),
        Document::new("/docs/LICENSE-scalar", TEXT, include_str!("../../docs-ui/LICENSE-scalar"))?,
    ])
}

const TEXT: &str = "text/plain; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
