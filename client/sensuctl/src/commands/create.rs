//! `sensuctl create`: create or replace what files hold.

use std::io::{self, Write as _};

use anyhow::{Result, bail};
use clap::{ArgMatches, Command};

use super::files;
use crate::context::Context;
use crate::error::told;
use crate::manifest::Document;

const EXAMPLES: &str = "Examples:
  sensuctl create --file checks.yaml
  sensuctl create --recursive --file monitoring/
  sensuctl check info check-cpu --format yaml | sed s/check-cpu/check-cpu-2/ | sensuctl create";

/// Its flags.
pub(crate) fn command() -> Command {
    let command = Command::new("create")
        .about("Create or replace resources from files")
        .long_about(
            "Create or replace resources from files, several in each: wrapped JSON or YAML, as --format wrapped-json and yaml write them. All are checked before the first one is sent. Those without a namespace go to the one to work in.",
        )
        .after_help(EXAMPLES);
    files::arguments(command)
}

/// Sends them.
pub(crate) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let documents = files::read_for_sending(context, matches)?;
    for_each(&documents, |document| {
        document.expect_sendable()?;
        context.put(&document.address(), &document.object)?;
        Ok(None)
    })
}

/// Does something with each document, and writes what there is to say about it; says which ones
/// failed, and goes on.
pub(crate) fn for_each(
    documents: &[Document],
    mut work: impl FnMut(&Document) -> Result<Option<String>>,
) -> Result<()> {
    let progress = super::progress(documents.len());
    let mut failed = 0;
    for document in documents {
        match work(document) {
            Ok(None) => {}
            Ok(Some(text)) => progress.suspend(|| writeln!(io::stdout(), "{text}"))?,
            Err(error) => {
                failed += 1;
                let line = format!("{}: {}", document.told(), told(&error));
                progress.suspend(|| writeln!(io::stderr(), "{line}"))?;
            }
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    match failed {
        0 => Ok(()),
        _ => bail!("{failed} of {} resources failed", documents.len()),
    }
}
