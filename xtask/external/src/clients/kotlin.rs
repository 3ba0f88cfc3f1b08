//! The Kotlin models of openapi-generator, used with Gson and the HTTP client of Java.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::ensure;

use super::{copied, generate, sources};
use crate::tools::{self, run, tool};

const LIBRARIES: [&str; 2] = ["/usr/share/java/gson.jar", "/usr/share/java/kotlin-stdlib.jar"];

/// Functions of the generated code that the compiler of Debian does not have, and their predecessors.
const RENAMED: [(&str, &str); 2] =
    [(".lowercase()", ".toLowerCase()"), (" entries.", " values().")];

pub(super) fn build(document: &Path, folder: &Path) -> anyhow::Result<Command> {
    let installed = tools::find("kotlinc").is_some()
        && LIBRARIES.iter().all(|library| Path::new(library).exists());
    ensure!(
        installed,
        "a Kotlin compiler or Gson is missing; on Debian: apt-get install kotlin libgoogle-gson-java"
    );
    let settings = "serializationLibrary=gson,packageName=sensu,dateLibrary=string";
    generate("kotlin", document, folder, &["--additional-properties", settings])?;
    let mut files: Vec<PathBuf> = Vec::new();
    sources(&folder.join("generated/src/main/kotlin/sensu/models"), "kt", &mut files)?;
    for file in &files {
        let mut source = fs::read_to_string(file)?;
        for (name, predecessor) in RENAMED {
            source = source.replace(name, predecessor);
        }
        fs::write(file, source)?;
    }
    files.push(copied("generators/Scenario.kt", folder, "Scenario.kt")?);
    let classes = folder.join("classes");
    let path = std::env::join_paths(LIBRARIES)?;
    let mut compile = tool("kotlinc");
    compile.args(["-nowarn", "-jvm-target", "1.8", "-cp"]).arg(&path);
    run(compile.arg("-d").arg(&classes).args(files))?;
    let mut command = tool("java");
    let class_path =
        std::env::join_paths([classes].into_iter().chain(LIBRARIES.map(PathBuf::from)))?;
    command.arg("-cp").arg(class_path).arg("ScenarioKt");
    Ok(command)
}
