//! The modules of a crate, and which of them each file imports from.

use std::collections::BTreeMap;

use super::imports::{Import, imports};
use super::sources::Source;

/// Longest chain of re-exports that is followed.
const MAX_HOPS: usize = 8;

/// The modules of a crate by path (`a::b`, and an empty path for its root).
pub(super) struct Modules<'a> {
    files: BTreeMap<String, (&'a str, Vec<Import<'a>>)>,
}

impl<'a> Modules<'a> {
    /// Reads the modules below a folder.
    pub(super) fn of(folder: &str, sources: &'a [Source]) -> Self {
        let mut files = BTreeMap::new();
        for source in sources {
            if let Some(module) = module_of(folder, &source.name) {
                files.insert(module, (source.name.as_str(), imports(&source.text)));
            }
        }
        Self { files }
    }

    /// The modules that are not inside others.
    pub(super) fn top_level(&self) -> impl Iterator<Item = &str> {
        let paths = self.files.keys().map(String::as_str);
        paths.filter(|path| !path.is_empty() && !path.contains("::"))
    }

    /// Each import within the crate: the file, its module, and the module that holds what is imported.
    pub(super) fn imports(&self) -> impl Iterator<Item = (&'a str, &str, String)> {
        self.files.iter().flat_map(move |(module, (file, imports))| {
            let resolved =
                imports.iter().filter_map(|import| self.resolve(module, import, MAX_HOPS));
            resolved.map(move |there| (*file, module.as_str(), there))
        })
    }

    /// The module that holds what a path names, or `None` if that is in another crate.
    fn resolve(&self, module: &str, import: &Import<'_>, hops: usize) -> Option<String> {
        let mut at: Vec<&str> = segments(module);
        at.extend(&import.inside);
        let mut rest = import.path.as_slice();
        let mut is_local = false;
        while let [first @ ("crate" | "super" | "self"), others @ ..] = rest {
            match *first {
                "crate" => at.clear(),
                "super" => drop(at.pop()),
                _ => {}
            }
            (is_local, rest) = (true, others);
        }
        if !is_local {
            let child = [&at[..], rest.get(..1)?].concat().join("::");
            self.files.get(&child)?;
        }
        while let [first, others @ ..] = rest {
            let child = [&at[..], &[*first]].concat();
            if self.files.contains_key(&child.join("::")) {
                (at, rest) = (child, others);
                continue;
            }
            let there = self.re_export(&at.join("::"), first, hops);
            return Some(there.unwrap_or_else(|| at.join("::")));
        }
        Some(at.join("::"))
    }

    /// Where a name comes from that a module imports itself.
    fn re_export(&self, module: &str, name: &str, hops: usize) -> Option<String> {
        let (_, imports) = self.files.get(module)?;
        let import = imports.iter().find(|import| import.name == Some(name))?;
        self.resolve(module, import, hops.checked_sub(1)?)
    }
}

/// The module that a file holds; `None` for files of another crate.
fn module_of(folder: &str, name: &str) -> Option<String> {
    let path = name.strip_prefix(folder)?.strip_prefix('/')?.strip_suffix(".rs")?;
    match path {
        "lib" => Some(String::new()),
        "main" => None,
        _ if path.starts_with("bin/") => None,
        path => Some(path.strip_suffix("/mod").unwrap_or(path).replace('/', "::")),
    }
}

fn segments(module: &str) -> Vec<&str> {
    module.split("::").filter(|segment| !segment.is_empty()).collect()
}
