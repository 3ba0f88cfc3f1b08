//! Tests of the cache with a server on a loopback address.

mod server;

use std::fs;
use std::path::Path;
use std::time::Duration;

use sensu_types::Resource as _;

use super::checksum::Checksum;
use super::unpack::archives::{gzip, tar, zip};
use super::*;
use server::Server;

fn sha512(bytes: &[u8]) -> String {
    let mut checksum = Checksum::default();
    checksum.update(bytes);
    checksum.finish()
}

fn archive(content: &str) -> Vec<u8> {
    gzip(&tar(&[("bin/check", content), ("lib/a.js", "var a")]))
}

fn asset(url: &str, bytes: &[u8]) -> Asset {
    Asset { url: url.into(), sha512: sha512(bytes), ..Asset::fixture("a/b") }
}

fn open(settings: Settings) -> AssetCache {
    let limits = crate::javascript::Limits { time: Duration::from_secs(20), ..Default::default() };
    let deny = vec!["127.0.0.9/32".parse().unwrap()];
    let outbound = OutboundPolicy::new(Vec::new(), deny);
    AssetCache::new(settings, outbound, JavaScript::new(limits), Entity::fixture("server")).unwrap()
}

fn cache(directory: &Path) -> AssetCache {
    open(Settings::new(directory.join("cache")))
}

async fn error(cache: &AssetCache, asset: &Asset) -> String {
    cache.install(asset).await.expect_err("an error").0
}

/// Names in the cache directory.
fn entries(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory.join("cache")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn checksums_are_those_of_sha512() {
    assert!(sha512(b"abc").starts_with("ddaf35a193617abacc417349ae204131"));
    assert_eq!(sha512(b"abc").len(), 128);
}

#[tokio::test]
async fn an_asset_is_downloaded_once() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = archive("x");
    let server = Server::start("127.0.0.1", bytes.clone()).await;
    let headers = [("X-Key".to_owned(), "secret".to_owned())].into();
    let mut asset = Asset { headers, ..asset(&server.url("/a.tar.gz"), &bytes) };
    asset.sha512 = asset.sha512.to_uppercase();
    let cache = cache(directory.path());
    for _ in 0..2 {
        let installed = cache.install(&asset).await.unwrap().unwrap();
        assert_eq!(installed.name(), "a/b");
        assert_eq!(fs::read_to_string(installed.directory().join("bin/check")).unwrap(), "x");
    }
    assert_eq!(server.count(), 1);
    assert!(server.requests()[0].contains("x-key: secret\r\n"));
    assert_eq!(entries(directory.path()), [sha512(&bytes)]);
    let reopened = self::cache(directory.path());
    assert!(reopened.install(&asset).await.unwrap().is_some());
    assert_eq!(server.count(), 1, "installed before the restart");
}

/// E19
#[tokio::test]
async fn failures_have_reasons_and_leave_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = archive("x");
    let server = Server::start("127.0.0.1", bytes.clone()).await;
    let cache = cache(directory.path());
    let wrong = Asset { sha512: "0".repeat(128), ..asset(&server.url("/a"), &bytes) };
    let found = sha512(&bytes);
    let expected = "0".repeat(128);
    assert_eq!(
        error(&cache, &wrong).await,
        format!("the archive has the SHA-512 checksum {found}, the asset specifies {expected}")
    );
    let missing = error(&cache, &asset(&server.url("/404"), &bytes)).await;
    assert_eq!(missing, "cannot download the archive: HTTP status 404 Not Found");
    let outside = tar(&[("../x", "x")]);
    let evil = Server::start("127.0.0.1", outside.clone()).await;
    let refused = error(&cache, &asset(&evil.url("/a"), &outside)).await;
    assert_eq!(refused, "invalid archive: member \"../x\" leads out of the directory");
    let no_checksum = Asset { sha512: "../".repeat(50), ..asset(&server.url("/a"), &bytes) };
    assert!(error(&cache, &no_checksum).await.contains("is not 128 hexadecimal digits"));
    let closed = asset("http://127.0.0.1:1/a", &bytes);
    assert!(error(&cache, &closed).await.starts_with("cannot download the archive: "));
    assert_eq!(entries(directory.path()), [""; 0]);
    // The next use tries again.
    let good = asset(&server.url("/a"), &bytes);
    assert!(cache.install(&good).await.unwrap().is_some());
}

#[tokio::test]
async fn zip_archives_are_installed() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = zip(&[("bin/check", "x")]);
    let server = Server::start("127.0.0.1", bytes.clone()).await;
    let installed = cache(directory.path()).install(&asset(&server.url("/a"), &bytes)).await;
    assert!(installed.unwrap().unwrap().directory().join("bin/check").is_file());
}

#[tokio::test]
async fn forbidden_addresses_are_not_connected() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = archive("x");
    let forbidden = Server::start("127.0.0.9", bytes.clone()).await;
    let server = Server::start("127.0.0.1", bytes.clone()).await;
    let cache = cache(directory.path());
    for url in [
        forbidden.url("/a"),
        server.url(&format!("/redirect/{}", forbidden.url("/a"))),
        "http://169.254.169.254/a".to_owned(),
        server.url("/redirect/http://169.254.169.254/a"),
    ] {
        let error = error(&cache, &asset(&url, &bytes)).await;
        assert!(error.starts_with("outbound connections to "), "{url}: {error}");
    }
    assert_eq!((forbidden.count(), server.count()), (0, 2));
    let redirected = asset(&server.url(&format!("/redirect/{}", server.url("/a"))), &bytes);
    assert!(cache.install(&redirected).await.unwrap().is_some());
}

#[tokio::test]
async fn archives_larger_than_the_limit_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = archive("x");
    let server = Server::start("127.0.0.1", bytes.clone()).await;
    let size = bytes.len() as u64;
    for (archive, is_installed) in [(size - 1, false), (size, true)] {
        let settings = Settings { archive, ..Settings::new(directory.path().join("cache")) };
        let result = open(settings).install(&asset(&server.url("/a"), &bytes)).await;
        assert_eq!(result.is_ok(), is_installed, "{result:?}");
        if let Err(error) = result {
            assert_eq!(error.0, "cannot write the archive: larger than the maximum size");
        }
    }
}

/// E19
#[tokio::test]
async fn damaged_assets_are_installed_again() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = archive("x");
    let server = Server::start("127.0.0.1", bytes.clone()).await;
    let (cache, asset) = (cache(directory.path()), asset(&server.url("/a"), &bytes));
    let damages: [fn(&Path); 4] = [
        |path| fs::remove_dir_all(path.parent().unwrap()).unwrap(),
        |path| fs::remove_file(path.join("bin/check")).unwrap(),
        |path| fs::write(path.join("bin/check"), "longer").unwrap(),
        |path| fs::write(path.parent().unwrap().join("manifest.json"), "{").unwrap(),
    ];
    for (index, damage) in damages.iter().enumerate() {
        let installed = cache.install(&asset).await.unwrap().unwrap();
        let check = installed.directory().join("bin/check");
        assert_eq!((fs::read_to_string(check).unwrap(), server.count()), ("x".into(), index + 1));
        damage(installed.directory());
    }
    assert!(cache.install(&asset).await.unwrap().is_some());
    assert_eq!(server.count(), 5);
    assert_eq!(entries(directory.path()), [sha512(&bytes)]);
}

#[tokio::test]
async fn after_a_restart_checksums_are_compared() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = archive("x");
    let server = Server::start("127.0.0.1", bytes.clone()).await;
    let asset = asset(&server.url("/a"), &bytes);
    let installed = cache(directory.path()).install(&asset).await.unwrap().unwrap();
    let path = installed.directory().join("bin/check");
    // The same size and time as before.
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    fs::write(&path, "y").unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    cache(directory.path()).install(&asset).await.unwrap().unwrap();
    assert_eq!((fs::read_to_string(&path).unwrap(), server.count()), ("x".into(), 2));
}

#[tokio::test]
async fn filters_and_builds_select_an_archive() {
    let directory = tempfile::tempdir().unwrap();
    let (first, second) = (archive("first"), archive("second"));
    let server = Server::start("127.0.0.1", first.clone()).await;
    let other = Server::start("127.0.0.1", second.clone()).await;
    let cache = cache(directory.path());
    let with = |filter: &str| Asset {
        filters: vec!["entity.name == 'server'".into(), filter.into()],
        ..asset(&server.url("/a"), &first)
    };
    assert!(cache.install(&with("false")).await.unwrap().is_none());
    assert!(error(&cache, &with("x.y")).await.starts_with("asset filter \"x.y\": ReferenceError"));
    assert_eq!(server.count(), 0);
    assert!(cache.install(&with("true")).await.unwrap().is_some());
    let build = |url: String, bytes: &[u8], filter: &str| sensu_types::asset::AssetBuild {
        url,
        sha512: sha512(bytes),
        filters: vec![filter.into()],
        ..Default::default()
    };
    let builds = |filters: [&str; 2]| Asset {
        builds: vec![
            build(server.url("/a"), &first, filters[0]),
            build(other.url("/a"), &second, filters[1]),
        ],
        ..Asset::fixture("a/b")
    };
    for (filters, expected) in [
        (["false", "true"], Some("second")),
        (["true", "true"], Some("first")),
        (["false", "false"], None),
    ] {
        let installed = cache.install(&builds(filters)).await.unwrap();
        let read = |asset: InstalledAsset| fs::read_to_string(asset.directory().join("bin/check"));
        let content = installed.map(|asset| read(asset).unwrap());
        assert_eq!(content.as_deref(), expected, "{filters:?}");
    }
}

#[tokio::test]
async fn simultaneous_requests_share_a_download_and_block_no_others() {
    let directory = tempfile::tempdir().unwrap();
    let (slow, fast) = (archive("slow"), archive("fast"));
    let slow_server = Server::start("127.0.0.1", slow.clone()).await;
    let fast_server = Server::start("127.0.0.1", fast.clone()).await;
    let cache = cache(directory.path());
    let slow_asset = asset(&slow_server.url("/held"), &slow);
    let waiting: Vec<_> = (0..5)
        .map(|_| {
            let (cache, asset) = (cache.clone(), slow_asset.clone());
            tokio::spawn(async move { cache.install(&asset).await })
        })
        .collect();
    while slow_server.count() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(cache.install(&asset(&fast_server.url("/a"), &fast)).await.unwrap().is_some());
    assert!(waiting.iter().all(|task| !task.is_finished()));
    slow_server.release();
    for task in waiting {
        assert!(task.await.unwrap().unwrap().is_some());
    }
    assert_eq!(slow_server.count(), 1);
}

#[tokio::test]
async fn assets_not_used_for_the_longest_time_are_removed() {
    let directory = tempfile::tempdir().unwrap();
    let contents: Vec<_> = ["a", "b", "c", "d"].map(|name| name.repeat(100_000)).into();
    let archives: Vec<_> = contents.iter().map(|content| archive(content)).collect();
    let mut assets = Vec::new();
    for bytes in &archives {
        let server = Server::start("127.0.0.1", bytes.clone()).await;
        assets.push(asset(&server.url("/a"), bytes));
    }
    // Space for two.
    let settings = Settings { capacity: 250_000, ..Settings::new(directory.path().join("cache")) };
    let cache = open(settings.clone());
    let has = |number: usize| entries(directory.path()).contains(&assets[number].sha512);
    for number in [0, 1, 0, 2] {
        cache.install(&assets[number]).await.unwrap();
    }
    assert_eq!([0, 1, 2].map(has), [true, false, true]);
    let in_use = cache.install(&assets[0]).await.unwrap();
    cache.install(&assets[2]).await.unwrap();
    cache.install(&assets[3]).await.unwrap();
    assert_eq!([0, 1, 2, 3].map(has), [true, false, false, true], "assets in use stay");
    drop(in_use);
    open(Settings { capacity: 150_000, ..settings });
    assert_eq!(entries(directory.path()), [assets[3].sha512.clone()], "at the start");
}

#[tokio::test]
async fn only_http_urls_are_supported() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = archive("x");
    let file = directory.path().join("a.tar.gz");
    fs::write(&file, &bytes).unwrap();
    let cache = open(Settings::new(directory.path().join("cache")));
    for url in [format!("file://{}", file.display()), "ftp://127.0.0.1/a".to_owned()] {
        let error = error(&cache, &asset(&url, &bytes)).await;
        assert!(error.contains("is not supported"), "{url}: {error}");
    }
}
