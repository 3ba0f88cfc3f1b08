//! The report of an import: what happened to every manifest. `sensu-server import` prints a summary of
//! it and writes all of it as JSON (`--report FILE`).

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};

use serde::Serialize;

/// Warnings that the summary lists. Of the others it gives the number.
const MAX_LISTED_WARNINGS: usize = 20;

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Time at which the files were written by `sensuctl dump`, in seconds since 1970-01-01 UTC: the
    /// value of `--taken-at`, or the time of the import.
    pub taken_at: i64,
    /// Numbers of manifests.
    pub totals: Counts,
    /// Numbers of manifests of each kind: imported kinds in the order of writing, then kinds that the
    /// server does not have, by API version and name. Kinds without manifests are left out.
    pub kinds: Vec<KindCounts>,
    /// Names of the users that are disabled because the files contain no password for them.
    pub disabled_users: Vec<String>,
    /// What to do next, with the commands to run. Empty if there is nothing to do.
    pub next_steps: Vec<String>,
    /// Every manifest, in the order of the files.
    pub manifests: Vec<ManifestReport>,
}

/// Numbers of manifests by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Stored as in the manifest.
    pub imported: usize,
    /// Stored with changes.
    pub changed: usize,
    /// Not stored.
    pub skipped: usize,
}

/// Numbers of manifests of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KindCounts {
    /// API group and version: `core/v2`, also if the manifests have none.
    pub api_version: String,
    /// The type: `CheckConfig`.
    pub kind: String,
    /// Numbers of manifests.
    #[serde(flatten)]
    pub counts: Counts,
}

/// What happened to a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ManifestReport {
    /// Path of the file. `-` for standard input.
    pub file: String,
    /// Number of the manifest in the file, from 1.
    pub number: usize,
    /// API group and version: `core/v2`, also if the manifest has none.
    pub api_version: String,
    /// The type: `CheckConfig`.
    pub kind: String,
    /// Namespace. Empty for cluster-wide objects.
    pub namespace: String,
    /// Name: `entity/check` for an event.
    pub name: String,
    /// What happened.
    pub outcome: Outcome,
    /// Why the manifest was skipped. Omitted for other outcomes.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Fields that differ between the manifest and the stored object, in the order of the object.
    /// Omitted if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// What the stored object lacks although it equals the manifest. Omitted if there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// What happened to a manifest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Stored as in the manifest.
    #[default]
    Imported,
    /// Stored with changes.
    Changed,
    /// Not stored.
    Skipped,
}

/// A field that differs between the manifest and the stored object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Path of the field: `check.occurrences`.
    pub field: String,
    /// How it differs.
    pub change: ChangeKind,
    /// Why it differs.
    pub reason: String,
}

/// How a field differs between the manifest and the stored object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// The stored object has a field that the manifest does not have.
    Added,
    /// The values differ.
    Changed,
    /// The stored object does not have the field.
    Dropped,
}

impl ChangeKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Dropped => "dropped",
        }
    }
}

impl Counts {
    pub(super) fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Imported => self.imported += 1,
            Outcome::Changed => self.changed += 1,
            Outcome::Skipped => self.skipped += 1,
        }
    }
}

impl ManifestReport {
    /// API version and kind, namespace and name, for messages.
    pub(super) fn title(&self) -> String {
        let Self { kind, namespace, name, .. } = self;
        match namespace.as_str() {
            "" => format!("{kind} {name}"),
            namespace => format!("{kind} {namespace}/{name}"),
        }
    }
}

impl Report {
    /// Completes the numbers. `order` is the order of the imported kinds.
    pub(super) fn count(&mut self, order: impl Iterator<Item = &'static str>) {
        let mut by_kind = BTreeMap::<(&str, &str), Counts>::new();
        for manifest in &self.manifests {
            self.totals.add(manifest.outcome);
            let kind = (manifest.api_version.as_str(), manifest.kind.as_str());
            by_kind.entry(kind).or_default().add(manifest.outcome);
        }
        let known = order.filter_map(|kind| by_kind.remove_entry(&(CORE, kind)));
        let mut kinds: Vec<_> = known.collect();
        kinds.extend(by_kind);
        let kinds = kinds.into_iter().map(|((api_version, kind), counts)| KindCounts {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            counts,
        });
        self.kinds = kinds.collect();
    }

    /// The warnings of all manifests, each with the object.
    fn warnings(&self) -> Vec<String> {
        let all = self.manifests.iter().flat_map(|manifest| {
            manifest.warnings.iter().map(|warning| format!("{}: {warning}", manifest.title()))
        });
        all.collect()
    }
}

/// The API group and version of this server.
pub(super) const CORE: &str = "core/v2";

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Counts { imported, changed, skipped } = self.totals;
        let all = imported + changed;
        write!(f, "imported {all} objects, {changed} of them with changes:")?;
        for KindCounts { kind, counts, .. } in &self.kinds {
            match counts.imported + counts.changed {
                0 => {}
                count => write!(f, "\n{count:>8} {kind}")?,
            }
        }
        let (mut changes, mut reasons) = (BTreeMap::new(), BTreeMap::new());
        for manifest in &self.manifests {
            let kind = manifest.kind.as_str();
            for Change { field, change, reason } in &manifest.changes {
                *changes.entry((kind, field, *change, reason)).or_insert(0_usize) += 1;
            }
            if manifest.outcome == Outcome::Skipped {
                let key = (&manifest.api_version, kind, &manifest.reason);
                *reasons.entry(key).or_insert(0_usize) += 1;
            }
        }
        if !changes.is_empty() {
            write!(f, "\nchanges:")?;
        }
        for ((kind, field, change, reason), count) in changes {
            write!(f, "\n{count:>8} {kind}.{field} {}: {reason}", change.as_str())?;
        }
        if !reasons.is_empty() {
            write!(f, "\nskipped {skipped} manifests:")?;
        }
        for ((api_version, kind, reason), count) in reasons {
            write!(f, "\n{count:>8} {kind} ({api_version}): {reason}")?;
        }
        let warnings = self.warnings();
        for warning in warnings.iter().take(MAX_LISTED_WARNINGS) {
            write!(f, "\nwarning: {warning}")?;
        }
        if let more @ 1.. = warnings.len().saturating_sub(MAX_LISTED_WARNINGS) {
            write!(f, "\n{more} more warnings: use --report")?;
        }
        if !self.disabled_users.is_empty() {
            let names = self.disabled_users.join(", ");
            write!(f, "\nimported without a password, and therefore disabled: {names}")?;
        }
        for step in &self.next_steps {
            write!(f, "\nnext: {step}")?;
        }
        Ok(())
    }
}
