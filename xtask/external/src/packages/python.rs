//! The Python package: a wheel with the hand-written layer and the code of openapi-generator.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use super::{code_samples, only, run, sources};
use crate::kit;
use crate::tools::{self, tool};

/// The module of the generated code.
const GENERATED: &str = "sensu_api/generated";

pub(super) fn build(document: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let package = folder.join("package");
    sources("python", &package)?;
    generate(document, folder, &package)?;
    same_version(document, &package)?;
    snippets(document, &package)?;
    type_check(folder, &package)?;
    let mut wheel = tools::python("python")?;
    wheel.args(["-m", "hatchling", "build", "--target", "wheel", "--directory"]);
    // The same input gives the same file.
    wheel.arg(folder.join("dist")).env("SOURCE_DATE_EPOCH", "315532800");
    run(wheel.current_dir(&package))?;
    only(&folder.join("dist"), ".whl")
}

fn generate(document: &Path, folder: &Path, package: &Path) -> anyhow::Result<()> {
    let out = folder.join("generated");
    let mut generator = tools::python("openapi-generator-cli")?;
    generator.args(["generate", "--generator-name", "python", "--library", "urllib3"]);
    generator.args(["--package-name", "sensu_api.generated", "--input-spec"]).arg(document);
    generator.arg("--output").arg(&out).arg("--template-dir").arg(package.join("templates"));
    generator.args(["--additional-properties", "generateSourceCodeOnly=true,lazyImports=true"]);
    let without = "apiTests=false,modelTests=false,apiDocs=false,modelDocs=false";
    run(generator.args(["--global-property", without]))?;
    fs::rename(out.join(GENERATED), package.join("src").join(GENERATED))?;
    Ok(())
}

/// The version of the package must be that of the document.
fn same_version(document: &Path, package: &Path) -> anyhow::Result<()> {
    let document: serde_json::Value = serde_json::from_str(&fs::read_to_string(document)?)?;
    let version = document["info"]["version"].as_str().context("a document with a version")?;
    let project = fs::read_to_string(package.join("pyproject.toml"))?;
    let line = format!("version = \"{version}\"");
    ensure!(project.lines().any(|other| other == line), "pyproject.toml has not {line}");
    Ok(())
}

/// Writes the snippets of the README, which become a test, and the samples of the document.
fn snippets(document: &Path, package: &Path) -> anyhow::Result<()> {
    let readme = fs::read_to_string(package.join("README.md"))?;
    let snippets = readme.split("```python\n").skip(1).filter_map(|part| part.split("```").next());
    fs::write(package.join("tests/readme.py"), snippets.collect::<String>())?;
    let mut samples = String::new();
    for (id, source) in code_samples(document, "Python")? {
        let body = source.replace('\n', "\n    ");
        writeln!(samples, "def {id}() -> None:\n    {body}\n")?;
    }
    fs::write(package.join("tests/samples.py"), samples)?;
    Ok(())
}

/// Checks the types of the package, its tests, and the snippets.
fn type_check(folder: &Path, package: &Path) -> anyhow::Result<()> {
    let mut check = tools::python("mypy")?;
    check.args(["--no-error-summary", "--cache-dir"]).arg(folder.join("mypy"));
    check.arg("--python-executable").arg(tools::folder("python").join("bin/python"));
    run(check.current_dir(package))
}

pub(super) fn tests(_document: &Path, wheel: &Path, folder: &Path) -> anyhow::Result<Command> {
    let environment = folder.join("venv");
    run(tool("python3").args(["-m", "venv"]).arg(&environment))?;
    let constraints = folder.join("constraints.txt");
    let locked = fs::read_to_string(tools::settings("requirements.txt"))?;
    let pinned = locked.lines().filter(|line| line.contains("==") && !line.starts_with(' '));
    let pinned: Vec<&str> = pinned.map(|line| line.trim_end_matches(" \\")).collect();
    fs::write(&constraints, pinned.join("\n"))?;
    let mut install = tool(environment.join("bin/pip"));
    install.args(["install", "--quiet", "--disable-pip-version-check", "--constraint"]);
    run(install.arg(&constraints).arg(wheel).args(["pytest", "pytest-xdist"]))?;
    // After the check of types: readers of the guide need not write any.
    let guide = kit::snippets("python")?;
    ensure!(!guide.is_empty(), "docs/contract-testing.md has no test in Python");
    let imports = "from .program_under_test import create_check\n\n\n";
    let guide = format!("{imports}{}", guide.join("\n\n"));
    fs::write(folder.join("package/tests/test_guide.py"), guide)?;
    let mut tests = tool(environment.join("bin/python"));
    tests.env(kit::SERVER, kit::server_program()?);
    tests.args(["-m", "pytest", "-p", "no:cacheprovider", "--quiet", "--import-mode=importlib"]);
    // Outside of the sources, so that they import the installed package.
    tests.arg(folder.join("package/tests")).current_dir(folder);
    Ok(tests)
}
