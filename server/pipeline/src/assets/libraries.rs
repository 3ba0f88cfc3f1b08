//! The scripts of assets: the files `*.js` below `lib`.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::InstalledAsset;

/// Maximum size of all scripts of a filter or mutator, in bytes.
const SIZE: u64 = 4 << 20;

/// The texts of all scripts, by asset in the order given, and by path.
///
/// # Errors
/// If a script cannot be read, is not UTF-8, or all together are larger than 4 MiB.
pub(crate) async fn libraries(assets: &[InstalledAsset]) -> io::Result<Vec<Arc<str>>> {
    if assets.is_empty() {
        return Ok(Vec::new());
    }
    let assets = assets.to_vec();
    let read = move || {
        let (mut scripts, mut rest) = (Vec::new(), SIZE);
        for asset in &assets {
            let directory = asset.directory().join("lib");
            if directory.is_dir() {
                collect(&directory, &mut scripts, &mut rest)?;
            }
        }
        Ok(scripts)
    };
    tokio::task::spawn_blocking(read).await.map_err(io::Error::other)?
}

/// Symbolic links to directories are not followed: they can form cycles.
fn collect(directory: &Path, scripts: &mut Vec<Arc<str>>, rest: &mut u64) -> io::Result<()> {
    let mut entries = fs::read_dir(directory)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            collect(&path, scripts, rest)?;
        } else if path.extension().is_some_and(|extension| extension == "js") {
            let metadata = fs::metadata(&path)?;
            if !metadata.is_file() {
                continue;
            }
            *rest = rest
                .checked_sub(metadata.len())
                .ok_or_else(|| io::Error::other("more than 4 MiB of scripts"))?;
            scripts.push(fs::read_to_string(&path)?.into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn scripts_below_lib_are_read_in_order() {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("a/lib/b.js", "2"),
            ("a/lib/a/c.js", "1"),
            ("a/lib/readme.txt", "no"),
            ("a/bin/d.js", "no"),
            ("b/lib/a.js", "3"),
            ("c/bin/x", "no"),
        ] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        std::os::unix::fs::symlink("..", root.path().join("a/lib/cycle")).unwrap();
        let asset = |name| InstalledAsset::test(name, root.path().join(name).to_str().unwrap());
        let assets = ["a", "b", "c"].map(asset);
        let scripts = libraries(&assets).await.unwrap();
        assert_eq!(scripts.iter().map(|text| &**text).collect::<Vec<_>>(), ["1", "2", "3"]);
        fs::write(root.path().join("b/lib/b.js"), " ".repeat(5 << 20)).unwrap();
        assert!(libraries(&assets).await.is_err());
    }
}
