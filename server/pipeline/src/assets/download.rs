//! Downloads archives.

use std::io::{self, Write as _};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, StatusCode};
use tempfile::NamedTempFile;
use tokio::time::timeout;
use url::Url;

use super::checksum::Checksum;
use super::select::Archive;
use super::{AssetError, Settings};
use crate::outbound::{OutboundPolicy, reason, rejection};

/// Time for a response, and for each part of its body.
const PART: Duration = Duration::from_mins(1);
/// Time for a download.
const TOTAL: Duration = Duration::from_mins(30);

/// Writes an archive to a file, and returns its checksum.
pub(super) async fn fetch(
    settings: &Settings,
    outbound: &OutboundPolicy,
    client: &Client,
    archive: &Archive,
    file: &mut NamedTempFile,
) -> Result<String, AssetError> {
    let url = Url::parse(&archive.url).map_err(AssetError::because("invalid URL"))?;
    let mut target = Target { file, checksum: Checksum::default(), rest: settings.archive };
    outbound.check_url(&url).map_err(|error| AssetError(error.to_string()))?;
    let download = download(client, url, headers(archive)?, &mut target);
    let late = |_| AssetError::new("the download takes too long");
    timeout(TOTAL, download).await.map_err(late)??;
    target.file.flush().map_err(AssetError::because("cannot write the archive"))?;
    Ok(target.checksum.finish())
}

async fn download(
    client: &Client,
    url: Url,
    headers: HeaderMap,
    target: &mut Target<'_>,
) -> Result<(), AssetError> {
    let failed = |error: reqwest::Error| match rejection(&error) {
        Some(rejection) => AssetError(rejection.to_string()),
        None => AssetError(format!("cannot download the archive: {}", reason(error))),
    };
    let late = |_| AssetError::new("cannot download the archive: timed out");
    let request = client.get(url).headers(headers).send();
    let mut response = timeout(PART, request).await.map_err(late)?.map_err(failed)?;
    if response.status() != StatusCode::OK {
        let status = response.status();
        return Err(AssetError(format!("cannot download the archive: HTTP status {status}")));
    }
    while let Some(chunk) = timeout(PART, response.chunk()).await.map_err(late)?.map_err(failed)? {
        target.write(&chunk).map_err(AssetError::because("cannot write the archive"))?;
    }
    Ok(())
}

fn headers(archive: &Archive) -> Result<HeaderMap, AssetError> {
    let mut headers = HeaderMap::new();
    for (name, value) in &archive.headers {
        let invalid = || AssetError(format!("invalid header: {name}"));
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid())?;
        headers.insert(key, HeaderValue::from_str(value).map_err(|_| invalid())?);
    }
    Ok(headers)
}

struct Target<'a> {
    file: &'a mut NamedTempFile,
    checksum: Checksum,
    rest: u64,
}

impl Target<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let rest = u64::try_from(bytes.len()).ok().and_then(|len| self.rest.checked_sub(len));
        self.rest = rest.ok_or_else(|| io::Error::other("larger than the maximum size"))?;
        self.checksum.update(bytes);
        self.file.write_all(bytes)
    }
}
