//! The generated files: OpenAPI document, table of operations, recorded examples, client, schemas.
//! Written, or compared with the committed ones.

#![expect(clippy::indexing_slicing, reason = "JSON that the project itself has written")]

pub mod client;
mod dev_client;
pub mod examples;
mod one_type;
mod schemas;
mod segments;
mod simplify;

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, bail};
use similar::TextDiff;

/// Longest difference that is printed, in lines: a new client would hide the line that caused it.
const MAX_DIFFERENCE: usize = 200;

/// What to do with the generated files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Compare them with the committed ones.
    Check,
    /// Write them.
    Write,
    /// Write them, and the derived serializations that are not committed.
    WriteAll,
}

/// A generated file.
pub struct Generated {
    /// Path from the workspace's root.
    pub path: &'static str,
    /// Content.
    pub text: String,
}

/// Writes or compares the generated files.
///
/// # Errors
/// If a file cannot be generated or written or, in [`Mode::Check`], if a committed file is stale.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub fn run(mode: Mode) -> anyhow::Result<()> {
    let mut files = generated()?;
    if mode == Mode::WriteAll {
        files.extend(serializations(&files)?);
    }
    let mut stale = String::new();
    for Generated { path, text } in files {
        let file = xtask::root().join(path);
        let committed = fs::read_to_string(&file).unwrap_or_default();
        if committed == text {
            println!("{path}: up to date");
        } else if mode == Mode::Check {
            stale.push_str(&difference(path, &committed, &text)?);
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

const DOCUMENT: &str = "openapi/sensu-core-v2.json";

/// The committed generated files.
///
/// # Errors
/// If the examples cannot be recorded, or the document or the client cannot be derived.
pub fn generated() -> anyhow::Result<Vec<Generated>> {
    let examples = examples::record().context("the examples cannot be recorded")?;
    // The server was compiled with the committed examples, which may be older.
    let document = sensu_server::openapi_with(&examples)?;
    let client = client::from_document(&document)?;
    let schemas = schemas::from_document(&document)?;
    let dev_document = sensu_server::testkit_openapi()?;
    let dev_client = dev_client::from_document(&dev_document)?;
    Ok(vec![
        Generated { path: "openapi/examples.json", text: examples },
        Generated { path: "openapi/operations.txt", text: sensu_server::operations()? },
        Generated { path: DOCUMENT, text: document },
        Generated { path: "openapi/sensu-dev.json", text: dev_document },
        Generated { path: "client/src/generated.rs", text: client },
        Generated { path: "client/src/generated_dev.rs", text: dev_client },
        Generated { path: "client/sensuctl/src/schemas.json", text: schemas },
    ])
}

/// The other serializations of the document. The server derives them when it starts; they are not
/// committed, so that a change of the API is reviewed once.
fn serializations(files: &[Generated]) -> anyhow::Result<Vec<Generated>> {
    let document = files.iter().find(|file| file.path == DOCUMENT).context("no document")?;
    Ok(vec![
        Generated {
            path: "openapi/sensu-core-v2.3.1.json",
            text: sensu_server::openapi_v3_1(&document.text)?,
        },
        Generated {
            path: "openapi/sensu-core-v2.yaml",
            text: sensu_server::openapi_yaml(&document.text)?,
        },
    ])
}

fn difference(path: &str, committed: &str, generated: &str) -> anyhow::Result<String> {
    let diff = TextDiff::from_lines(committed, generated);
    let mut unified = diff.unified_diff();
    let text = unified.context_radius(2).header(path, "generated").to_string();
    let mut difference = String::new();
    for line in text.lines().take(MAX_DIFFERENCE) {
        writeln!(difference, "{line}")?;
    }
    Ok(difference)
}
