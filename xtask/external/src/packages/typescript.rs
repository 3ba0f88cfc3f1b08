//! The npm package: the hand-written layer and the code of openapi-ts, compiled.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{copy, only, run, sources, with_ending};
use crate::tools::tool;

/// Programs of the development dependencies.
const PROGRAMS: &str = "node_modules/.bin";

pub(super) fn build(document: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let package = folder.join("package");
    sources("typescript", &package)?;
    let npm = |arguments: &[&str]| run(tool("npm").args(arguments).current_dir(&package));
    npm(&["ci", "--ignore-scripts", "--no-audit", "--no-fund"])?;
    // Parts of the generator are copied into the generated code.
    let license = package.join("node_modules/@hey-api/openapi-ts/LICENSE.md");
    copy(&license, &package.join("LICENSE-hey-api"))?;
    let mut generator = tool(package.join(PROGRAMS).join("openapi-ts"));
    generator.arg("--input").arg(document).arg("--no-log-file");
    run(generator.current_dir(&package))?;
    run(tool(package.join(PROGRAMS).join("tsc")).current_dir(&package))?;
    let mut pack = tool("npm");
    pack.args(["pack", "--ignore-scripts", "--silent", "--pack-destination"]).arg(folder);
    run(pack.current_dir(&package))?;
    only(folder, ".tgz")
}

pub(super) fn tests(file: &Path, folder: &Path) -> anyhow::Result<Command> {
    let (package, consumer) = (folder.join("package"), folder.join("consumer"));
    fs::create_dir_all(&consumer)?;
    for entry in fs::read_dir(package.join("test"))? {
        let entry = entry?;
        copy(&entry.path(), &consumer.join(entry.file_name()))?;
    }
    fs::write(consumer.join("package.json"), r#"{ "private": true, "type": "module" }"#)?;
    // The package has no dependencies, so nothing is downloaded.
    let mut install = tool("npm");
    install.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--offline"]);
    run(install.arg(file).current_dir(&consumer))?;
    let mut readme = tool("node");
    readme.args(["readme.mjs", "node_modules/sensu-api/README.md", "readme.test.ts"]);
    run(readme.current_dir(&consumer))?;
    let mut compile = tool(package.join(PROGRAMS).join("tsc"));
    compile.args(["--project", "tsconfig.json", "--typeRoots"]);
    compile.arg(package.join("node_modules/@types"));
    run(compile.current_dir(&consumer))?;
    let mut tests = tool("node");
    tests.args(["--test", "--test-concurrency=1", "--test-reporter=spec"]);
    // Listed here, because Node versions differ in the patterns that they accept.
    tests.args(with_ending(&consumer.join("out"), ".test.js")?).current_dir(&consumer);
    Ok(tests)
}
