//! `sensuctl dump`: write resources of many types, so that `create --file` can read them.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::{Arg, ArgMatches, Command};

use crate::cli::off;
use crate::context::Context;
use crate::error::is_missing;
use crate::output::{self, Format};
use crate::resource::{self, Resource};
use crate::serialize::{self, Notation};
use crate::verbs::list;

/// What `all` means, what is in no namespace first.
const ALL: &[&str] = &[
    "namespace",
    "cluster-role",
    "cluster-role-binding",
    "user",
    "asset",
    "check",
    "entity",
    "event",
    "extension",
    "filter",
    "handler",
    "hook",
    "mutator",
    "role",
    "role-binding",
    "silenced",
];

/// Its arguments.
pub(crate) fn command() -> Command {
    Command::new("dump")
        .about("Write resources of several types to a file or the standard output")
        .long_about(
            "Write resources of several types to a file or the standard output, as YAML or wrapped JSON that `sensuctl create --file` reads. Passwords and API keys are not among them: the server does not show any.",
        )
        .after_help("Examples:\n  sensuctl dump all --all-namespaces --file backup.yaml\n  sensuctl dump check,handler --format wrapped-json\n  sensuctl dump all --omit event,entity")
        .arg(
            Arg::new("types")
                .value_name("TYPE,...")
                .help("Which types, such as check,handler; all for all of them"),
        )
        .arg(
            Arg::new("omit")
                .long("omit")
                .short('o')
                .value_name("TYPE,...")
                .help("Which types to leave out"),
        )
        .arg(off("list-types", "Show the types, and nothing else").visible_alias("types").exclusive(true))
        .arg(list::all_namespaces())
        .arg(
            Arg::new("file")
                .long("file")
                .short('f')
                .value_name("FILE")
                .help("Where to write to"),
        )
        .args(list::selectors())
        .arg(output::documents_flag())
}

/// Writes them.
pub(crate) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    if matches.get_flag("list-types") {
        return context.write(&(ALL.join("\n") + "\n"));
    }
    let types = matches.get_one::<String>("types");
    let types =
        types.ok_or_else(|| anyhow!("say which types to dump: all, or check,handler,..."))?;
    let mut resources = named(types)?;
    if let Some(omit) = matches.get_one::<String>("omit") {
        let omit = named(omit)?;
        resources.retain(|kept| !omit.iter().any(|left| left.kind == kept.kind));
    }
    let notation = match output::format(context, matches) {
        Format::Wrapped => Notation::Json,
        _ => Notation::Yaml,
    };
    let namespace = (!list::is_everywhere(matches)).then(|| context.namespace());
    let narrow = list::narrow(matches);
    let progress = super::progress(resources.len());
    let mut wrapped = Vec::new();
    for resource in resources {
        progress.set_message(resource.command);
        let objects = match context.list(&resource.collection(namespace), &narrow) {
            // Later releases of Sensu have no extensions any more.
            Err(error) if is_missing(&error) && types == "all" => Vec::new(),
            listed => listed
                .with_context(|| format!("cannot list {}", crate::verbs::plural(resource.noun)))?,
        };
        wrapped.extend(objects.iter().map(|object| serialize::wrap(resource, object)));
        progress.inc(1);
    }
    progress.finish_and_clear();
    let text = serialize::documents(&wrapped, notation)?;
    match matches.get_one::<String>("file") {
        Some(file) => write(Path::new(file), &text),
        None => context.write(&text),
    }
}

fn named(types: &str) -> Result<Vec<&'static Resource>> {
    let types: Vec<&str> = match types {
        "all" => ALL.to_vec(),
        types => crate::field::split(types),
    };
    let find = |name: &&str| match resource::find(name) {
        Some(resource) => Ok(resource),
        None => bail!("invalid resource type: {name}"),
    };
    types.iter().map(find).collect()
}

/// Replaces a file when all is written: a dump that fails leaves the last one as it was.
fn write(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let written = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")));
    let written = written.and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.persist(path).map_err(|error| error.error)
    });
    written.map(drop).with_context(|| format!("cannot write {}", path.display()))
}
