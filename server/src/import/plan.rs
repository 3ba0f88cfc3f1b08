//! The plan of an import: the objects of all files in the order of writing, and their sources for
//! error messages.

use std::collections::{BTreeMap, HashMap};

use sensu_manifests::{Manifest, SourceFile};
use serde_json::Value;

use super::objects::{self, Object};
use crate::catalog::ImportStage;

/// What an import writes.
pub(super) struct Plan {
    /// The objects by import stage and kind.
    pub(super) items: Vec<Item>,
    /// Fields that the kind does not have, as `kind.path`, with their number. They are dropped.
    pub(super) dropped: BTreeMap<String, usize>,
}

/// An object and its source.
pub(super) struct Item {
    pub(super) kind: &'static str,
    pub(super) object: Box<dyn Object>,
    /// File, and number of the manifest in the file.
    source: String,
}

/// The order of writing: stage, then position in the catalog. Kinds of one stage are adjacent.
type Rank = (ImportStage, usize);

impl Plan {
    /// Parses all files. Namespaced objects without a namespace get `namespace`.
    ///
    /// # Errors
    /// One message for every file or manifest that cannot be imported, with its source.
    pub(super) fn new(files: &[SourceFile], namespace: &str) -> Result<Self, Vec<String>> {
        let (mut ranked, mut dropped, mut errors) = (Vec::new(), BTreeMap::new(), Vec::new());
        let mut sources = HashMap::new();
        for file in files {
            let path = if file.path.is_empty() { "standard input" } else { &file.path };
            let values = match sensu_manifests::parse(&file.content) {
                Ok(values) => values,
                Err(error) => {
                    errors.push(format!("{path}: {error}"));
                    continue;
                }
            };
            for (value, number) in values.into_iter().zip(1..) {
                let source = format!("{path}, manifest {number}");
                match read(value, namespace) {
                    Err(message) => errors.push(format!("{source}: {message}")),
                    Ok(Read { rank, kind, object, unknown }) => {
                        for field in unknown {
                            *dropped.entry(format!("{kind}.{field}")).or_insert(0) += 1;
                        }
                        let item = Item { kind, object, source };
                        let identity = (kind, item.object.identity());
                        if let Some(first) = sources.insert(identity, item.source.clone()) {
                            errors.push(item.error_message(&format!("is already in {first}")));
                        }
                        ranked.push((rank, item));
                    }
                }
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        // Stable: within a kind the order is that of the files.
        ranked.sort_by_key(|(rank, _)| *rank);
        Ok(Self { items: ranked.into_iter().map(|(_, item)| item).collect(), dropped })
    }
}

impl Item {
    /// An error message that names source, kind and object.
    pub(super) fn error_message(&self, error: &str) -> String {
        let Self { kind, source, .. } = self;
        match self.object.identity() {
            (namespace, name) if namespace.is_empty() => {
                format!("{source}: {kind} {name}: {error}")
            }
            (namespace, name) => format!("{source}: {kind} {namespace}/{name}: {error}"),
        }
    }
}

/// The content of one manifest.
struct Read {
    rank: Rank,
    kind: &'static str,
    object: Box<dyn Object>,
    /// Paths of fields that the kind does not have.
    unknown: Vec<String>,
}

fn read(value: Value, namespace: &str) -> Result<Read, String> {
    let manifest = Manifest::from_value(value).map_err(|error| error.to_string())?;
    let Some((kind, position, reader)) = objects::find(&manifest.kind) else {
        let known: Vec<&str> = objects::names().collect();
        return Err(format!("unknown type {:?}; known: {}", manifest.kind, known.join(", ")));
    };
    // These two kinds have a name instead of metadata.
    let name_field = match kind.import {
        ImportStage::Namespaces => Some("name"),
        ImportStage::Users => Some("username"),
        _ => None,
    };
    let (object, unknown) = reader(manifest.into_object(name_field), namespace)
        .map_err(|message| format!("{}: {message}", kind.name))?;
    Ok(Read { rank: (kind.import, position), kind: kind.name, object, unknown })
}
