//! The plan of an import: the objects of all files in the order of writing, and their sources for
//! error messages.

use std::collections::HashMap;
use std::collections::hash_map::{DefaultHasher, Entry};
use std::hash::{Hash as _, Hasher as _};

use sensu_manifests::{Manifest, SourceFile};
use serde_json::Value;

use super::Options;
use super::objects::{self, Content, Object, ReadContext};
use super::report::{CORE, ChangeKind, ManifestReport, Outcome};
use super::unsupported;
use crate::catalog::ImportStage;

/// What an import writes.
pub(super) struct Plan {
    /// The objects by import stage and kind.
    pub(super) items: Vec<Item>,
    /// Every manifest, in the order of the files.
    pub(super) manifests: Vec<ManifestReport>,
}

/// An object and its source.
pub(super) struct Item {
    pub(super) kind: &'static str,
    pub(super) object: Box<dyn Object>,
    /// Position in [`Plan::manifests`].
    pub(super) index: usize,
    /// File, and number of the manifest in the file.
    source: String,
}

/// The order of writing: stage, then position in the catalog. Kinds of one stage are adjacent.
type Rank = (ImportStage, usize);

impl Plan {
    /// Parses all files. `now` is the time of the import.
    ///
    /// # Errors
    /// One message for every file or manifest that cannot be imported, with its source.
    pub(super) fn new(
        files: &[SourceFile],
        options: &Options<'_>,
        now: i64,
    ) -> Result<Self, Vec<String>> {
        let taken_at = options.taken_at.unwrap_or(now);
        let mut reader = ManifestReader {
            context: ReadContext {
                namespace: options.namespace,
                taken_at,
                now,
                is_strict: options.strict,
            },
            reject_unknown_types: options.reject_unknown_types,
            ranked: Vec::new(),
            manifests: Vec::new(),
            seen: HashMap::new(),
            errors: Vec::new(),
        };
        for file in files {
            let path = if file.path.is_empty() { "standard input" } else { &file.path };
            match sensu_manifests::parse(&file.content) {
                Ok(values) => {
                    for (value, number) in values.into_iter().zip(1..) {
                        let source = format!("{path}, manifest {number}");
                        reader.add(value, &file.path, number, source);
                    }
                }
                Err(error) => reader.errors.push(format!("{path}: {error}")),
            }
        }
        if !reader.errors.is_empty() {
            return Err(reader.errors);
        }
        // Stable: within a kind the order is that of the files.
        reader.ranked.sort_by_key(|(rank, _)| *rank);
        let items = reader.ranked.into_iter().map(|(_, item)| item).collect();
        Ok(Self { items, manifests: reader.manifests })
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

/// Reads manifests one after the other.
struct ManifestReader<'a> {
    context: ReadContext<'a>,
    /// See [`Options::reject_unknown_types`].
    reject_unknown_types: bool,
    ranked: Vec<(Rank, Item)>,
    manifests: Vec<ManifestReport>,
    /// The objects so far, by kind and identity.
    seen: HashMap<(&'static str, (String, String)), Seen>,
    errors: Vec<String>,
}

/// An object that was read before.
struct Seen {
    source: String,
    /// Hash of the content.
    hash: u64,
}

/// An object to write, with its kind and its place in the order.
struct Ranked {
    rank: Rank,
    kind: &'static str,
    object: Box<dyn Object>,
}

impl ManifestReader<'_> {
    /// Reads a manifest: adds it to the report, and its object to those to write.
    fn add(&mut self, value: Value, path: &str, number: usize, source: String) {
        let manifest = match Manifest::from_value(value) {
            Ok(manifest) => manifest,
            Err(error) => return self.errors.push(format!("{source}: {error}")),
        };
        let mut report = ManifestReport {
            file: if path.is_empty() { "-".into() } else { path.into() },
            number,
            api_version: if manifest.is_core_v2() { CORE } else { &manifest.api_version }
                .to_owned(),
            kind: manifest.kind.clone(),
            namespace: manifest.text("namespace").to_owned(),
            name: manifest.text("name").to_owned(),
            outcome: Outcome::Imported,
            reason: String::new(),
            changes: Vec::new(),
            warnings: Vec::new(),
        };
        match self.read(manifest, &mut report, &source) {
            Err(message) => return self.errors.push(format!("{source}: {message}")),
            Ok(Some(Ranked { rank, kind, object })) => {
                let item = Item { kind, object, index: self.manifests.len(), source };
                self.ranked.push((rank, item));
            }
            Ok(None) => {}
        }
        self.manifests.push(report);
    }

    /// The object to write. `None` if there is none; the report then contains the reason.
    fn read(
        &mut self,
        manifest: Manifest,
        report: &mut ManifestReport,
        source: &str,
    ) -> Result<Option<Ranked>, String> {
        let unsupported = unsupported::reason(&manifest)?;
        let known = objects::find(&manifest.kind).filter(|_| unsupported.is_none());
        let Some((kind, position, reader)) = known else {
            let reason = unsupported.unwrap_or_default();
            if self.reject_unknown_types {
                return Err(format!("{}: {reason}", report.title()));
            }
            return self.skip(report, reason);
        };
        // These two kinds have a name instead of metadata.
        let name_field = match kind.import {
            ImportStage::Namespaces => Some("name"),
            ImportStage::Users => Some("username"),
            _ => None,
        };
        let value = manifest.into_object(name_field);
        let mut hasher = DefaultHasher::new();
        value.to_string().hash(&mut hasher);
        let hash = hasher.finish();
        let content = reader(value, &self.context);
        let read = match content.map_err(|message| format!("{}: {message}", kind.name))? {
            Content::Object(read) => read,
            Content::Skipped(reason) => return self.skip(report, reason),
        };
        let identity = read.object.identity();
        (report.namespace, report.name) = identity.clone();
        (report.changes, report.warnings) = (read.changes, read.warnings);
        match self.seen.entry((kind.name, identity)) {
            Entry::Vacant(entry) => {
                entry.insert(Seen { source: source.to_owned(), hash });
            }
            Entry::Occupied(entry) => {
                let first = entry.get();
                if first.hash != hash {
                    return Err(format!("{}: is already in {}", report.title(), first.source));
                }
                // Dumps of several namespaces each contain the cluster-wide objects.
                report.reason = format!("equal to {}", first.source);
                report.outcome = Outcome::Skipped;
                report.changes.clear();
                return Ok(None);
            }
        }
        if self.context.is_strict {
            reject_losses(report)?;
        }
        if !report.changes.is_empty() {
            report.outcome = Outcome::Changed;
        }
        let rank = (kind.import, position);
        Ok(Some(Ranked { rank, kind: kind.name, object: read.object }))
    }

    /// Skips a manifest, or rejects it if the import is strict.
    fn skip<T>(&self, report: &mut ManifestReport, reason: String) -> Result<Option<T>, String> {
        if self.context.is_strict {
            let (title, version) = (report.title(), &report.api_version);
            return Err(format!("{title} ({version}): {reason} (--strict)"));
        }
        (report.outcome, report.reason) = (Outcome::Skipped, reason);
        Ok(None)
    }
}

/// Rejects a manifest that would lose fields.
fn reject_losses(report: &ManifestReport) -> Result<(), String> {
    let lost = report.changes.iter().filter(|change| change.change == ChangeKind::Dropped);
    let lost: Vec<String> =
        lost.map(|change| format!("{}: {}", change.field, change.reason)).collect();
    match lost.is_empty() {
        true => Ok(()),
        false => Err(format!("{}: {} (--strict)", report.title(), lost.join("; "))),
    }
}
