//! Models in Python (pydantic) of datamodel-code-generator, used with httpx.

use std::path::Path;
use std::process::Command;

use super::copied;
use crate::tools::{self, run};

pub(super) fn build(document: &Path, folder: &Path) -> anyhow::Result<Command> {
    let mut generator = tools::python_generator("datamodel-codegen")?;
    generator.args(["--input-file-type", "openapi", "--input"]).arg(document);
    generator.args(["--output-model-type", "pydantic_v2.BaseModel"]);
    generator.args(["--target-python-version", "3.11", "--formatters", "builtin"]);
    // By default, mypy rejects the bounds of fields, and required fields cannot be null.
    generator.args(["--use-annotated", "--strict-nullable"]);
    run(generator.arg("--output").arg(folder.join("sensu_models.py")))?;
    let scenario = copied("generators/pydantic_scenario.py", folder, "scenario.py")?;
    let mut check = tools::python_generator("mypy")?;
    check.args(["--strict", "--no-error-summary", "--cache-dir"]).arg(tools::folder("mypy"));
    run(check.args(["sensu_models.py", "scenario.py"]).current_dir(folder))?;
    let mut command = tools::python_generator("python")?;
    command.arg(scenario);
    Ok(command)
}
