//! `sensuctl apply`: create or replace what files hold, where it makes a difference.

use anyhow::Result;
use clap::{ArgMatches, Command};

use super::{create, files};
use crate::api::TRIES;
use crate::cli::off;
use crate::context::Context;
use crate::error::is_stale;
use crate::manifest::Document;
use crate::plan::{Plan, PlannedNamespaces};

const EXAMPLES: &str = "Examples:
  sensuctl apply --file monitoring/ --recursive --dry-run
  sensuctl apply --file monitoring/ --recursive
  git show HEAD:checks.yaml | sensuctl apply";

/// Its flags.
pub(crate) fn command() -> Command {
    let command = Command::new("apply")
        .about("Create or replace resources from files, where that changes anything")
        .long_about(
            "Create or replace resources from files, where that changes anything: an object that is what its document says is left alone. Says of each one whether it was created, configured or unchanged. Files are read as `sensuctl create` reads them.

What only the server knows is not compared: the history of events, who made a silence, passwords and redacted values. Applying a user who exists does not change the password.",
        )
        .after_help(EXAMPLES);
    files::arguments(command)
        .arg(off("dry-run", "Say what would be done, judged by the server, and do nothing"))
}

/// Applies them.
pub(crate) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let documents = files::read_some_for_sending(context, matches)?;
    let is_trial = matches.get_flag("dry-run");
    // Without a dry run, namespaces are there before anything goes into them.
    let coming =
        if is_trial { PlannedNamespaces::among(&documents) } else { PlannedNamespaces::default() };
    create::for_each(&documents, |document| {
        let plan = match is_trial {
            true => Plan::of(context, document, &coming)?.effect,
            false => apply(context, document, &coming)?,
        };
        let note = if is_trial { " (dry run)" } else { "" };
        Ok(Some(format!("{} {plan}{note}", document.title())))
    })
}

/// Plans and carries out; again if somebody else was quicker.
fn apply(
    context: &Context,
    document: &Document,
    coming: &PlannedNamespaces,
) -> Result<crate::plan::Effect> {
    let mut tries = 1..TRIES;
    loop {
        let plan = Plan::of(context, document, coming)?;
        let effect = plan.effect;
        match plan.carry_out(context) {
            Err(error) if is_stale(&error) && tries.next().is_some() => {}
            done => return done.map(|()| effect),
        }
    }
}
