//! `cargo xtask removed-fields`: a stock tool for comparing documents reports removed fields of responses.

use std::fs;

use anyhow::bail;

use crate::tools::{self, tool};

/// Removes fields of responses from copies of the document, and compares each copy with it.
///
/// # Errors
/// If a removal is not reported as a breaking change.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub(crate) fn run() -> anyhow::Result<()> {
    // Installs the package that the script imports.
    tools::generator("tsc")?;
    let script = tools::folder("generators").join("removed_fields.mjs");
    fs::copy(tools::settings("generators/removed_fields.mjs"), &script)?;
    let ran = tools::try_run(tool("node").arg(script).arg(crate::committed_document()))?;
    if !ran.succeeded {
        bail!("removed-fields: {}{}", ran.out, ran.err);
    }
    print!("{}", ran.out);
    Ok(())
}
