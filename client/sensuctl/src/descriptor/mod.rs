//! Descriptors: the facts about a resource kind that the verbs, formats and files need.
//!
//! A descriptor is data. The regular verbs ([`crate::verbs`]), the output formats, `create --file`,
//! `dump`, `describe-type` and completion read it and know no resource kind. Kinds are listed in
//! [`crate::resource`], one file each.

mod name;
mod path;

use anyhow::Result;
use clap::{ArgMatches, Command};
use serde_json::Value;

use crate::column::Column;
use crate::context::Context;
use crate::field::Field;

pub(crate) use name::{NamePart, Noun};

/// A resource kind. Complete [`Descriptor::NAMESPACED`] or [`Descriptor::CLUSTER_WIDE`].
#[derive(Debug)]
pub(crate) struct Descriptor {
    /// Command group, such as `cluster-role`.
    pub command: &'static str,
    /// Sensu's type, such as `ClusterRole`: the field `type` of manifests.
    pub kind: &'static str,
    /// Collection in URLs, such as `clusterroles`.
    pub collection: &'static str,
    /// Short name that `describe-type` prints; `None` if it equals `command`.
    pub short_name: Option<&'static str>,
    /// Schema in the OpenAPI document; `None` if it equals `kind`.
    pub schema: Option<&'static str>,
    /// Noun in sentences.
    pub noun: Noun,
    /// Parts of the name: their arguments and their pointers in an object. Empty for kinds with one object.
    pub name: &'static [NamePart],
    /// Name that the server gives an object without one; empty if it rejects such objects.
    pub default_name: fn(&Value) -> String,
    /// Pointers of the namespace in an object. The first one decides; empty for cluster-wide kinds.
    pub namespace: &'static [&'static str],
    /// Whether objects are namespaces: files create them before, and delete them after, all others.
    pub is_namespace: bool,
    /// Regular verbs of the command group.
    pub verbs: &'static [Verb],
    /// Output of `create`.
    pub created: &'static str,
    /// Output of `delete`.
    pub deleted: &'static str,
    /// Flags of `delete` and the query parameters that they set to `true`.
    pub delete_flags: &'static [DeleteFlag],
    /// Fields with a flag or a prompt.
    pub fields: &'static [Field],
    /// Rules of an object that are checked before it is sent.
    pub validate: fn(&Value) -> Result<()>,
    /// Error for an object of this kind in a manifest; `None` for kinds that manifests may hold.
    /// `dump all` leaves out kinds with an error.
    pub manifest_error: Option<fn(&Value) -> String>,
    /// Pointers of the fields whose value does not come from a manifest alone.
    pub ownership: &'static [(&'static str, Ownership)],
    /// Columns of `list`.
    pub columns: &'static [Column],
    /// Rows of `info`.
    pub details: &'static [Column],
    /// Commands of the group that are not regular verbs.
    pub commands: &'static [CustomCommand],
    /// Examples in `--help`, one per line.
    pub examples: &'static str,
}

/// Where the value of a field comes from when a manifest is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// The server: `apply` and `diff` do not compare the field, nor send it if the server hides it.
    ServerManaged,
    /// The manifest, or the existing object if the manifest leaves the field out.
    KeepExisting,
}

/// A regular verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    List,
    Info,
    Create,
    Update,
    Delete,
}

impl Verb {
    /// All verbs, in the order of `--help`.
    pub(crate) const ALL: &[Self] =
        &[Self::List, Self::Info, Self::Create, Self::Update, Self::Delete];

    /// The command.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Info => "info",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// A flag of `delete`.
#[derive(Debug)]
pub(crate) struct DeleteFlag {
    /// Flag and query parameter.
    pub name: &'static str,
    pub help: &'static str,
}

/// A command with arguments and code of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CustomCommand {
    pub name: &'static str,
    /// Adds texts and arguments.
    pub arguments: fn(Command) -> Command,
    pub run: fn(&Context, &ArgMatches) -> Result<()>,
}

impl CustomCommand {
    /// The command as clap parses it.
    pub(crate) fn build(&self) -> Command {
        (self.arguments)(Command::new(self.name))
    }

    /// The command with this name.
    pub(crate) fn find(commands: &'static [Self], name: &str) -> Option<&'static Self> {
        commands.iter().find(|command| command.name == name)
    }
}

impl Descriptor {
    /// A kind whose objects are in a namespace, with all regular verbs and no fields.
    pub(crate) const NAMESPACED: Self = Self {
        command: "",
        kind: "",
        collection: "",
        short_name: None,
        schema: None,
        noun: Noun::a("", ""),
        name: &[NamePart::METADATA_NAME],
        default_name: |_| String::new(),
        namespace: &["/metadata/namespace"],
        is_namespace: false,
        verbs: Verb::ALL,
        created: "OK",
        deleted: "OK",
        delete_flags: &[],
        fields: &[],
        validate: |_| Ok(()),
        manifest_error: None,
        ownership: &[],
        columns: &[],
        details: &[],
        commands: &[],
        examples: "",
    };

    /// A kind whose objects are in no namespace.
    pub(crate) const CLUSTER_WIDE: Self = Self { namespace: &[], ..Self::NAMESPACED };

    /// The short name that `describe-type` prints.
    pub(crate) fn short_name(&self) -> &'static str {
        self.short_name.unwrap_or(self.command)
    }

    /// The name of the schema in the OpenAPI document.
    pub(crate) fn schema(&self) -> &'static str {
        self.schema.unwrap_or(self.kind)
    }

    /// Whether objects are in a namespace.
    pub(crate) fn is_namespaced(&self) -> bool {
        !self.namespace.is_empty()
    }

    /// Whether a user means this kind: by command, type, short name or collection, in any case, with
    /// or without `core/v2.`.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        let name = name.strip_prefix("core/v2.").unwrap_or(name);
        let names = [self.command, self.kind, self.collection, self.short_name()];
        names.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// Whether there is one object, which has no name.
    pub(crate) fn is_singleton(&self) -> bool {
        self.name.is_empty()
    }

    /// The field with this flag.
    pub(crate) fn field(&self, flag: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.flag == flag)
    }

    /// The columns of a list; with the namespace after the name if the list is of all namespaces and
    /// has no such column.
    pub(crate) fn columns(&self, all_namespaces: bool) -> Vec<Column> {
        const TITLE: &str = "Namespace";
        let mut columns = self.columns.to_vec();
        let is_shown = columns.iter().any(|column| column.title == TITLE);
        if let Some(pointer) = self.namespace.first().filter(|_| all_namespaces && !is_shown) {
            columns.insert(self.name.len(), Column::value(TITLE, pointer));
        }
        columns
    }
}
