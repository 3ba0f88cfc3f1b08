//! What CI runs, in its order.

use std::process::Command;

use anyhow::bail;

const STEPS: &[(&str, &[&str])] = &[
    ("fmt", &["fmt", "--all", "--check"]),
    ("clippy", &["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]),
    ("test", &["test", "--workspace"]),
    ("doc", &["doc", "--workspace", "--no-deps", "--quiet"]),
];

/// Runs the steps until one fails.
///
/// # Errors
/// If a step fails; it has said why.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub fn run() -> anyhow::Result<()> {
    for (name, arguments) in STEPS {
        println!("== {name}");
        let mut cargo = Command::new("cargo");
        cargo.args(*arguments).current_dir(crate::root());
        if *name == "doc" {
            cargo.env("RUSTDOCFLAGS", "-D warnings");
        }
        if !cargo.status()?.success() {
            bail!("{name} failed");
        }
    }
    Ok(())
}
