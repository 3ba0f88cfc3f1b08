//! The archive for any Linux distribution: both programs, manual pages, completion scripts, licenses, bills of
//! materials, and the checksums of all files. Its layout is that of `/usr/local`.

use std::fs;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::programs::PROGRAMS;
use crate::stage::Stage;
use crate::tarball::Tarball;
use crate::{VERSION, checksums, folder, sbom};

/// Folders of the stage, and where their files are in the archive.
const FOLDERS: [(&str, &str); 4] = [
    ("man", "share/man/man1"),
    ("completions/bash", "share/bash-completion/completions"),
    ("completions/zsh", "share/zsh/site-functions"),
    ("completions/fish", "share/fish/vendor_completions.d"),
];

const LICENSES: [&str; 3] = ["LICENSE", "LICENSE-APACHE", "LICENSE-MIT"];

/// Builds the archive.
pub(crate) fn build(stage: &Stage) -> anyhow::Result<PathBuf> {
    let top = format!("sensu-server-{VERSION}-x86_64-linux");
    let path = folder().join(format!("{top}.tar.gz"));
    let writer = GzEncoder::new(fs::File::create(&path)?, Compression::best());
    let mut tarball = Tarball::new(writer, stage.date);
    let mut sums = String::new();
    for (name, mode, bytes) in files(stage)? {
        sums.push_str(&checksums::line(&name, &bytes));
        tarball.file(&format!("{top}/{name}"), mode, &bytes)?;
    }
    tarball.file(&format!("{top}/SHA256SUMS"), 0o644, sums.as_bytes())?;
    tarball.finish()?.finish()?;
    Ok(path)
}

/// Name, mode and contents of each file.
fn files(stage: &Stage) -> anyhow::Result<Vec<(String, u32, Vec<u8>)>> {
    let mut files = Vec::new();
    for name in LICENSES {
        files.push((name.to_owned(), 0o644, fs::read(xtask::root().join(name))?));
    }
    for program in PROGRAMS {
        let name = program.name;
        files.push((format!("bin/{name}"), 0o755, fs::read(stage.executable(name))?));
        for (from, to) in FOLDERS {
            for (file, bytes) in stage.files(name, from)? {
                files.push((format!("{to}/{file}"), 0o644, bytes));
            }
        }
        let doc = format!("share/doc/{name}");
        let notices = fs::read(stage.path(name, "third-party-notices"))?;
        files.push((format!("{doc}/third-party-notices"), 0o644, notices));
        files.push((format!("{doc}/{name}.cdx.json"), 0o644, sbom::sbom(stage, name)?));
    }
    let unit = fs::read(xtask::root().join("xtask/package/debian/server/service"))?;
    files.push(("share/doc/sensu-server/sensu-server.service".into(), 0o644, unit));
    let config = fs::read(xtask::root().join("xtask/package/debian/sensu.toml"))?;
    files.push(("share/doc/sensu-server/sensu.toml".into(), 0o644, config));
    Ok(files)
}
