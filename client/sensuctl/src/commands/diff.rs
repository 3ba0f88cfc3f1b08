//! `sensuctl diff`: what it would change to apply files.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use anyhow::{Result, bail};
use clap::{ArgMatches, Command};
use similar::TextDiff;

use super::{create, files};
use crate::cli::Differences;
use crate::context::Context;
use crate::manifest::Document;
use crate::plan::{Effect, Plan, PlannedNamespaces};

/// Lines around a change that are shown.
const AROUND: usize = 3;

/// Its flags.
pub(crate) fn command() -> Command {
    let command = Command::new("diff")
        .about("Show what it would change to apply files")
        .long_about(
            "Show what it would change to apply files, as unified differences of YAML. The server judges rules and rights, and nothing is written. What only the server knows is not compared; see `sensuctl apply --help`.",
        )
        .after_help("Examples:
  sensuctl diff --file checks.yaml
  sensuctl diff --file monitoring/ --recursive && echo 'nothing to do'

Exit codes: 0 if nothing would change, 1 if something would, 2 if anything goes wrong.");
    files::arguments(command)
}

/// Shows it.
pub(crate) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let documents = files::read_some_for_sending(context, matches)?;
    let coming = PlannedNamespaces::among(&documents);
    let mut any = false;
    create::for_each(&documents, |document| {
        let plan = Plan::of(context, document, &coming)?;
        if plan.effect == Effect::Unchanged {
            return Ok(None);
        }
        any = true;
        Ok(Some(unified(document, &plan, context.has_colours())))
    })?;
    match any {
        true => bail!(Differences),
        false => Ok(()),
    }
}

/// The difference, without the last line end.
fn unified(document: &Document, plan: &Plan, colours: bool) -> String {
    let title = document.title();
    let before = if plan.effect == Effect::Created { "/dev/null" } else { &title };
    let diff = TextDiff::from_lines(&plan.before, &plan.after);
    let text = diff.unified_diff().context_radius(AROUND).header(before, &title).to_string();
    if !colours {
        return text.trim_end().to_owned();
    }
    let mut coloured = String::new();
    for (position, line) in text.lines().enumerate() {
        let style = match line.as_bytes().first() {
            _ if position < 2 => Style::new().bold(),
            Some(b'+') => AnsiColor::Green.on_default(),
            Some(b'-') => AnsiColor::Red.on_default(),
            Some(b'@') => AnsiColor::Cyan.on_default(),
            _ => Style::new(),
        };
        // Writing to a text does not fail.
        let _ = writeln!(coloured, "{style}{line}{style:#}");
    }
    coloured.trim_end().to_owned()
}
