//! `sensuctl role-binding` and `sensuctl cluster-role-binding`

use anyhow::{Result, bail};
use clap::{ArgMatches, Command};
use serde_json::{Value, json};

use crate::args::{list, list_option, option, optional, positional, required};
use crate::column::Column;
use crate::context::Context;
use crate::descriptor::{CustomCommand, Descriptor, Noun, Verb};
use crate::pointer;
use crate::verbs::create::post;

/// Grants a role, or the part of a cluster role that concerns one namespace.
pub(crate) const ROLE_BINDING: Descriptor = Descriptor {
    command: "role-binding",
    kind: "RoleBinding",
    collection: "rolebindings",
    short_name: Some("role_binding"),
    noun: Noun::a("role binding", "role bindings"),
    columns: &[NAME, NAMESPACE, CLUSTER_ROLE, ROLE, SUBJECTS],
    details: &[NAME, NAMESPACE, ROLE, CLUSTER_ROLE, USERS, GROUPS],
    verbs: VERBS,
    created: "Created",
    deleted: "Deleted",
    commands: &[CustomCommand {
        name: "create",
        arguments: |command| {
            let role = option("role", "NAME", "Role of the namespace to grant").short('r');
            arguments(command, &ROLE_BINDING).arg(role.conflicts_with("cluster-role"))
        },
        run: |context, matches| create(context, &ROLE_BINDING, matches),
    }],
    examples: "  sensuctl role-binding create readers --cluster-role view --group dev --user bob",
    ..Descriptor::NAMESPACED
};

/// Grants a cluster role.
pub(crate) const CLUSTER_ROLE_BINDING: Descriptor = Descriptor {
    command: "cluster-role-binding",
    kind: "ClusterRoleBinding",
    collection: "clusterrolebindings",
    short_name: Some("cluster_role_binding"),
    noun: Noun::a("cluster role binding", "cluster role bindings"),
    columns: &[NAME, CLUSTER_ROLE, SUBJECTS],
    details: &[NAME, CLUSTER_ROLE, USERS, GROUPS],
    verbs: VERBS,
    created: "Created",
    deleted: "Deleted",
    commands: &[CustomCommand {
        name: "create",
        arguments: |command| arguments(command, &CLUSTER_ROLE_BINDING),
        run: |context, matches| create(context, &CLUSTER_ROLE_BINDING, matches),
    }],
    examples: "  sensuctl cluster-role-binding create auditors --cluster-role view --group audit",
    ..Descriptor::CLUSTER_WIDE
};

const VERBS: &[Verb] = &[Verb::List, Verb::Info, Verb::Delete];

const NAME: Column = Column::value("Name", "/metadata/name");
const NAMESPACE: Column = Column::value("Namespace", "/metadata/namespace");
const SUBJECTS: Column = Column::count("Subjects", "/subjects");
const ROLE: Column = Column::computed("Role", |binding| role(binding, "Role"));
const CLUSTER_ROLE: Column =
    Column::computed("Cluster Role", |binding| role(binding, "ClusterRole"));
const USERS: Column = Column::computed("Users", |binding| subjects(binding, "User"));
const GROUPS: Column = Column::computed("Groups", |binding| subjects(binding, "Group"));

fn arguments(command: Command, resource: &Descriptor) -> Command {
    command
        .about(format!("Create {}", resource.noun.with_article()))
        .arg(positional("name", "NAME", "").help(format!("Name of the {}", resource.noun.singular)))
        .arg(option("cluster-role", "NAME", "Cluster role to grant").short('c'))
        .arg(list_option("user", "NAME,...", "Users to grant the role to").short('u'))
        .arg(list_option("group", "NAME,...", "Groups to grant the role to").short('g'))
}

fn create(context: &Context, resource: &Descriptor, matches: &ArgMatches) -> Result<()> {
    let role = match (optional(matches, "cluster-role"), optional(matches, "role")) {
        (Some(name), _) => json!({"type": "ClusterRole", "name": name}),
        (None, Some(name)) => json!({"type": "Role", "name": name}),
        (None, None) if resource.is_namespaced() => {
            bail!("the role is missing: set --role or --cluster-role")
        }
        (None, None) => bail!("the role is missing: set --cluster-role"),
    };
    let mut subjects = Vec::new();
    for (flag, kind) in [("group", "Group"), ("user", "User")] {
        for name in list(matches, flag) {
            subjects.push(json!({"type": kind, "name": name}));
        }
    }
    if subjects.is_empty() {
        bail!("the subjects are missing: set --user or --group");
    }
    let name = required(matches, "name").to_owned();
    let mut binding = resource.new_object(context.namespace(), &[name]);
    pointer::set(&mut binding, "/subjects", json!(subjects));
    pointer::set(&mut binding, "/role_ref", role);
    post(context, resource, &binding)?;
    context.print_line(resource.created)
}

/// The name of the role, if it is of this type.
fn role(binding: &Value, kind: &str) -> String {
    match pointer::text(binding, "/role_ref/type") == kind {
        true => pointer::text(binding, "/role_ref/name"),
        false => String::new(),
    }
}

/// The names of the subjects of this type.
fn subjects(binding: &Value, kind: &str) -> String {
    let subjects = pointer::list(binding, "/subjects").iter();
    let subjects = subjects.filter(|subject| pointer::text(subject, "/type") == kind);
    subjects.map(|subject| pointer::text(subject, "/name")).collect::<Vec<_>>().join(",")
}
