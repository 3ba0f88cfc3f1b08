//! The Rust client of openapi-generator.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{copied, generate};
use crate::tools::{self, run, tool};

pub(super) fn build(document: &Path, folder: &Path) -> anyhow::Result<Command> {
    generate("rust", document, folder, &["--package-name", "sensu-openapi"])?;
    let generated = folder.join("generated");
    fs::create_dir(generated.join("examples"))?;
    copied("clients/scenario.rs", folder, "generated/examples/scenario.rs")?;
    // A workspace of its own, with the dependencies of the scenario.
    let mut manifest = fs::read_to_string(generated.join("Cargo.toml"))?;
    manifest.push_str(
        "\n[workspace]\n\n[dev-dependencies]\ntokio = { version = \"1\", features = [\"macros\", \"rt\"] }\n",
    );
    fs::write(generated.join("Cargo.toml"), manifest)?;
    let built = tools::folder("cargo");
    let mut build = tool("cargo");
    // Without TLS, which the scenario does not need, to save time.
    build.args(["build", "--quiet", "--example", "scenario", "--no-default-features"]);
    run(build.env("CARGO_TARGET_DIR", &built).current_dir(generated))?;
    Ok(tool(built.join("debug/examples/scenario")))
}
