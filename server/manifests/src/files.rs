//! Reads files, directories and the standard input.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::ManifestError;

/// Extensions of the files that are read from a directory, compared without regard to case.
const EXTENSIONS: [&str; 3] = ["json", "yaml", "yml"];

/// A file and its text.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The path; empty for the standard input.
    pub path: String,
    /// The whole text.
    pub content: String,
}

/// Reads all `paths` in order. `-` is the standard input. A directory needs `recursive`; its
/// `.json`, `.yaml` and `.yml` files are read in the order of their names, subdirectories included.
///
/// # Errors
/// If a path cannot be read, or is a directory and `recursive` is false.
pub fn read_files(paths: &[PathBuf], recursive: bool) -> Result<Vec<SourceFile>, ManifestError> {
    let mut sources = Vec::new();
    for path in paths {
        if path == Path::new("-") {
            sources.push(SourceFile { path: String::new(), content: read_stdin()? });
            continue;
        }
        if path.is_dir() && !recursive {
            let message = format!("{} is a directory: add --recursive", path.display());
            return Err(ManifestError(message));
        }
        for path in find_files(path).map_err(|error| cannot_read(path, &error))? {
            let content = fs::read_to_string(&path).map_err(|error| cannot_read(&path, &error))?;
            sources.push(SourceFile { path: path.display().to_string(), content });
        }
    }
    Ok(sources)
}

fn read_stdin() -> Result<String, ManifestError> {
    let mut text = String::new();
    let read = io::stdin().read_to_string(&mut text);
    read.map_err(|error| ManifestError(format!("cannot read the standard input: {error}")))?;
    Ok(text)
}

fn cannot_read(path: &Path, error: &io::Error) -> ManifestError {
    ManifestError(format!("cannot read {}: {error}", path.display()))
}

/// The file itself, or the files below a directory. Follows symbolic links; a loop is an error.
fn find_files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in WalkDir::new(path).follow_links(true).sort_by_file_name() {
        let entry = entry?;
        let extension = entry.path().extension();
        if entry.file_type().is_file()
            && extension
                .is_some_and(|found| EXTENSIONS.iter().any(|e| found.eq_ignore_ascii_case(e)))
        {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_read_in_the_order_of_names() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("below")).unwrap();
        for (name, content) in
            [("b.yaml", "2"), ("below/c.YML", "3"), ("a.json", "1"), ("read.me", "?")]
        {
            fs::write(at(name), content).unwrap();
        }
        let paths = [folder.path().to_owned()];
        let sources = read_files(&paths, true).unwrap();
        let contents: Vec<_> = sources.into_iter().map(|source| source.content).collect();
        assert_eq!(contents, ["1", "2", "3"]);
        let error = read_files(&paths, false).unwrap_err().to_string();
        assert!(error.ends_with("is a directory: add --recursive"), "{error}");
        // A file given by name is read whatever its extension.
        assert_eq!(read_files(&[at("read.me")], false).unwrap()[0].content, "?");
        std::os::unix::fs::symlink(folder.path(), at("below/again")).unwrap();
        let error = read_files(&paths, true).unwrap_err().to_string();
        assert!(error.contains("loop"), "{error}");
        let error = read_files(&[at("none")], true).unwrap_err().to_string();
        assert!(error.starts_with("cannot read ") && error.contains("none"), "{error}");
    }
}
