//! `--file`: documents from files, directories and the standard input.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::cli::off;
use crate::context::Context;
use crate::manifest::{self, Document};

/// The flags.
pub(crate) fn arguments(command: Command) -> Command {
    command
        .arg(
            Arg::new("file")
                .long("file")
                .short('f')
                .value_name("FILE")
                .action(ArgAction::Append)
                .help("A file or directory with resources, as wrapped JSON or YAML; - or nothing for the standard input"),
        )
        .arg(off("recursive", "Read directories, with what is below them").short('r'))
}

/// The documents, checked, each in its namespace.
pub(crate) fn read(context: &Context, matches: &ArgMatches) -> Result<Vec<Document>> {
    let files = matches.get_many::<String>("file").into_iter().flatten();
    let mut paths: Vec<PathBuf> = files.map(PathBuf::from).collect();
    if paths.is_empty() {
        paths.push("-".into());
    }
    let texts = sensu_manifests::read_files(&paths, matches.get_flag("recursive"))?;
    manifest::read(&texts, context.namespace())
}

/// The documents in the order in which they can be sent: what is in a namespace needs the namespace.
pub(crate) fn read_for_sending(context: &Context, matches: &ArgMatches) -> Result<Vec<Document>> {
    let mut documents = read(context, matches)?;
    documents.sort_by_key(|document| document.resource.command != "namespace");
    Ok(documents)
}

/// The same, for commands whose answer means nothing without resources.
pub(crate) fn read_some_for_sending(
    context: &Context,
    matches: &ArgMatches,
) -> Result<Vec<Document>> {
    let documents = read_for_sending(context, matches)?;
    if documents.is_empty() {
        bail!("there are no resources in what was read");
    }
    Ok(documents)
}
