//! Clients in TypeScript of the generators in `tests/external/generators/`.

use std::path::Path;
use std::process::Command;

use super::copied;
use crate::tools::{self, run, tool};

/// Copies a file of `tests/external/generators/` to the folder of a client.
fn copy(name: &str, folder: &Path, file: &str) -> anyhow::Result<()> {
    copied(&format!("generators/{name}"), folder, file).map(|_| ())
}

/// A generator that runs in the folder of the client and reads `SENSU_DOCUMENT`.
fn in_folder(mut generator: Command, document: &Path, folder: &Path) -> Command {
    generator.env("SENSU_DOCUMENT", document).current_dir(folder);
    generator
}

/// Compiles the scenario and its client, including the declarations of the packages that they import.
fn compiled(scenario: &str, folder: &Path) -> anyhow::Result<Command> {
    copy("tsconfig.json", folder, "tsconfig.json")?;
    copy(scenario, folder, "scenario.ts")?;
    run(tools::generator("tsc")?.args(["--project", "."]).current_dir(folder))?;
    let mut command = tool("node");
    command.arg(folder.join("out/scenario.js"));
    Ok(command)
}

pub(super) fn openapi_typescript_enum(document: &Path, folder: &Path) -> anyhow::Result<Command> {
    let mut generator = tools::generator("openapi-typescript")?;
    generator.args(["--enum", "--default-non-nullable=false"]).arg(document);
    run(generator.arg("--output").arg(folder.join("sensu.ts")))?;
    compiled("enum.ts", folder)
}

pub(super) fn hey_api(document: &Path, folder: &Path) -> anyhow::Result<Command> {
    copy("hey-api.config.mjs", folder, "openapi-ts.config.mjs")?;
    run(&mut in_folder(tools::generator("openapi-ts")?, document, folder))?;
    compiled("hey_api.ts", folder)
}

pub(super) fn hey_api_zod(document: &Path, folder: &Path) -> anyhow::Result<Command> {
    copy("hey-api.config.mjs", folder, "openapi-ts.config.mjs")?;
    let mut generator = in_folder(tools::generator("openapi-ts")?, document, folder);
    run(generator.env("SENSU_VALIDATOR", "zod"))?;
    compiled("hey_api.ts", folder)
}

pub(super) fn orval(document: &Path, folder: &Path) -> anyhow::Result<Command> {
    copy("orval.config.cjs", folder, "orval.config.cjs")?;
    copy("orval_fetch.ts", folder, "fetch.ts")?;
    let mut generator = in_folder(tools::generator("orval")?, document, folder);
    run(generator.args(["--config", "orval.config.cjs"]))?;
    compiled("orval.ts", folder)
}

pub(super) fn swagger_typescript_api(document: &Path, folder: &Path) -> anyhow::Result<Command> {
    let mut generator = tools::generator("swagger-typescript-api")?;
    generator.args(["generate", "--path"]).arg(document).arg("--output").arg(folder);
    run(generator.args(["--name", "sensu.ts"]))?;
    compiled("swagger_typescript_api.ts", folder)
}

pub(super) fn zodios(document: &Path, folder: &Path) -> anyhow::Result<Command> {
    let mut generator = tools::generator("openapi-zod-client")?;
    run(generator.arg(document).arg("--output").arg(folder.join("sensu.ts")))?;
    compiled("zodios.ts", folder)
}

pub(super) fn kubb(document: &Path, folder: &Path) -> anyhow::Result<Command> {
    // Installs the packages that the script imports.
    tools::generator("tsc")?;
    copy("kubb.mjs", folder, "kubb.mjs")?;
    let mut generator = in_folder(tool("node"), document, folder);
    run(generator.arg("kubb.mjs"))?;
    compiled("kubb.ts", folder)
}
