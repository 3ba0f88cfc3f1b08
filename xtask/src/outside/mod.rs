//! Other people's tools, tried on the document and on live servers.
//!
//! Each task runs one kind of tool and ends with a line that holds a figure. The tools are pinned in
//! `tests/outside/` and live in `target/outside/`; nothing is installed anywhere else.

pub mod alarms;
pub mod clients;
pub mod compat;
pub mod docs_browser;
pub mod fuzz;
pub mod lint;
mod proxy;
mod ratings;
mod served;
mod tools;
pub mod workflows;

use std::path::PathBuf;
use std::time::Instant;

/// A task, by its name.
type Task = (&'static str, fn() -> anyhow::Result<()>);

const FAST: &[Task] = &[
    ("lint", || lint::run(None)),
    ("compat", || compat::run(None, false)),
    ("alarms", alarms::run),
    ("workflows", || workflows::run(None)),
    ("docs-browser", docs_browser::run),
    ("clients", || clients::run_all(None, false)),
    ("fuzz", || fuzz::run(None, fuzz::Depth::Bounds)),
];

const SLOW: &[Task] = &[
    ("package", crate::package::run),
    ("all clients", || clients::run_all(None, true)),
    ("fuzz, everything", || fuzz::run(None, fuzz::Depth::Everything)),
];

/// The committed document.
#[must_use]
pub fn committed() -> PathBuf {
    crate::root().join("openapi/sensu-core-v2.json")
}

/// The committed walk-throughs.
#[must_use]
pub fn walk_throughs() -> PathBuf {
    crate::root().join("openapi/workflows.arazzo.yaml")
}

/// What CI runs.
///
/// # Errors
/// If a task fails; it has said why.
pub fn fast() -> anyhow::Result<()> {
    each("fast part", FAST)
}

/// Everything.
///
/// # Errors
/// If a task fails; it has said why.
pub fn deep() -> anyhow::Result<()> {
    each("fast part", FAST)?;
    each("slow part", SLOW)
}

#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
fn each(part: &str, tasks: &[Task]) -> anyhow::Result<()> {
    let started = Instant::now();
    for (name, task) in tasks {
        println!("-- {name} ({} s)", started.elapsed().as_secs());
        task()?;
    }
    println!("{part}: {} s, {} tasks passed", started.elapsed().as_secs(), tasks.len());
    Ok(())
}
