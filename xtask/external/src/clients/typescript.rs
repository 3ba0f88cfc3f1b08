//! TypeScript clients: openapi-fetch with the types of openapi-typescript, and the client of openapi-generator.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{copied, generate};
use crate::tools::{self, run, tool};

/// Compiles the scenario and its client under TypeScript's strictest rules.
fn compiled(folder: &Path) -> anyhow::Result<Command> {
    fs::write(folder.join("package.json"), r#"{ "type": "module" }"#)?;
    let mut compile = tools::node("tsc")?;
    compile.args(["--strict", "--target", "es2022", "--module", "nodenext", "--types", "node"]);
    run(compile.args(["--outDir", "out", "scenario.ts"]).current_dir(folder))?;
    let mut command = tool("node");
    command.arg(folder.join("out/scenario.js"));
    Ok(command)
}

pub(super) fn openapi_fetch(document: &Path, folder: &Path) -> anyhow::Result<Command> {
    let mut types = tools::node("openapi-typescript")?;
    // A field with a default is optional in requests.
    types.arg("--default-non-nullable=false").arg(document);
    run(types.arg("--output").arg(folder.join("sensu.d.ts")))?;
    copied("clients/typescript.ts", folder, "scenario.ts")?;
    compiled(folder)
}

pub(super) fn openapi_generator(document: &Path, folder: &Path) -> anyhow::Result<Command> {
    let importing = ["--additional-properties", "importFileExtension=.js"];
    generate("typescript-fetch", document, folder, &importing)?;
    fs::rename(folder.join("generated"), folder.join("sensu"))?;
    copied("clients/typescript_fetch.ts", folder, "scenario.ts")?;
    compiled(folder)
}
