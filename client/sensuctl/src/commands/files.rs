//! `--file`: reads the manifests of files, and processes their objects one after the other.

use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{ArgAction, ArgMatches, Command};

use super::progress;
use crate::args::{flag, option};
use crate::context::Context;
use crate::error::message;
use crate::manifest::{self, ManifestObject, ReadOptions};

/// `--file` and `--recursive`.
pub(super) fn arguments(command: Command) -> Command {
    command
        .arg(
            option(
                "file",
                "FILE",
                "File or directory with resources as YAML or wrapped JSON; repeatable; - is standard input [default: -]",
            )
            .short('f')
            .action(ArgAction::Append),
        )
        .arg(flag("recursive", "Read directories, including subdirectories").short('r'))
        .arg(flag(
            "strict",
            "Send nothing if the files contain types that the server does not have [default: skip and report them]",
        ))
}

/// The objects to write, in the order in which they can be created: namespaces first.
pub(super) fn read_for_writing(
    context: &Context,
    matches: &ArgMatches,
) -> Result<Vec<ManifestObject>> {
    read(context, matches, true)
}

/// The objects to delete, in the same order.
pub(super) fn read_for_deletion(
    context: &Context,
    matches: &ArgMatches,
) -> Result<Vec<ManifestObject>> {
    read(context, matches, false)
}

fn read(context: &Context, matches: &ArgMatches, for_writing: bool) -> Result<Vec<ManifestObject>> {
    let files = matches.get_many::<String>("file").into_iter().flatten();
    let mut paths: Vec<PathBuf> = files.map(PathBuf::from).collect();
    if paths.is_empty() {
        paths.push("-".into());
    }
    let sources = sensu_manifests::read_files(&paths, matches.get_flag("recursive"))?;
    let options = ReadOptions { for_writing, strict: matches.get_flag("strict") };
    let mut objects = manifest::read(&sources, context.namespace(), options)?;
    objects.sort_by_key(|object| !object.resource.is_namespace);
    Ok(objects)
}

/// Processes every object, and prints what `work` returns. A failure does not stop the others.
///
/// # Errors
/// If any object failed. The errors have been printed to standard error.
pub(super) fn for_each(
    objects: &[ManifestObject],
    mut work: impl FnMut(&ManifestObject) -> Result<Option<String>>,
) -> Result<()> {
    let progress = progress::bar(objects.len());
    let mut failed = 0;
    for object in objects {
        match work(object) {
            Ok(None) => {}
            Ok(Some(text)) => progress.suspend(|| writeln!(io::stdout(), "{text}"))?,
            Err(error) => {
                failed += 1;
                let line = format!("{}: {}", object.source(), message(&error));
                progress.suspend(|| writeln!(io::stderr(), "{line}"))?;
            }
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    match failed {
        0 => Ok(()),
        _ => bail!("{failed} of {} resources failed", objects.len()),
    }
}
