//! `sensuctl apply`: creates or replaces the objects of manifests that differ from the existing ones.

use anyhow::Result;
use clap::{ArgMatches, Command};

use super::files;
use crate::api::ATTEMPTS;
use crate::args::flag;
use crate::context::Context;
use crate::error::is_precondition_failed;
use crate::manifest::ManifestObject;
use crate::plan::{Effect, Plan, PlannedNamespaces};

const EXAMPLES: &str = "Examples:
  sensuctl apply --file monitoring/ --recursive --dry-run
  sensuctl apply --file monitoring/ --recursive
  git show HEAD:checks.yaml | sensuctl apply";

pub(super) fn arguments(command: Command) -> Command {
    let command = command
        .about("Create or replace resources from files, where they differ")
        .long_about(
            "Create or replace resources from files, where they differ from the existing ones, and print for each one whether it was created, configured or unchanged. Files are read as by `sensuctl create`.

Values that only the server sets are not compared: the history of events, the creator of a silenced entry, passwords and redacted values. Applying an existing user does not change the password.",
        )
        .after_help(EXAMPLES);
    files::arguments(command)
        .arg(flag("dry-run", "Print the effects, validated by the server, and write nothing"))
}

pub(super) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let objects = files::read_for_writing(context, matches)?;
    let dry_run = matches.get_flag("dry-run");
    // Without a dry run, a planned namespace exists before the objects in it are written.
    let namespaces = match dry_run {
        true => PlannedNamespaces::among(&objects),
        false => PlannedNamespaces::default(),
    };
    files::for_each(&objects, |object| {
        let effect = match dry_run {
            true => Plan::new(context, object, &namespaces)?.effect,
            false => apply(context, object, &namespaces)?,
        };
        let note = if dry_run { " (dry run)" } else { "" };
        Ok(Some(format!("{} {effect}{note}", object.title())))
    })
}

/// Starts again if another client has changed the object between plan and write.
fn apply(
    context: &Context,
    object: &ManifestObject,
    namespaces: &PlannedNamespaces,
) -> Result<Effect> {
    let mut retries = 1..ATTEMPTS;
    loop {
        let plan = Plan::new(context, object, namespaces)?;
        let effect = plan.effect;
        match plan.execute(context) {
            Err(error) if is_precondition_failed(&error) && retries.next().is_some() => {}
            result => return result.map(|()| effect),
        }
    }
}
