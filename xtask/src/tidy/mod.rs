//! `cargo xtask tidy`: the rules of the source tree that the compiler does not know.

mod crates;
mod imports;
mod layers;
mod modules;
mod rules;
mod sources;
mod tokens;
mod words;

use anyhow::bail;
use crates::CRATES;
use sources::Source;

/// Options of `cargo xtask tidy`.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct Options {
    /// List the layers of each crate, every upward import and every import cycle.
    #[arg(long)]
    layers: bool,
}

/// Checks the files of the workspace.
///
/// # Errors
/// With a line for each broken rule, or if a file cannot be read.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let sources = sources::read(&crate::root())?;
    if options.layers {
        list_layers(&sources);
    }
    let mut broken = Vec::new();
    for source in sources.iter().filter(|source| source.is_rust()) {
        let rules = rules::broken_rules(source, &sources);
        broken.extend(rules.iter().map(|rule| format!("{}: {rule}", source.name)));
    }
    broken.extend(sources.iter().filter_map(rust_link));
    broken.extend(CRATES.iter().flat_map(|layers| layers.check(&sources).errors));
    broken.extend(words::banned_words(&sources));
    if !broken.is_empty() {
        bail!("{}\n{} rules are broken", broken.join("\n"), broken.len());
    }
    Ok(())
}

/// Rust's links mean nothing to readers of the document.
fn rust_link(source: &Source) -> Option<String> {
    let is_document = source.name == "openapi/sensu-core-v2.json";
    (is_document && source.text.contains("[`"))
        .then(|| format!("{}: a Rust link [`...`] in a description", source.name))
}

#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
fn list_layers(sources: &[Source]) {
    for layers in CRATES {
        let order: Vec<String> = layers.order.iter().map(|layer| layer.join(", ")).collect();
        println!("{}: {}", layers.folder, order.join(" > "));
        if !layers.exceptions.is_empty() {
            println!("  every layer may import from: {}", layers.exceptions.join(", "));
        }
        let report = layers.check(sources);
        for (what, found) in [("upward imports", report.upward), ("import cycles", report.cycles)] {
            println!(
                "  {what}: {}",
                if found.is_empty() { "none".into() } else { found.len().to_string() }
            );
            found.iter().for_each(|line| println!("    {line}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_is_tidy() {
        run(&Options::default()).unwrap();
    }

    #[test]
    fn a_rust_link_in_the_document_is_found() {
        let source = |text: &str| Source {
            name: "openapi/sensu-core-v2.json".to_owned(),
            text: text.to_owned(),
        };
        assert!(rust_link(&source("see [`Check`]")).is_some());
        assert!(rust_link(&source("see Check")).is_none());
    }
}
