//! The root file system of the container image: the server, the libraries that it is linked to, root certificates,
//! and a user without privileges. No shell.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::stage::Stage;
use crate::tarball::Tarball;
use crate::tools::output;

/// ID of the user and group that the server runs as.
pub(crate) const USER: u64 = 65_532;

/// Root certificates of Debian's package ca-certificates. Not the bundle in `/etc`, which may contain certificates of
/// the machine.
const CERTIFICATES: &str = "/usr/share/ca-certificates/mozilla";

/// License texts of the libraries, where Debian has them.
const COPYRIGHTS: [&str; 3] = ["libc6", "libgcc-s1", "ca-certificates"];

/// The root file system, as a tar archive.
pub(crate) fn build(stage: &Stage) -> anyhow::Result<Vec<u8>> {
    let program = stage.executable("sensu-server");
    let mut files = vec![
        (PathBuf::from("etc/passwd"), 0o644, passwd().into_bytes()),
        (PathBuf::from("etc/group"), 0o644, format!("sensu-server:x:{USER}:\n").into_bytes()),
        (PathBuf::from("etc/ssl/certs/ca-certificates.crt"), 0o644, certificates()?),
        (PathBuf::from("usr/bin/sensu-server"), 0o755, fs::read(&program)?),
    ];
    for library in libraries(&program)? {
        let bytes = fs::read(&library)?;
        files.push((library.strip_prefix("/")?.to_owned(), 0o755, bytes));
    }
    let doc = Path::new("usr/share/doc");
    for package in COPYRIGHTS {
        let path = doc.join(package).join("copyright");
        // Other distributions have them elsewhere.
        if let Ok(text) = fs::read(Path::new("/").join(&path)) {
            files.push((path, 0o644, text));
        }
    }
    for name in ["LICENSE-APACHE", "LICENSE-MIT"] {
        let text = fs::read(xtask::root().join(name))?;
        files.push((doc.join("sensu-server").join(name), 0o644, text));
    }
    let notices = fs::read(stage.path("sensu-server", "third-party-notices"))?;
    files.push((doc.join("sensu-server/third-party-notices"), 0o644, notices));
    files.sort();
    tar(stage, &files)
}

fn tar(stage: &Stage, files: &[(PathBuf, u32, Vec<u8>)]) -> anyhow::Result<Vec<u8>> {
    let mut tarball = Tarball::new(Vec::new(), stage.date);
    let mut folders: BTreeSet<&Path> = BTreeSet::new();
    for (path, ..) in files {
        let parents = path.ancestors().skip(1);
        folders.extend(parents.filter(|parent| *parent != Path::new("")));
    }
    for folder in folders {
        tarball.directory(&folder.to_string_lossy(), 0o755)?;
    }
    tarball.directory("tmp", 0o1777)?;
    for (path, mode, bytes) in files {
        tarball.file(&path.to_string_lossy(), *mode, bytes)?;
    }
    tarball.set_owner(USER);
    tarball.directory("data", 0o700)?;
    tarball.finish()
}

fn passwd() -> String {
    format!("root:x:0:0::/:/sbin/nologin\nsensu-server:x:{USER}:{USER}::/data:/sbin/nologin\n")
}

fn certificates() -> anyhow::Result<Vec<u8>> {
    let folder = fs::read_dir(CERTIFICATES).context("ca-certificates is not installed")?;
    let paths: Result<BTreeSet<PathBuf>, _> =
        folder.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut bundle = Vec::new();
    for path in paths? {
        bundle.extend(fs::read(path)?);
    }
    Ok(bundle)
}

/// The libraries that a program is linked to, with the loader. The program is not static: it would have to be built a
/// second time, and a static glibc resolves names differently.
fn libraries(program: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let listed = String::from_utf8(output(Command::new("ldd").arg(program))?)?;
    let paths = listed.split_whitespace().filter(|word| word.starts_with('/'));
    let libraries: Vec<PathBuf> = paths.map(PathBuf::from).collect();
    ensure!(!libraries.is_empty(), "ldd lists no library: {listed}");
    Ok(libraries)
}
