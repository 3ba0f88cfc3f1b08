//! `--file`: documents from files, directories and the standard input.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::cli::off;
use crate::context::Context;
use crate::document::{self, Document};

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
    let files: Vec<_> = matches.get_many::<String>("file").into_iter().flatten().collect();
    let mut texts = Vec::new();
    if files.is_empty() {
        texts.push((String::new(), standard_input()?));
    }
    for file in files {
        match file.as_str() {
            "-" => texts.push((String::new(), standard_input()?)),
            file => {
                for path in found(Path::new(file), matches.get_flag("recursive"))? {
                    let text = fs::read_to_string(&path)
                        .with_context(|| format!("cannot read {}", path.display()))?;
                    texts.push((path.display().to_string(), text));
                }
            }
        }
    }
    document::read(&texts, context.namespace())
}

/// The documents in the order in which they can be sent: what is in a namespace needs the namespace.
pub(crate) fn read_for_sending(context: &Context, matches: &ArgMatches) -> Result<Vec<Document>> {
    let mut documents = read(context, matches)?;
    documents.sort_by_key(|document| document.resource.command != "namespace");
    Ok(documents)
}

fn standard_input() -> Result<String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("cannot read the standard input")?;
    Ok(text)
}

/// The file, or the files with resources in the directory.
fn found(path: &Path, recursive: bool) -> Result<Vec<PathBuf>> {
    let is_folder = fs::metadata(path).with_context(|| format!("cannot read {}", path.display()));
    if !is_folder?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    if !recursive {
        bail!("{} is a directory: add --recursive", path.display());
    }
    let mut entries = Vec::new();
    for entry in fs::read_dir(path)? {
        entries.push(entry?.path());
    }
    entries.sort();
    let mut files = Vec::new();
    for entry in entries {
        if entry.is_dir() {
            files.extend(found(&entry, recursive)?);
        } else if entry.extension().is_some_and(|end| {
            ["json", "yaml", "yml"].iter().any(|known| end.eq_ignore_ascii_case(known))
        }) {
            files.push(entry);
        }
    }
    Ok(files)
}
