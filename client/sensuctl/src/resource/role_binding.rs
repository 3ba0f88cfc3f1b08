//! `sensuctl role-binding` and `sensuctl cluster-role-binding`: who has a role.

use anyhow::{Result, bail};
use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use super::{CustomCommand, RESOURCE, Resource, Verb};
use crate::column::Cell;
use crate::context::Context;
use crate::field::{place, split, text};
use crate::verbs;

/// Role bindings, which are about one namespace.
pub(crate) const ROLE_BINDING: Resource = Resource {
    command: "role-binding",
    kind: "RoleBinding",
    plural: "rolebindings",
    noun: "role binding",
    columns: &[
        Cell::at("Name", "/metadata/name"),
        Cell::made("Role", |binding| role(binding, "Role")),
        Cell::made("Cluster Role", |binding| role(binding, "ClusterRole")),
        Cell::made("Users", |binding| subjects(binding, "User")),
        Cell::made("Groups", |binding| subjects(binding, "Group")),
    ],
    details: &[
        Cell::at("Name", "/metadata/name"),
        Cell::at("Namespace", "/metadata/namespace"),
        Cell::made("Role", |binding| role(binding, "Role")),
        Cell::made("Cluster Role", |binding| role(binding, "ClusterRole")),
        Cell::made("Users", |binding| subjects(binding, "User")),
        Cell::made("Groups", |binding| subjects(binding, "Group")),
    ],
    irregular: &[CustomCommand {
        command: || arguments(&ROLE_BINDING).arg(role_flag()),
        run: |context, matches| create(context, &ROLE_BINDING, matches),
    }],
    examples: "  sensuctl role-binding create readers --cluster-role view --group dev --user bob",
    ..ANY
};

/// Cluster role bindings, which are about all namespaces and what is outside of them.
pub(crate) const CLUSTER_ROLE_BINDING: Resource = Resource {
    command: "cluster-role-binding",
    kind: "ClusterRoleBinding",
    plural: "clusterrolebindings",
    noun: "cluster role binding",
    namespaced: false,
    columns: &[
        Cell::at("Name", "/metadata/name"),
        Cell::made("Cluster Role", |binding| role(binding, "ClusterRole")),
        Cell::made("Users", |binding| subjects(binding, "User")),
        Cell::made("Groups", |binding| subjects(binding, "Group")),
    ],
    details: &[
        Cell::at("Name", "/metadata/name"),
        Cell::made("Cluster Role", |binding| role(binding, "ClusterRole")),
        Cell::made("Users", |binding| subjects(binding, "User")),
        Cell::made("Groups", |binding| subjects(binding, "Group")),
    ],
    irregular: &[CustomCommand {
        command: || arguments(&CLUSTER_ROLE_BINDING),
        run: |context, matches| create(context, &CLUSTER_ROLE_BINDING, matches),
    }],
    examples: "  sensuctl cluster-role-binding create auditors --cluster-role view --group audit",
    ..ANY
};

const ANY: Resource = Resource {
    verbs: &[Verb::List, Verb::Info, Verb::Delete],
    created: "Created",
    deleted: "Deleted",
    ..RESOURCE
};

fn arguments(resource: &Resource) -> Command {
    let names = |flag: &'static str, short, help: &'static str| {
        let names = Arg::new(flag).long(flag).short(short).help(help).value_name("NAME,...");
        names.action(clap::ArgAction::Append)
    };
    Command::new("create")
        .about(format!("Create a {}", resource.noun))
        .arg(verbs::positional("name", "NAME", "Its name"))
        .arg(
            Arg::new("cluster-role")
                .long("cluster-role")
                .short('c')
                .value_name("NAME")
                .help("The cluster role that they get"),
        )
        .arg(names("user", 'u', "Users who get the role"))
        .arg(names("group", 'g', "Groups whose members get the role"))
}

fn role_flag() -> Arg {
    Arg::new("role")
        .long("role")
        .short('r')
        .value_name("NAME")
        .help("The role of the namespace that they get")
        .conflicts_with("cluster-role")
}

fn create(context: &Context, resource: &Resource, matches: &ArgMatches) -> Result<()> {
    let cluster_role = matches.get_one::<String>("cluster-role");
    let role = matches.try_get_one::<String>("role").ok().flatten();
    let role = match (cluster_role, role) {
        (Some(name), _) => json!({"type": "ClusterRole", "name": name}),
        (None, Some(name)) => json!({"type": "Role", "name": name}),
        (None, None) if resource.namespaced => bail!("give a role: --role or --cluster-role"),
        (None, None) => bail!("give a role: --cluster-role"),
    };
    let mut subjects = Vec::new();
    for (flag, kind) in [("group", "Group"), ("user", "User")] {
        let names = matches.get_many::<String>(flag).into_iter().flatten();
        for name in names.flat_map(|names| split(names)) {
            subjects.push(json!({"type": kind, "name": name}));
        }
    }
    if subjects.is_empty() {
        bail!("give somebody who gets the role: --user or --group");
    }
    let name = verbs::required(matches, "name");
    let mut binding = resource.named(context.namespace(), name);
    place(&mut binding, "/subjects", json!(subjects));
    place(&mut binding, "/role_ref", role);
    context.post(&resource.collection(Some(context.namespace())), &binding)?;
    context.say(resource.created)
}

fn role(binding: &Value, kind: &str) -> String {
    match text(binding.pointer("/role_ref/type")) == kind {
        true => text(binding.pointer("/role_ref/name")),
        false => String::new(),
    }
}

fn subjects(binding: &Value, kind: &str) -> String {
    let subjects = binding.pointer("/subjects").and_then(Value::as_array);
    let subjects = subjects.map(Vec::as_slice).unwrap_or_default();
    let those = subjects.iter().filter(|subject| text(subject.pointer("/type")) == kind);
    those.map(|subject| text(subject.pointer("/name"))).collect::<Vec<_>>().join(",")
}
