//! Clients that other people's generators make of the document: compiled or type-checked, and used.
//!
//! Each client tells the same scenario to a live server (log in, create, list over two pages, ask for
//! what is not there, delete), through a proxy that refuses whatever is not as documented.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};

use crate::proxy::Proxy;
use crate::served::Served;
use crate::tools::{self, run, tool};

/// A client: how it is made and checked, and what runs the scenario with it.
struct Client {
    name: &'static str,
    make: fn(&Path, &Path) -> anyhow::Result<Command>,
    /// Whether it needs more than Node and Python, or much time.
    slow: bool,
}

const CLIENTS: &[Client] = &[
    Client { name: "openapi-typescript", make: typescript, slow: false },
    Client { name: "openapi-generator-python", make: python, slow: false },
    Client { name: "openapi-python-client", make: python_httpx, slow: false },
    Client { name: "openapi-generator-typescript-fetch", make: typescript_fetch, slow: true },
    Client { name: "openapi-generator-go", make: go, slow: true },
    Client { name: "openapi-generator-java", make: java, slow: true },
    Client { name: "openapi-generator-rust", make: rust, slow: true },
];

/// Makes the clients of a document, of the committed one if none is named, and tells the scenario.
///
/// # Errors
/// If a client cannot be made, does not compile, or its scenario ends badly.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub(crate) fn run_all(document: Option<PathBuf>, slow: bool) -> anyhow::Result<()> {
    let document = document.unwrap_or_else(crate::committed_document);
    let chosen: Vec<&Client> = CLIENTS.iter().filter(|client| slow || !client.slow).collect();
    // The version of Python's generator is the version of all its languages.
    tools::python("openapi-generator-cli")?;
    let mut scenarios = Vec::new();
    for client in &chosen {
        let place = match client.name {
            // These find the Node packages in a folder above them.
            name if name.contains("typescript") => tools::fresh(&format!("node/{name}"))?,
            name => tools::fresh(&format!("clients/{name}"))?,
        };
        let scenario = (client.make)(&document, &place)
            .with_context(|| format!("{} makes no client", client.name))?;
        println!("{}: made and checked", client.name);
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
            // The next ones would find what it has left behind.
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
    ensure!(requests >= chosen.len() * 7, "the proxy was not asked: {figures}");
    println!("{figures}");
    Ok(())
}

/// openapi-generator, which writes into a folder below `place`.
fn generate(language: &str, document: &Path, place: &Path, more: &[&str]) -> anyhow::Result<()> {
    let mut generator = tools::python("openapi-generator-cli")?;
    generator.args(["generate", "--generator-name", language, "--input-spec"]).arg(document);
    run(generator.arg("--output").arg(place.join("generated")).args(more))
}

fn driver(name: &str, place: &Path, called: &str) -> anyhow::Result<PathBuf> {
    let there = place.join(called);
    fs::copy(tools::settings(&format!("clients/{name}")), &there)?;
    Ok(there)
}

/// Types of the client and of the scenario; answers with the command that runs the scenario.
fn typed(package: &str, places: &Path, scenario: &Path) -> anyhow::Result<Command> {
    let mut check = tools::python("mypy")?;
    check.arg("--config-file").arg(tools::settings("mypy.ini"));
    check.args(["--no-error-summary", "--cache-dir"]).arg(tools::folder("mypy"));
    check.args(["-p", package]).env("MYPYPATH", places).current_dir(places);
    run(&mut check)?;
    let mut check = tools::python("mypy")?;
    check.arg("--config-file").arg(tools::settings("mypy.ini"));
    check.args(["--no-error-summary", "--cache-dir"]).arg(tools::folder("mypy"));
    run(check.arg(scenario).env("MYPYPATH", places).current_dir(places))?;
    let mut run_it = tools::python("python")?;
    run_it.arg(scenario).env("PYTHONPATH", places);
    Ok(run_it)
}

fn python(document: &Path, place: &Path) -> anyhow::Result<Command> {
    generate("python", document, place, &["--package-name", "sensu_openapi"])?;
    typed("sensu_openapi", &place.join("generated"), &driver("python.py", place, "scenario.py")?)
}

fn python_httpx(document: &Path, place: &Path) -> anyhow::Result<Command> {
    let mut generator = tools::python("openapi-python-client")?;
    generator.arg("generate").arg("--path").arg(document).args(["--meta", "none", "--output-path"]);
    let ran = tools::try_run(generator.arg(place.join("sensu_httpx")))?;
    // It leaves out what it cannot express, and calls that a success.
    let dropped = ran.out.to_lowercase().contains("endpoint") || ran.out.contains("unsupported");
    ensure!(ran.succeeded && !dropped, "it leaves something out\n{}{}", ran.out, ran.err);
    typed("sensu_httpx", place, &driver("python_httpx.py", place, "scenario.py")?)
}

/// Compiles a scenario and what it uses, under TypeScript's strictest rules.
fn compiled(place: &Path) -> anyhow::Result<Command> {
    fs::write(place.join("package.json"), r#"{ "type": "module" }"#)?;
    let mut compile = tools::node("tsc")?;
    compile.args(["--strict", "--target", "es2022", "--module", "nodenext", "--types", "node"]);
    run(compile.args(["--outDir", "out", "scenario.ts"]).current_dir(place))?;
    let mut run_it = tool("node");
    run_it.arg(place.join("out/scenario.js"));
    Ok(run_it)
}

fn typescript(document: &Path, place: &Path) -> anyhow::Result<Command> {
    let mut types = tools::node("openapi-typescript")?;
    // A field with a default need not be sent.
    types.arg("--default-non-nullable=false").arg(document);
    run(types.arg("--output").arg(place.join("sensu.d.ts")))?;
    driver("typescript.ts", place, "scenario.ts")?;
    compiled(place)
}

fn typescript_fetch(document: &Path, place: &Path) -> anyhow::Result<Command> {
    let importing = ["--additional-properties", "importFileExtension=.js"];
    generate("typescript-fetch", document, place, &importing)?;
    fs::rename(place.join("generated"), place.join("sensu"))?;
    driver("typescript_fetch.ts", place, "scenario.ts")?;
    compiled(place)
}

fn go(document: &Path, place: &Path) -> anyhow::Result<Command> {
    ensure!(tools::find("go").is_some(), "there is no Go; on Debian: apt-get install golang-go");
    generate("go", document, place, &["--package-name", "sensu", "--git-user-id", "x"])?;
    // The version that it writes is newer than what the code needs.
    fs::write(place.join("generated/go.mod"), "module example.com/sensu\n\ngo 1.19\n")?;
    fs::create_dir(place.join("generated/scenario"))?;
    driver("scenario.go", place, "generated/scenario/main.go")?;
    let mut build = tool("go");
    build.args(["build", "-o"]).arg(place.join("scenario")).arg("./scenario");
    build.env("GOFLAGS", "-mod=mod").env("GOPROXY", "off").env("GOCACHE", tools::folder("go"));
    run(build.current_dir(place.join("generated")))?;
    Ok(tool(place.join("scenario")))
}

fn rust(document: &Path, place: &Path) -> anyhow::Result<Command> {
    generate("rust", document, place, &["--package-name", "sensu-openapi"])?;
    let generated = place.join("generated");
    fs::create_dir(generated.join("examples"))?;
    driver("scenario.rs", place, "generated/examples/scenario.rs")?;
    // A workspace of its own, and what its scenario needs.
    let mut manifest = fs::read_to_string(generated.join("Cargo.toml"))?;
    manifest.push_str(
        "\n[workspace]\n\n[dev-dependencies]\ntokio = { version = \"1\", features = [\"macros\", \"rt\"] }\n",
    );
    fs::write(generated.join("Cargo.toml"), manifest)?;
    let built = tools::folder("cargo");
    let mut build = tool("cargo");
    // Without TLS: the server is on this machine, and the rest is quicker to compile.
    build.args(["build", "--quiet", "--example", "scenario", "--no-default-features"]);
    run(build.env("CARGO_TARGET_DIR", &built).current_dir(generated))?;
    Ok(tool(built.join("debug/examples/scenario")))
}

fn java(document: &Path, place: &Path) -> anyhow::Result<Command> {
    ensure!(
        tools::find("javac").is_some(),
        "there is no Java; on Debian: apt-get install openjdk-17-jdk"
    );
    let settings = "openApiNullable=false,useJakartaEe=true";
    generate(
        "java",
        document,
        place,
        &["--library", "native", "--additional-properties", settings],
    )?;
    let scenario = driver("Scenario.java", place, "Scenario.java")?;
    let mut sources = vec![scenario];
    below(&place.join("generated/src/main/java"), &mut sources)?;
    // The generator brings all that its client needs, but for two packages of annotations.
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
    let classes = place.join("classes");
    let mut compile = tool("javac");
    compile.args(["-nowarn", "-d"]).arg(&classes).arg("-cp").arg(&path).args(sources);
    run(&mut compile)?;
    let mut run_it = tool("java");
    let whole = std::env::join_paths([classes].into_iter().chain(std::env::split_paths(&path)))?;
    run_it.arg("-cp").arg(whole).arg("Scenario");
    Ok(run_it)
}

fn generator_jar() -> anyhow::Result<PathBuf> {
    let mut ask = tools::python("python")?;
    let ran = tools::try_run(
        ask.args(["-c", "import openapi_generator_cli as o; print(o.__path__[0])"]),
    )?;
    Ok(PathBuf::from(ran.out.trim()).join("openapi-generator.jar"))
}

/// Every Java source below a folder.
fn below(folder: &Path, sources: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            below(&path, sources)?;
        } else if path.extension().is_some_and(|extension| extension == "java") {
            sources.push(path);
        }
    }
    Ok(())
}
