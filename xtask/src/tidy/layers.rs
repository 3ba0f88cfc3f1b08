//! The layers of each crate: imports between its top-level modules point down, and never in a circle.

use std::collections::{BTreeMap, BTreeSet};

use super::modules::Modules;
use super::sources::Source;

/// The layers of a crate.
pub(super) struct Layers {
    /// Folder of its sources.
    pub(super) folder: &'static str,
    /// Its top-level modules, from the top layer to the bottom one. A module imports from layers below
    /// its own and from its own layer.
    pub(super) order: &'static [&'static [&'static str]],
    /// Modules that every layer may import from. One without a layer may also import from every layer.
    pub(super) exceptions: &'static [&'static str],
    /// Upward imports that exist. This list only shrinks.
    pub(super) known: &'static [(&'static str, &'static str)],
}

/// An import from one top-level module to another, and the files that contain it.
pub(super) type Imports = BTreeMap<(String, String), BTreeSet<String>>;

/// The result of checking the layers of one crate.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Rules that are broken.
    pub(super) errors: Vec<String>,
    /// All upward imports, known or not, with their files.
    pub(super) upward: Vec<String>,
    /// All cycles.
    pub(super) cycles: Vec<String>,
}

impl Layers {
    /// Checks a crate.
    pub(super) fn check(&self, sources: &[Source]) -> Report {
        let modules = Modules::of(self.folder, sources);
        let imports = self.imports(&modules);
        let mut report = Report::default();
        self.check_table(&modules, &mut report);
        for ((from, to), files) in &imports {
            if self.rank(from) >= self.rank(to) {
                continue;
            }
            let files: Vec<&str> = files.iter().map(String::as_str).collect();
            let line = format!("{}: {from} imports from {to} ({})", self.folder, files.join(", "));
            if !self.known.contains(&(from, to)) {
                report.errors.push(format!("upward import: {line}"));
            }
            report.upward.push(line);
        }
        for (from, to) in self.known {
            if !imports.contains_key(&((*from).into(), (*to).into())) {
                let folder = self.folder;
                report.errors.push(format!("{folder}: {from} no longer imports from {to}: remove it from the known upward imports"));
            }
        }
        for cycle in cycles(&imports) {
            let line = format!("{}: {}", self.folder, cycle.join(" and "));
            let is_known = self.known.iter().any(|(from, to)| {
                cycle.iter().any(|one| one == from) && cycle.iter().any(|one| one == to)
            });
            if !is_known {
                report.errors.push(format!("import cycle: {line}"));
            }
            report.cycles.push(line);
        }
        report
    }

    /// Every module is in the table once, and the table names no other.
    fn check_table(&self, modules: &Modules<'_>, report: &mut Report) {
        let folder = self.folder;
        let has_place =
            |module: &&str| self.rank(module).is_some() || self.exceptions.contains(module);
        for module in modules.top_level().filter(|module| !has_place(module)) {
            report
                .errors
                .push(format!("{folder}: {module} has no layer in xtask/src/tidy/crates.rs"));
        }
    }

    /// The layer of a top-level module: 0 for the lowest.
    fn rank(&self, module: &str) -> Option<usize> {
        self.order.iter().rev().position(|layer| layer.contains(&module))
    }

    fn imports(&self, modules: &Modules<'_>) -> Imports {
        let mut imports = Imports::new();
        for (file, from, to) in modules.imports() {
            let (Some(from), Some(top)) = (from.split("::").next(), to.split("::").next()) else {
                continue;
            };
            // `lib.rs` sees everything, and its own items belong to no layer.
            let is_inside = from.is_empty() || top.is_empty() || from == top;
            let is_exception = |module: &str| self.exceptions.contains(&module);
            if !is_inside && !is_exception(from) && !is_exception(&to) {
                imports.entry((from.into(), top.into())).or_default().insert(file.to_owned());
            }
        }
        imports
    }
}

/// The groups of modules that import from each other in circles.
fn cycles(imports: &Imports) -> Vec<Vec<String>> {
    let below = |start: &str| {
        let mut seen = BTreeSet::new();
        let mut rest = vec![start.to_owned()];
        while let Some(module) = rest.pop() {
            for (_, to) in imports.keys().filter(|(from, _)| *from == module) {
                if seen.insert(to.clone()) {
                    rest.push(to.clone());
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&String, BTreeSet<String>> =
        imports.keys().map(|(from, _)| (from, below(from))).collect();
    let mut groups = BTreeSet::new();
    for (module, below) in &reached {
        if below.contains(*module) {
            let back =
                |other: &&String| reached.get(other).is_some_and(|set| set.contains(*module));
            groups.insert(below.iter().filter(back).cloned().collect::<Vec<_>>());
        }
    }
    groups.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: Layers = Layers {
        folder: "x/src",
        order: &[&["top"], &["left", "right"], &["bottom"]],
        exceptions: &["top::context"],
        known: &[],
    };

    fn report(files: &[(&str, &str)]) -> Report {
        let source = |(name, text): &(&str, &str)| Source {
            name: format!("x/src/{name}"),
            text: (*text).to_owned(),
        };
        let sources: Vec<Source> = files.iter().map(source).collect();
        TABLE.check(&sources)
    }

    #[test]
    fn imports_from_lower_layers_and_of_the_exception_are_allowed() {
        let report = report(&[
            ("lib.rs", "mod top; mod left; mod right; mod bottom;"),
            ("top/mod.rs", "mod context; pub use context::Context;"),
            ("top/context.rs", "use crate::left::A; use crate::bottom::B;"),
            ("left.rs", "use crate::right::C; use crate::top::Context;"),
            ("bottom.rs", "fn f(_: &crate::top::context::Context) {}"),
            ("right.rs", ""),
        ]);
        assert!(report.errors.is_empty() && report.upward.is_empty(), "{report:?}");
    }

    #[test]
    fn an_upward_import_is_found() {
        let report = report(&[("bottom/x.rs", "use super::super::left::A;"), ("left.rs", "")]);
        let expected = "upward import: x/src: bottom imports from left (x/src/bottom/x.rs)";
        assert_eq!(report.errors, [expected]);
    }

    #[test]
    fn an_upward_import_through_a_re_export_is_found() {
        let report = report(&[
            ("lib.rs", "pub use left::A;"),
            ("left.rs", ""),
            ("bottom.rs", "use crate::A;"),
        ]);
        assert_eq!(report.upward, ["x/src: bottom imports from left (x/src/bottom.rs)"]);
    }

    #[test]
    fn a_cycle_within_a_layer_is_found() {
        let report =
            report(&[("left.rs", "use crate::right::A;"), ("right.rs", "use crate::left::B;")]);
        assert_eq!(report.errors, ["import cycle: x/src: left and right"]);
    }

    #[test]
    fn a_module_without_a_layer_is_found() {
        let report = report(&[("other.rs", "")]);
        assert_eq!(report.errors, ["x/src: other has no layer in xtask/src/tidy/crates.rs"]);
    }

    #[test]
    fn a_known_import_that_is_gone_has_to_be_removed_from_the_list() {
        let table = Layers { known: &[("bottom", "left")], ..TABLE };
        assert_eq!(table.check(&[]).errors.len(), 1);
    }
}
