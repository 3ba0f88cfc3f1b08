//! The generated files: document, table of operations, client. Written, or compared.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, bail};
use similar::TextDiff;

/// A file that is generated, never edited.
pub struct Generated {
    /// Where it lies, from the workspace's root.
    pub path: &'static str,
    /// What it holds.
    pub text: String,
}

/// Writes the generated files, or with `check` compares them.
///
/// # Errors
/// If something cannot be generated or, with `check`, if a file is not what would be generated.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub fn run(check: bool) -> anyhow::Result<()> {
    let mut stale = String::new();
    for Generated { path, text } in generated()? {
        let file = crate::root().join(path);
        let there = fs::read_to_string(&file).unwrap_or_default();
        if there == text {
            println!("{path}: up to date");
        } else if check {
            write!(stale, "{}", difference(path, &there, &text))?;
        } else {
            fs::write(&file, text).with_context(|| format!("cannot write {path}"))?;
            println!("{path}: written");
        }
    }
    if !stale.is_empty() {
        bail!(
            "{stale}\ngenerated files are stale; run `cargo xtask generate` and review the change"
        );
    }
    Ok(())
}

/// Everything that is generated.
///
/// # Errors
/// If the document cannot be derived or the client cannot be made from it.
pub fn generated() -> anyhow::Result<Vec<Generated>> {
    let examples = crate::examples::record().context("the examples cannot be recorded")?;
    // Not what the server was built with, which may be older.
    let document = sensu_server::openapi_with(&examples)?;
    let client = crate::client::of(&document)?;
    let schemas = crate::schemas::of(&document)?;
    Ok(vec![
        Generated { path: "openapi/examples.json", text: examples },
        Generated { path: "openapi/operations.txt", text: sensu_server::operations()? },
        Generated {
            path: "openapi/sensu-core-v2.3.1.json",
            text: sensu_server::openapi_newer(&document)?,
        },
        Generated {
            path: "openapi/sensu-core-v2.yaml",
            text: sensu_server::openapi_yaml(&document)?,
        },
        Generated { path: "openapi/sensu-core-v2.json", text: document },
        Generated { path: "client/src/generated.rs", text: client },
        Generated { path: "client/sensuctl/src/schemas.json", text: schemas },
    ])
}

fn difference(path: &str, there: &str, wanted: &str) -> String {
    let diff = TextDiff::from_lines(there, wanted);
    let mut unified = diff.unified_diff();
    let text = unified.context_radius(2).header(path, "generated").to_string();
    // A whole new client would drown the line that caused it.
    text.lines().take(200).fold(String::new(), |text, line| text + line + "\n")
}
