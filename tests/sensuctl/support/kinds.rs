//! The resource kinds, as the program lists them: a new kind is covered without an edit here.

use clap::{Arg, Command};
use serde_json::Value;

use super::Home;

/// A kind that `dump all` writes.
#[derive(Debug)]
pub(crate) struct Kind {
    /// Command group, such as `cluster-role`.
    pub command: String,
    /// Type of manifests, such as `ClusterRole`.
    pub name: String,
    pub is_namespaced: bool,
}

impl Kind {
    /// All of them.
    pub(crate) fn all(home: &Home) -> Vec<Self> {
        let commands = home.run("dump --list-types", "").ok();
        commands.lines().map(|command| Self::named(home, command)).collect()
    }

    /// The kind with this name, as `describe-type` shows it.
    pub(crate) fn named(home: &Home, name: &str) -> Self {
        let text = home.run(&format!("describe-type {name} --format json"), "").ok();
        let described: Value = serde_json::from_str(&text).expect("JSON");
        Self {
            command: name.to_owned(),
            name: described[0]["type"].as_str().expect("a type").to_owned(),
            is_namespaced: described[0]["namespaced"].as_bool().expect("a boolean"),
        }
    }

    /// The arguments of `info` for the first object of the list.
    pub(crate) fn first_name(&self, home: &Home) -> String {
        let root = sensuctl::command();
        let info = self.group(&root).find_subcommand("info").expect("info");
        let part = |argument: &Arg| match argument.get_id().as_str() {
            "name" => ".metadata.name // .name // .username".to_owned(),
            part => format!(".{part}.metadata.name"),
        };
        let parts: Vec<_> = info.get_positionals().map(part).map(|p| format!("({p})")).collect();
        let query = format!(".[0] | [{}] | join(\" \")", parts.join(", "));
        let name = home.run(&format!("{} list -o jq='{query}'", self.command), "").ok();
        name.trim().to_owned()
    }

    /// The number of objects in the default namespace.
    pub(crate) fn count(&self, home: &Home) -> usize {
        let count = home.run(&format!("{} list -o jq=length", self.command), "").ok();
        count.trim().parse().expect("a number")
    }

    /// The command group.
    pub(crate) fn group<'a>(&self, root: &'a Command) -> &'a Command {
        root.find_subcommand(&self.command).expect("a command group")
    }
}
