//! The documents that the server serves about itself: the OpenAPI document in its serializations,
//! and the docs browser. All of them are part of the binary.
//!
//! They are prepared once, when the first one is requested. A response holds no copy.

use std::io::{Read as _, Write as _};

use bytes::Bytes;
use data_encoding::HEXLOWER;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use crate::error::Error;
use crate::openapi;

/// Scalar's docs browser, compressed; see `docs-ui/PROVENANCE.toml`.
const SCALAR: &[u8] = include_bytes!("../../docs-ui/scalar.js.gz");

const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css";
const JSON: &str = "application/json";
const YAML: &str = "application/yaml";

/// A served document. Both encodings are in memory once: responses share them.
pub(crate) struct Document {
    path: &'static str,
    pub(crate) media_type: &'static str,
    pub(crate) audience: Audience,
    /// A checksum of the content, in hexadecimal.
    pub(crate) checksum: String,
    /// The content.
    pub(crate) plain: Bytes,
    /// The content, compressed with gzip.
    pub(crate) gzip: Bytes,
}

/// Who reads a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Programs.
    Tools,
    /// A web browser, which gets a content security policy.
    Browser,
}

impl Document {
    fn new(
        path: &'static str,
        media_type: &'static str,
        audience: Audience,
        text: &str,
    ) -> anyhow::Result<Self> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text.as_bytes())?;
        let (plain, gzip) = (text.as_bytes().to_vec().into(), encoder.finish()?.into());
        Ok(Self::encoded(path, media_type, audience, plain, gzip))
    }

    fn compressed(
        path: &'static str,
        media_type: &'static str,
        audience: Audience,
        gzip: &'static [u8],
    ) -> anyhow::Result<Self> {
        let mut plain = Vec::new();
        GzDecoder::new(gzip).read_to_end(&mut plain)?;
        plain.shrink_to_fit();
        Ok(Self::encoded(path, media_type, audience, plain.into(), Bytes::from_static(gzip)))
    }

    fn encoded(
        path: &'static str,
        media_type: &'static str,
        audience: Audience,
        plain: Bytes,
        gzip: Bytes,
    ) -> Self {
        let mut checksum = HEXLOWER.encode(&Sha256::digest(&gzip));
        checksum.truncate(32);
        Self { path, media_type, audience, checksum, plain, gzip }
    }
}

/// The document at a path. `openapi` derives the OpenAPI document when the first document is
/// requested.
///
/// # Errors
/// [`Error::NotFound`] if the path has no document, [`Error::Internal`] if the documents cannot be
/// derived.
pub(crate) async fn document(
    path: &str,
    openapi: fn() -> anyhow::Result<String>,
) -> Result<&'static Document, Error> {
    static ALL: OnceCell<Result<Vec<Document>, String>> = OnceCell::const_new();
    // Deriving and compressing takes a moment, once. Requests that arrive meanwhile wait without a thread.
    let derived = ALL.get_or_init(|| async move {
        let derive = move || openapi().and_then(|json| all(&json));
        match tokio::task::spawn_blocking(derive).await {
            Ok(derived) => derived.map_err(|error| format!("{error:#}")),
            Err(error) => Err(error.to_string()),
        }
    });
    let all = derived.await.as_ref().map_err(|error| Error::Internal(error.clone()))?;
    all.iter().find(|document| document.path == path).ok_or_else(Error::not_found)
}

fn all(json: &str) -> anyhow::Result<Vec<Document>> {
    use Audience::{Browser, Tools};
    let page = include_str!("../../docs-ui/index.html")
        .replace("{version}", env!("CARGO_PKG_VERSION"))
        .replace("{repository}", env!("CARGO_PKG_REPOSITORY"));
    let start = include_str!("../../docs-ui/start.js");
    let style = include_str!("../../docs-ui/style.css");
    let license = include_str!("../../docs-ui/LICENSE-scalar");
    Ok(vec![
        Document::new("/openapi.json", JSON, Tools, json)?,
        Document::new("/openapi.yaml", YAML, Tools, &openapi::yaml(json)?)?,
        Document::new("/openapi-3.1.json", JSON, Tools, &openapi::v3_1(json)?)?,
        Document::new("/docs", HTML, Browser, &page)?,
        Document::new("/docs/start.js", SCRIPT, Browser, start)?,
        Document::new("/docs/style.css", STYLE, Browser, style)?,
        Document::compressed("/docs/scalar.js", SCRIPT, Browser, SCALAR)?,
        Document::new("/docs/LICENSE-scalar", TEXT, Browser, license)?,
    ])
}
