//! From texts to objects, each with its place, in the order in which they are written.

use std::collections::{BTreeMap, HashMap};

use sensu_manifests::{Manifest, SourceFile};
use serde_json::Value;

use super::kinds::{KINDS, Object};

/// What is to be written.
pub(super) struct Plan {
    /// The objects: all of one type together, and whatever others need before them.
    pub(super) items: Vec<Item>,
    /// Fields that no object of the type has, with their number.
    pub(super) dropped: BTreeMap<String, usize>,
}

/// An object, and where it came from.
pub(super) struct Item {
    pub(super) kind: &'static str,
    pub(super) object: Box<dyn Object>,
    /// The file and the number of the document in it.
    source: String,
}

impl Plan {
    /// Reads all texts. Namespaced objects that name no namespace go to `namespace`.
    ///
    /// # Errors
    /// All mistakes, each with its place.
    pub(super) fn of(texts: &[SourceFile], namespace: &str) -> Result<Self, Vec<String>> {
        let (mut ranked, mut dropped, mut mistakes) = (Vec::new(), BTreeMap::new(), Vec::new());
        let mut seen = HashMap::new();
        for text in texts {
            let file = if text.path.is_empty() { "the standard input" } else { &text.path };
            let values = match sensu_manifests::parse(&text.content) {
                Ok(values) => values,
                Err(error) => {
                    mistakes.push(format!("{file}: {error}"));
                    continue;
                }
            };
            for (value, number) in values.into_iter().zip(1..) {
                let source = format!("{file}, document {number}");
                match one(value, namespace) {
                    Err(why) => mistakes.push(format!("{source}: {why}")),
                    Ok(One { rank, kind, object, unknown }) => {
                        for field in unknown {
                            *dropped.entry(format!("{kind}.{field}")).or_insert(0) += 1;
                        }
                        let item = Item { kind, object, source };
                        let place = (rank, item.object.place());
                        if let Some(first) = seen.insert(place, item.source.clone()) {
                            mistakes.push(item.told(&format!("is in {first} already")));
                        }
                        ranked.push((rank, item));
                    }
                }
            }
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        // Stable: within a type the order is that of the files.
        ranked.sort_by_key(|(rank, _)| *rank);
        Ok(Self { items: ranked.into_iter().map(|(_, item)| item).collect(), dropped })
    }
}

impl Item {
    /// Something about it, with all that is needed to find it.
    pub(super) fn told(&self, what: &str) -> String {
        let Self { kind, source, .. } = self;
        match self.object.place() {
            (namespace, name) if namespace.is_empty() => format!("{source}: {kind} {name}: {what}"),
            (namespace, name) => format!("{source}: {kind} {namespace}/{name}: {what}"),
        }
    }
}

/// What one document says.
struct One {
    /// The place of its type among [`KINDS`].
    rank: usize,
    kind: &'static str,
    object: Box<dyn Object>,
    /// The fields that it cannot have.
    unknown: Vec<String>,
}

fn one(document: Value, namespace: &str) -> Result<One, String> {
    let wrapped = Manifest::from_value(document).map_err(|error| error.to_string())?;
    let mut kinds = KINDS.iter().enumerate();
    let Some((rank, kind)) = kinds.find(|(_, kind)| kind.name == wrapped.kind) else {
        let known: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        return Err(format!("unknown type {:?}; there are {}", wrapped.kind, known.join(", ")));
    };
    let (object, unknown) = (kind.read)(wrapped.into_object(kind.name_in), namespace)
        .map_err(|why| format!("{}: {why}", kind.name))?;
    Ok(One { rank, kind: kind.name, object, unknown })
}
