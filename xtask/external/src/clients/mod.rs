//! `cargo xtask clients`: clients from several generators, compiled or type-checked, and used.
//!
//! Each client runs the same scenario (log in, create, list two pages, get a missing object, delete) against a
//! live server, through a proxy that rejects violations of the document. Those in `tests/external/generators/`
//! also create a duplicate, send an event, and send a merge patch.

mod go;
mod java;
mod kotlin;
mod node;
mod pydantic;
mod python;
mod ruby;
mod rust;
mod typescript;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};

use crate::proxy::Proxy;
use crate::served::Served;
use crate::tools::{self, run};

/// A generated client.
struct Client {
    name: &'static str,
    /// The folder of `target/external/` that contains the client. Node looks for packages in the folders above.
    folder: &'static str,
    /// Generates and checks the client of a document in a folder. Returns the command that runs the scenario.
    build: fn(&Path, &Path) -> anyhow::Result<Command>,
    /// Whether it takes long, or needs more than Node and Python.
    slow: bool,
}

impl Client {
    const fn new(
        name: &'static str,
        folder: &'static str,
        build: fn(&Path, &Path) -> anyhow::Result<Command>,
    ) -> Self {
        Self { name, folder, build, slow: false }
    }

    const fn slow(self) -> Self {
        Self { slow: true, ..self }
    }
}

const CLIENTS: &[Client] = &[
    Client::new("openapi-typescript", "node", typescript::openapi_fetch),
    Client::new("openapi-typescript-enum", "generators", node::openapi_typescript_enum),
    Client::new("hey-api", "generators", node::hey_api),
    Client::new("hey-api-zod", "generators", node::hey_api_zod),
    Client::new("orval", "generators", node::orval),
    Client::new("swagger-typescript-api", "generators", node::swagger_typescript_api),
    Client::new("openapi-zod-client", "generators", node::zodios),
    Client::new("kubb", "generators", node::kubb),
    Client::new("openapi-generator-python", "clients", python::openapi_generator),
    Client::new("openapi-python-client", "clients", python::httpx),
    Client::new("datamodel-code-generator", "clients", pydantic::build),
    Client::new("openapi-generator-typescript-fetch", "node", typescript::openapi_generator).slow(),
    Client::new("openapi-generator-go", "clients", go::build).slow(),
    Client::new("openapi-generator-java", "clients", java::build).slow(),
    Client::new("openapi-generator-kotlin", "clients", kotlin::build).slow(),
    Client::new("openapi-generator-ruby", "clients", ruby::build).slow(),
    Client::new("openapi-generator-rust", "clients", rust::build).slow(),
];

/// Makes the clients of a document, of the committed one if none is named, and tells the scenario.
///
/// # Errors
/// If a client cannot be made, does not compile, or its scenario ends badly.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub(crate) fn run_all(document: Option<PathBuf>, slow: bool) -> anyhow::Result<()> {
    let document = document.unwrap_or_else(crate::committed_document);
    let chosen: Vec<&Client> = CLIENTS.iter().filter(|client| slow || !client.slow).collect();
    // Installed from Python packages, for all languages.
    tools::python("openapi-generator-cli")?;
    let mut scenarios = Vec::new();
    for client in &chosen {
        let folder = tools::fresh(&format!("{}/{}", client.folder, client.name))?;
        let scenario = (client.build)(&document, &folder)
            .with_context(|| format!("{} cannot be built", client.name))?;
        println!("{}: generated and checked", client.name);
        scenarios.push((client.name, scenario));
    }

    let server = Served::start()?;
    let proxy = Proxy::start(&document, &server.url())?;
    let (mut passed, mut failed) = (0, None);
    for (name, scenario) in &mut scenarios {
        let ran = tools::try_run(
            scenario.env("SENSU_URL", proxy.url()).env("SENSU_DIRECT", server.url()),
        )?;
        if ran.succeeded && ran.out.lines().last() == Some("passed") {
            println!("{name}: scenario passed");
            passed += 1;
        } else {
            // Its objects would disturb the next ones.
            failed = Some(format!("{name}: {}{}", ran.out, ran.err));
            break;
        }
    }
    let (violations, requests) = proxy.findings()?;
    drop(proxy);
    server.stop()?;
    let figures = format!(
        "clients: {passed} of {} passed, {} violations in {requests} requests",
        chosen.len(),
        violations.len()
    );
    if failed.is_some() || !violations.is_empty() {
        bail!("{}\n{}\n{figures}", failed.unwrap_or_default(), violations.join("\n"));
    }
    ensure!(requests >= chosen.len() * 7, "requests bypassed the proxy: {figures}");
    println!("{figures}");
    Ok(())
}

/// Runs openapi-generator, which writes to `folder/generated`.
fn generate(language: &str, document: &Path, folder: &Path, more: &[&str]) -> anyhow::Result<()> {
    let mut generator = tools::python("openapi-generator-cli")?;
    generator.args(["generate", "--generator-name", language, "--input-spec"]).arg(document);
    run(generator.arg("--output").arg(folder.join("generated")).args(more))
}

/// Copies a file of `tests/external/` to the folder of a client.
fn copied(name: &str, folder: &Path, file: &str) -> anyhow::Result<PathBuf> {
    let target = folder.join(file);
    fs::copy(tools::settings(name), &target)?;
    Ok(target)
}

/// Collects the files with an extension in a folder and its subfolders.
fn sources(folder: &Path, extension: &str, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, extension, files)?;
        } else if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    Ok(())
}
