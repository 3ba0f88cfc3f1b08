//! `cargo xtask clients`: clients from several generators, compiled or type-checked, and used.
//!
//! Each client runs the same scenario (log in, create, list two pages, get a missing object, delete) against a
//! live server, through a proxy that rejects violations of the document. Those in `tests/external/generators/`
//! also create a duplicate, send an event, and send a merge patch.

mod kotlin;
mod node;
mod pydantic;
mod ruby;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};

use crate::proxy::Proxy;
use crate::served::Served;
use crate::tools::{self, run, tool};

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
    Client::new("openapi-typescript", "node", typescript),
    Client::new("openapi-typescript-enum", "generators", node::openapi_typescript_enum),
    Client::new("hey-api", "generators", node::hey_api),
    Client::new("hey-api-zod", "generators", node::hey_api_zod),
    Client::new("orval", "generators", node::orval),
    Client::new("swagger-typescript-api", "generators", node::swagger_typescript_api),
    Client::new("openapi-zod-client", "generators", node::zodios),
    Client::new("kubb", "generators", node::kubb),
    Client::new("openapi-generator-python", "clients", python),
    Client::new("openapi-python-client", "clients", python_httpx),
    Client::new("datamodel-code-generator", "clients", pydantic::build),
    Client::new("openapi-generator-typescript-fetch", "node", typescript_fetch).slow(),
    Client::new("openapi-generator-go", "clients", go).slow(),
    Client::new("openapi-generator-java", "clients", java).slow(),
    Client::new("openapi-generator-kotlin", "clients", kotlin::build).slow(),
    Client::new("openapi-generator-ruby", "clients", ruby::build).slow(),
    Client::new("openapi-generator-rust", "clients", rust).slow(),
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

/// Copies a scenario to the folder of a client.
fn driver(name: &str, folder: &Path, file: &str) -> anyhow::Result<PathBuf> {
    copied(&format!("clients/{name}"), folder, file)
}

/// Copies a file of `tests/external/` to the folder of a client.
fn copied(name: &str, folder: &Path, file: &str) -> anyhow::Result<PathBuf> {
    let target = folder.join(file);
    fs::copy(tools::settings(name), &target)?;
    Ok(target)
}

/// Type-checks the client and the scenario. Returns the command that runs the scenario.
fn typed(package: &str, path: &Path, scenario: &Path) -> anyhow::Result<Command> {
    let mut check = tools::python("mypy")?;
    check.arg("--config-file").arg(tools::settings("mypy.ini"));
    check.args(["--no-error-summary", "--cache-dir"]).arg(tools::folder("mypy"));
    check.args(["-p", package]).env("MYPYPATH", path).current_dir(path);
    run(&mut check)?;
    let mut check = tools::python("mypy")?;
    check.arg("--config-file").arg(tools::settings("mypy.ini"));
    check.args(["--no-error-summary", "--cache-dir"]).arg(tools::folder("mypy"));
    run(check.arg(scenario).env("MYPYPATH", path).current_dir(path))?;
    let mut command = tools::python("python")?;
    command.arg(scenario).env("PYTHONPATH", path);
    Ok(command)
}

fn python(document: &Path, folder: &Path) -> anyhow::Result<Command> {
    generate("python", document, folder, &["--package-name", "sensu_openapi"])?;
    typed("sensu_openapi", &folder.join("generated"), &driver("python.py", folder, "scenario.py")?)
}

fn python_httpx(document: &Path, folder: &Path) -> anyhow::Result<Command> {
    let mut generator = tools::python("openapi-python-client")?;
    generator.arg("generate").arg("--path").arg(document).args(["--meta", "none", "--output-path"]);
    let ran = tools::try_run(generator.arg(folder.join("sensu_httpx")))?;
    // It omits what it does not support, and succeeds.
    let dropped = ran.out.to_lowercase().contains("endpoint") || ran.out.contains("unsupported");
    ensure!(ran.succeeded && !dropped, "it omits something\n{}{}", ran.out, ran.err);
    typed("sensu_httpx", folder, &driver("python_httpx.py", folder, "scenario.py")?)
}

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

fn typescript(document: &Path, folder: &Path) -> anyhow::Result<Command> {
    let mut types = tools::node("openapi-typescript")?;
    // A field with a default is optional in requests.
    types.arg("--default-non-nullable=false").arg(document);
    run(types.arg("--output").arg(folder.join("sensu.d.ts")))?;
    driver("typescript.ts", folder, "scenario.ts")?;
    compiled(folder)
}

fn typescript_fetch(document: &Path, folder: &Path) -> anyhow::Result<Command> {
    let importing = ["--additional-properties", "importFileExtension=.js"];
    generate("typescript-fetch", document, folder, &importing)?;
    fs::rename(folder.join("generated"), folder.join("sensu"))?;
    driver("typescript_fetch.ts", folder, "scenario.ts")?;
    compiled(folder)
}

fn go(document: &Path, folder: &Path) -> anyhow::Result<Command> {
    ensure!(
        tools::find("go").is_some(),
        "Go is not installed; on Debian: apt-get install golang-go"
    );
    generate("go", document, folder, &["--package-name", "sensu", "--git-user-id", "x"])?;
    // It writes a newer Go version than the code needs.
    fs::write(folder.join("generated/go.mod"), "module example.com/sensu\n\ngo 1.19\n")?;
    fs::create_dir(folder.join("generated/scenario"))?;
    driver("scenario.go", folder, "generated/scenario/main.go")?;
    let mut build = tool("go");
    build.args(["build", "-o"]).arg(folder.join("scenario")).arg("./scenario");
    build.env("GOFLAGS", "-mod=mod").env("GOPROXY", "off").env("GOCACHE", tools::folder("go"));
    run(build.current_dir(folder.join("generated")))?;
    Ok(tool(folder.join("scenario")))
}

fn rust(document: &Path, folder: &Path) -> anyhow::Result<Command> {
    generate("rust", document, folder, &["--package-name", "sensu-openapi"])?;
    let generated = folder.join("generated");
    fs::create_dir(generated.join("examples"))?;
    driver("scenario.rs", folder, "generated/examples/scenario.rs")?;
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

fn java(document: &Path, folder: &Path) -> anyhow::Result<Command> {
    ensure!(
        tools::find("javac").is_some(),
        "no Java compiler is installed; on Debian: apt-get install openjdk-17-jdk"
    );
    let settings = "openApiNullable=false,useJakartaEe=true";
    generate(
        "java",
        document,
        folder,
        &["--library", "native", "--additional-properties", settings],
    )?;
    let scenario = driver("Scenario.java", folder, "Scenario.java")?;
    let mut files = vec![scenario];
    sources(&folder.join("generated/src/main/java"), "java", &mut files)?;
    // The JAR of the generator contains the dependencies of its client, except for two packages of annotations.
    let jars = [
        generator_jar()?,
        "/usr/share/java/jsr305.jar".into(),
        "/usr/share/java/jakarta-annotation-api.jar".into(),
    ];
    for jar in &jars {
        ensure!(
            jar.exists(),
            "{} is missing; on Debian: apt-get install libjsr305-java libjakarta-annotation-api-java",
            jar.display()
        );
    }
    let path = std::env::join_paths(jars)?;
    let classes = folder.join("classes");
    let mut compile = tool("javac");
    compile.args(["-nowarn", "-d"]).arg(&classes).arg("-cp").arg(&path).args(files);
    run(&mut compile)?;
    let mut command = tool("java");
    let class_path =
        std::env::join_paths([classes].into_iter().chain(std::env::split_paths(&path)))?;
    command.arg("-cp").arg(class_path).arg("Scenario");
    Ok(command)
}

fn generator_jar() -> anyhow::Result<PathBuf> {
    let mut python = tools::python("python")?;
    let ran = tools::try_run(
        python.args(["-c", "import openapi_generator_cli as o; print(o.__path__[0])"]),
    )?;
    Ok(PathBuf::from(ran.out.trim()).join("openapi-generator.jar"))
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
