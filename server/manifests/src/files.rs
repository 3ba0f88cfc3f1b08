//! Texts from files, directories and the standard input.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::Unreadable;

/// What a file holds.
#[derive(Clone, Debug)]
pub struct Text {
    /// The path of the file; empty for the standard input.
    pub file: String,
    /// All of it.
    pub content: String,
}

/// The texts of files; of a directory those with the endings `.json`, `.yaml` and `.yml`, in the
/// order of their names, and if `recursive` with what is below it. `-` is the standard input.
///
/// # Errors
/// [`Unreadable`] with the path that cannot be read, or of the directory that was not meant to be.
pub fn texts(paths: &[PathBuf], recursive: bool) -> Result<Vec<Text>, Unreadable> {
    let mut texts = Vec::new();
    for path in paths {
        if path == Path::new("-") {
            texts.push(Text { file: String::new(), content: standard_input()? });
            continue;
        }
        if path.is_dir() && !recursive {
            return Err(Unreadable(format!("{} is a directory: add --recursive", path.display())));
        }
        for path in found(path).map_err(|error| cannot_read(path, &error))? {
            let content = fs::read_to_string(&path).map_err(|error| cannot_read(&path, &error))?;
            texts.push(Text { file: path.display().to_string(), content });
        }
    }
    Ok(texts)
}

fn standard_input() -> Result<String, Unreadable> {
    let mut text = String::new();
    let read = io::stdin().read_to_string(&mut text);
    read.map_err(|error| Unreadable(format!("cannot read the standard input: {error}")))?;
    Ok(text)
}

fn cannot_read(path: &Path, error: &io::Error) -> Unreadable {
    Unreadable(format!("cannot read {}: {error}", path.display()))
}

/// The file, or the files with resources in the directory and below, in the order of names. Links are
/// followed, but not in circles.
fn found(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in WalkDir::new(path).follow_links(true).sort_by_file_name() {
        let entry = entry?;
        let ends = ["json", "yaml", "yml"];
        let end = entry.path().extension();
        if entry.file_type().is_file()
            && end.is_some_and(|end| ends.iter().any(|known| end.eq_ignore_ascii_case(known)))
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
        let read: Vec<_> = texts(&paths, true).unwrap().into_iter().map(|t| t.content).collect();
        assert_eq!(read, ["1", "2", "3"]);
        let refused = texts(&paths, false).unwrap_err().to_string();
        assert!(refused.ends_with("is a directory: add --recursive"), "{refused}");
        // A file that is named is read whatever its ending.
        assert_eq!(texts(&[at("read.me")], false).unwrap()[0].content, "?");
        std::os::unix::fs::symlink(folder.path(), at("below/again")).unwrap();
        let refused = texts(&paths, true).unwrap_err().to_string();
        assert!(refused.contains("loop"), "{refused}");
        let missing = texts(&[at("none")], true).unwrap_err().to_string();
        assert!(missing.starts_with("cannot read ") && missing.contains("none"), "{missing}");
    }
}
