//! `sensuctl diff`: shows what `sensuctl apply` would change.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use anyhow::{Result, bail};
use clap::{ArgMatches, Command};
use similar::TextDiff;

use super::files;
use crate::context::Context;
use crate::error::Differences;
use crate::manifest::ManifestObject;
use crate::plan::{Effect, Plan, PlannedNamespaces};

/// Unchanged lines around a change.
const CONTEXT_LINES: usize = 3;

/// Exit code of failures; 1 means differences, as in diff(1).
pub(super) const FAILURE_CODE: u8 = 2;

pub(super) fn arguments(command: Command) -> Command {
    let command = command
        .about("Show what applying files would change")
        .long_about(
            "Show what applying files would change, as unified diffs of YAML. The server validates the resources and checks permissions, and writes nothing. Values that only the server sets are not compared; see `sensuctl apply --help`.",
        )
        .after_help(
            "Examples:
  sensuctl diff --file checks.yaml
  sensuctl diff --file monitoring/ --recursive && echo 'no differences'

Exit codes: 0 without differences, 1 with differences, 2 on any failure.",
        );
    files::arguments(command)
}

pub(super) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let objects = files::read_for_writing(context, matches)?;
    let namespaces = PlannedNamespaces::among(&objects);
    let mut has_differences = false;
    files::for_each(&objects, |object| {
        let plan = Plan::new(context, object, &namespaces)?;
        if plan.effect == Effect::Unchanged {
            return Ok(None);
        }
        has_differences = true;
        Ok(Some(unified(object, &plan, context.use_colors())))
    })?;
    match has_differences {
        true => bail!(Differences),
        false => Ok(()),
    }
}

/// The unified diff, without the last line end.
fn unified(object: &ManifestObject, plan: &Plan, use_colors: bool) -> String {
    let title = object.title();
    let before = if plan.effect == Effect::Created { "/dev/null" } else { &title };
    let diff = TextDiff::from_lines(&plan.before, &plan.after);
    let text = diff.unified_diff().context_radius(CONTEXT_LINES).header(before, &title).to_string();
    if !use_colors {
        return text.trim_end().to_owned();
    }
    let mut colored = String::new();
    for (position, line) in text.lines().enumerate() {
        let style = match line.as_bytes().first() {
            _ if position < 2 => Style::new().bold(),
            Some(b'+') => AnsiColor::Green.on_default(),
            Some(b'-') => AnsiColor::Red.on_default(),
            Some(b'@') => AnsiColor::Cyan.on_default(),
            _ => Style::new(),
        };
        // Writing to a string does not fail.
        let _ = writeln!(colored, "{style}{line}{style:#}");
    }
    colored.trim_end().to_owned()
}
