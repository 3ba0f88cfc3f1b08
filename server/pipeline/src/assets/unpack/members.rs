//! Creates the members of an archive in a directory, and nothing outside of it.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, symlink};
use std::path::{Component, Path, PathBuf};

use super::Limits;

/// Maximum length of a path or of the target of a link, in bytes.
pub(super) const PATH: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Directory,
    File,
    Link,
}

/// The members that were created so far.
///
/// Paths have only normal components, and lead through directories that were created here, never through a link.
pub(super) struct Members {
    root: PathBuf,
    created: HashMap<PathBuf, Kind>,
    size: u64,
    limits: Limits,
}

impl Members {
    /// `root` is an empty directory.
    pub(super) fn new(root: &Path, limits: Limits) -> io::Result<Self> {
        let root = fs::canonicalize(root)?;
        Ok(Self { root, created: HashMap::new(), size: 0, limits })
    }

    pub(super) fn directory(&mut self, path: &Path) -> io::Result<()> {
        let path = relative(path)?;
        if path.as_os_str().is_empty() { Ok(()) } else { self.create_directory(&path) }
    }

    /// Creates a file. Only the bits for execution of `mode` count.
    pub(super) fn file(&mut self, path: &Path, mode: u32, content: impl Read) -> io::Result<()> {
        let target = self.add(path, Kind::File)?;
        let mut options = OpenOptions::new();
        let mut file =
            options.write(true).create_new(true).mode(0o644 | mode & 0o111).open(target)?;
        let rest = self.limits.size.saturating_sub(self.size);
        // One byte more shows that the limit is exceeded.
        let copied = io::copy(&mut content.take(rest.saturating_add(1)), &mut file)?;
        self.size = self.size.saturating_add(copied);
        if copied > rest {
            let size = self.limits.size;
            return Err(io::Error::other(format!("larger than {size} bytes when unpacked")));
        }
        file.flush()
    }

    /// Creates a symbolic link. [`Members::check_links`] checks where it leads to.
    pub(super) fn link(&mut self, path: &Path, target: &Path) -> io::Result<()> {
        if target.is_absolute() || target.as_os_str().is_empty() || target.as_os_str().len() > PATH
        {
            return Err(invalid(path, "links to an invalid path"));
        }
        let link = self.add(path, Kind::Link)?;
        symlink(target, link)
    }

    /// Creates a second name of a file.
    pub(super) fn hard_link(&mut self, path: &Path, target: &Path) -> io::Result<()> {
        let original = relative(target)?;
        if self.created.get(&original) != Some(&Kind::File) {
            return Err(invalid(path, "links to a path that is not a file of the archive"));
        }
        let link = self.add(path, Kind::File)?;
        fs::hard_link(self.root.join(original), link)
    }

    /// Checks that all symbolic links lead to members.
    pub(super) fn check_links(&self) -> io::Result<()> {
        for (path, _) in self.created.iter().filter(|(_, kind)| **kind == Kind::Link) {
            let target = fs::canonicalize(self.root.join(path));
            if !target.is_ok_and(|target| target.starts_with(&self.root)) {
                return Err(invalid(
                    path,
                    "is a link that does not lead to a member of the archive",
                ));
            }
        }
        Ok(())
    }

    /// Registers a file or link, and returns the path to create.
    fn add(&mut self, path: &Path, kind: Kind) -> io::Result<PathBuf> {
        let path = relative(path)?;
        match path.parent() {
            None => return Err(invalid(&path, "has no name")),
            Some(parent) if parent.as_os_str().is_empty() => {}
            Some(parent) => self.create_directory(parent)?,
        }
        self.register(&path, kind)?;
        Ok(self.root.join(path))
    }

    fn create_directory(&mut self, path: &Path) -> io::Result<()> {
        let mut ancestors: Vec<_> =
            path.ancestors().filter(|p| !p.as_os_str().is_empty()).collect();
        ancestors.reverse();
        for directory in ancestors {
            match self.created.get(directory) {
                Some(Kind::Directory) => {}
                Some(_) => return Err(invalid(path, "leads through a file or link")),
                None => {
                    self.register(directory, Kind::Directory)?;
                    fs::create_dir(self.root.join(directory))?;
                }
            }
        }
        Ok(())
    }

    fn register(&mut self, path: &Path, kind: Kind) -> io::Result<()> {
        if self.created.len() >= self.limits.members {
            let members = self.limits.members;
            return Err(io::Error::other(format!("more than {members} members")));
        }
        if self.created.insert(path.to_owned(), kind).is_some() {
            return Err(invalid(path, "occurs twice"));
        }
        Ok(())
    }
}

/// A path without `.`.
fn relative(path: &Path) -> io::Result<PathBuf> {
    if path.as_os_str().len() > PATH {
        return Err(io::Error::other("a path is too long"));
    }
    let mut relative = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => relative.push(name),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return Err(invalid(path, "leads out of the directory"));
            }
        }
    }
    Ok(relative)
}

fn invalid(path: &Path, problem: &str) -> io::Error {
    io::Error::other(format!("member {path:?} {problem}"))
}
