//! The files that tidy reads: Rust sources, documentation, and the published document.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

/// A file of the workspace.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// Path from the workspace's root, with `/`.
    pub(super) name: String,
    /// Content.
    pub(super) text: String,
}

impl Source {
    pub(super) fn is_rust(&self) -> bool {
        has_extension(&self.name, "rs")
    }
}

/// Reads all `*.rs` and `*.md` files, and the JSON files of `openapi/`, sorted by name.
pub(super) fn read(root: &Path) -> anyhow::Result<Vec<Source>> {
    let mut sources = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            let name = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
            let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
            if kind.is_dir() && !is_hidden && name != "target" {
                folders.push(path);
            } else if kind.is_file() && is_read(&name) {
                let text = fs::read_to_string(&path).with_context(|| name.clone())?;
                sources.push(Source { name, text });
            }
        }
    }
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(sources)
}

fn is_read(name: &str) -> bool {
    let is_document = name.starts_with("openapi/") && has_extension(name, "json");
    is_document || has_extension(name, "rs") || has_extension(name, "md")
}

fn has_extension(name: &str, extension: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, found)| found == extension)
}
