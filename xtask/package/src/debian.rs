//! The Debian packages `sensu-server` and `sensuctl`, by cargo-deb. Their contents are listed in the manifests of
//! the two crates; scripts, unit and configuration are in `xtask/package/debian/`.

use std::path::PathBuf;

use crate::programs::PROGRAMS;
use crate::stage::Stage;
use crate::tools::{Tool, output};
use crate::{VERSION, folder};

const CARGO_DEB: Tool = Tool { name: "cargo-deb", version: "3.8.0" };

/// Builds both packages.
pub(crate) fn build(stage: &Stage) -> anyhow::Result<Vec<PathBuf>> {
    PROGRAMS.iter().map(|program| package(stage, program.name, &format!("{VERSION}-1"))).collect()
}

/// Builds a package with a version.
pub(crate) fn package(stage: &Stage, name: &str, version: &str) -> anyhow::Result<PathBuf> {
    let file = folder().join(format!("{name}_{version}_amd64.deb"));
    let mut cargo_deb = CARGO_DEB.command()?;
    cargo_deb.args(["--no-build", "--no-strip", "--quiet", "--package", name]);
    cargo_deb.args(["--deb-version", version, "--output"]).arg(&file);
    cargo_deb.env("SOURCE_DATE_EPOCH", stage.date.to_string()).current_dir(xtask::root());
    // It prints the path, too.
    output(&mut cargo_deb)?;
    Ok(file)
}
