//! The Go client of openapi-generator.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::ensure;

use super::{copied, generate};
use crate::tools::{self, run, tool};

pub(super) fn build(document: &Path, folder: &Path) -> anyhow::Result<Command> {
    ensure!(
        tools::find("go").is_some(),
        "Go is not installed; on Debian: apt-get install golang-go"
    );
    generate("go", document, folder, &["--package-name", "sensu", "--git-user-id", "x"])?;
    // It writes a newer Go version than the code needs.
    fs::write(folder.join("generated/go.mod"), "module example.com/sensu\n\ngo 1.19\n")?;
    fs::create_dir(folder.join("generated/scenario"))?;
    copied("clients/scenario.go", folder, "generated/scenario/main.go")?;
    let mut build = tool("go");
    build.args(["build", "-o"]).arg(folder.join("scenario")).arg("./scenario");
    build.env("GOFLAGS", "-mod=mod").env("GOPROXY", "off").env("GOCACHE", tools::folder("go"));
    run(build.current_dir(folder.join("generated")))?;
    Ok(tool(folder.join("scenario")))
}
