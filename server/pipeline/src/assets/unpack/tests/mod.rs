//! Tests with archives that are valid, and with archives that are made to do harm.

pub(in crate::assets) mod archives;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;

use super::*;
use archives::{gzip, tar, tar_link, zip};

const LIMITS: Limits = Limits { size: 1 << 20, members: 50 };

fn unpack_with(archive: &[u8], limits: Limits) -> Result<TempDir, String> {
    let directory = tempfile::tempdir().unwrap();
    let (file, content) = (directory.path().join("archive"), directory.path().join("content"));
    fs::write(&file, archive).unwrap();
    fs::create_dir(&content).unwrap();
    unpack(&file, &content, limits).map_err(|error| error.to_string())?;
    Ok(directory)
}

fn error(archive: &[u8]) -> String {
    unpack_with(archive, LIMITS).expect_err("an invalid archive")
}

fn read(directory: &TempDir, path: &str) -> String {
    fs::read_to_string(directory.path().join("content").join(path)).unwrap()
}

#[test]
fn tar_gzip_and_zip_archives_are_unpacked() {
    let members = [("bin/check", "#!/bin/sh\n"), ("./lib/a.js", "var a"), ("deep/er/x", "")];
    for archive in [tar(&members), gzip(&tar(&members)), zip(&members)] {
        let directory = unpack_with(&archive, LIMITS).unwrap();
        assert_eq!(read(&directory, "bin/check"), "#!/bin/sh\n");
        assert_eq!(read(&directory, "lib/a.js"), "var a");
        assert_eq!(read(&directory, "deep/er/x"), "");
        let path = directory.path().join("content/bin/check");
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o7777, 0o755);
    }
}

#[test]
fn long_names_and_links_within_the_archive_are_unpacked() {
    let long = format!("{}/{}", "d".repeat(150), "f".repeat(150));
    let archive = tar_link(&[(&long, "x"), ("bin/a", "y")], 's', "lib/link", "../bin/a");
    let directory = unpack_with(&archive, LIMITS).unwrap();
    assert_eq!((read(&directory, &long), read(&directory, "lib/link")), ("x".into(), "y".into()));
    let archive = tar_link(&[("bin/a", "y")], 'h', "bin/b", "bin/a");
    assert_eq!(read(&unpack_with(&archive, LIMITS).unwrap(), "bin/b"), "y");
}

/// E19
#[test]
fn members_outside_of_the_directory_are_refused() {
    for path in ["../x", "a/../../x", "/tmp/x", "..", "a/..", "/"] {
        for archive in [tar(&[(path, "x")]), zip(&[(path, "x")])] {
            let error = error(&archive);
            assert!(error.contains("leads out of the directory"), "{path}: {error}");
        }
    }
}

#[test]
fn links_out_of_the_directory_are_refused() {
    for target in
        ["../..", "../../archive", "/etc/passwd", "/", "missing", "bin/../../../x", "link"]
    {
        for archive in [
            tar_link(&[("bin/a", "x")], 's', "bin/link", target),
            archives::zip_link("bin/link", target),
        ] {
            let error = error(&archive);
            assert!(
                error.contains("is a link that does not lead to a member")
                    || error.contains("links to an invalid path"),
                "{target}: {error}"
            );
        }
    }
    for target in ["../archive", "/etc/passwd", "missing", "bin"] {
        let error = error(&tar_link(&[("bin/a", "x")], 'h', "b", target));
        assert!(
            error.contains("links to a path that is not a file")
                || error.contains("leads out of the directory"),
            "{target}: {error}"
        );
    }
}

/// The target of a link is inside if only its text is looked at: `a/up` is `a` itself.
#[test]
fn links_that_lead_out_through_other_links_are_refused() {
    let mut archive = archives::Tar::default();
    archive.file("a/b", "x");
    archive.link('s', "a/up", ".");
    archive.link('s', "out", "a/up/../..");
    assert!(error(&archive.finish()).contains("does not lead to a member"));
}

#[test]
fn members_below_links_are_refused() {
    let mut archive = archives::Tar::default();
    archive.file("bin/a", "x");
    archive.link('s', "link", "bin");
    archive.file("link/b", "x");
    assert!(error(&archive.finish()).contains("leads through a file or link"));
    let mut archive = archives::Tar::default();
    archive.link('s', "link", "/tmp");
    archive.file("link/sensu-pipeline-test", "x");
    assert!(error(&archive.finish()).contains("links to an invalid path"));
    let mut archive = archives::Tar::default();
    archive.file("a", "x");
    archive.file("a", "y");
    assert!(error(&archive.finish()).contains("occurs twice"));
}

#[test]
fn devices_and_pipes_are_refused() {
    for kind in ['3', '4', '6'] {
        let mut archive = archives::Tar::default();
        archive.other(kind, "device");
        assert!(error(&archive.finish()).contains("is neither a file, directory nor link"));
    }
}

#[test]
fn decompression_bombs_are_refused() {
    let zeros = "\0".repeat(3 << 20);
    let bomb = [("zeros", zeros.as_str())];
    let compressed = gzip(&tar(&bomb));
    assert!(compressed.len() < 10_000);
    for archive in [compressed, tar(&bomb), zip(&bomb)] {
        let error = error(&archive);
        assert!(error.contains("when unpacked"), "{error}");
    }
    // Content that is skipped takes time, too.
    let mut archive = archives::Tar::default();
    archive.directory("a", &zeros);
    let error = error(&gzip(&archive.finish()));
    assert_eq!(error, "too large when unpacked");
}

#[test]
fn many_members_are_refused() {
    let names: Vec<_> = (0..60).map(|n| format!("f{n}")).collect();
    let members: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
    for archive in [tar(&members), gzip(&tar(&members)), zip(&members)] {
        assert_eq!(error(&archive), "more than 50 members");
    }
    let deep = "d/".repeat(60) + "f";
    assert_eq!(error(&tar(&[(&deep, "")])), "more than 50 members");
}

#[test]
fn long_descriptions_of_members_are_refused() {
    let mut archive = archives::Tar::default();
    archive.description('L', &"n".repeat(100_000));
    archive.file("a", "x");
    assert_eq!(error(&archive.finish()), "the description of a member is too long");
    let mut archive = archives::Tar::default();
    archive.description('x', "10 size=1\n");
    archive.file("a", "x");
    assert_eq!(error(&archive.finish()), "pax records with sizes are not supported");
    let mut archive = archives::Tar::default();
    archive.other('S', "sparse");
    assert_eq!(error(&archive.finish()), "sparse files are not supported");
}

#[test]
fn damaged_and_other_files_are_refused() {
    let good = gzip(&tar(&[("a", &"text".repeat(1000))]));
    assert!(!error(&good[..good.len() / 2]).is_empty());
    let zipped = zip(&[("a", "text")]);
    assert!(!error(&zipped[..zipped.len() / 2]).is_empty());
    for other in [&b""[..], b"<html>404</html>", b"PK\x03\x04", b"\x1f\x8b"] {
        assert!(!error(other).is_empty());
    }
    assert_eq!(error(b"text"), "the format is neither tar, tar.gz nor zip");
}
