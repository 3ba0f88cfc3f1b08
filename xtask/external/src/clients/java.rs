//! The Java client of openapi-generator.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::ensure;

use super::{copied, generate, sources};
use crate::tools::{self, run, tool};

pub(super) fn build(document: &Path, folder: &Path) -> anyhow::Result<Command> {
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
    let scenario = copied("clients/Scenario.java", folder, "Scenario.java")?;
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
