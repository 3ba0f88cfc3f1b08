//! The Python clients of openapi-generator and openapi-python-client.

use std::path::Path;
use std::process::Command;

use anyhow::ensure;

use super::{copied, generate};
use crate::tools::{self, run};

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

pub(super) fn openapi_generator(document: &Path, folder: &Path) -> anyhow::Result<Command> {
    generate("python", document, folder, &["--package-name", "sensu_openapi"])?;
    typed(
        "sensu_openapi",
        &folder.join("generated"),
        &copied("clients/python.py", folder, "scenario.py")?,
    )
}

pub(super) fn httpx(document: &Path, folder: &Path) -> anyhow::Result<Command> {
    let mut generator = tools::python("openapi-python-client")?;
    generator.arg("generate").arg("--path").arg(document).args(["--meta", "none", "--output-path"]);
    let ran = tools::try_run(generator.arg(folder.join("sensu_httpx")))?;
    // It omits what it does not support, and succeeds.
    let dropped = ran.out.to_lowercase().contains("endpoint") || ran.out.contains("unsupported");
    ensure!(ran.succeeded && !dropped, "it omits something\n{}{}", ran.out, ran.err);
    typed("sensu_httpx", folder, &copied("clients/python_httpx.py", folder, "scenario.py")?)
}
