//! The files that packages contain, in `target/packages/stage/NAME/` for each program: the program, manual pages,
//! completion scripts, a changelog and the notices of its dependencies.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::programs::{PROGRAMS, Program};
use crate::source_date::formatted;
use crate::tools::{fresh, output};
use crate::{VERSION, folder, notices};

/// Shells, and start and end of the file name of a completion script, as the shell expects it.
const SHELLS: [(&str, &str, &str); 3] = [("bash", "", ""), ("zsh", "_", ""), ("fish", "", ".fish")];

/// The staged files.
pub(crate) struct Stage {
    /// Time of all files, in seconds since 1970-01-01 UTC.
    pub(crate) date: u64,
}

impl Stage {
    /// Builds the programs, unless a folder has them, and writes the files.
    pub(crate) fn build(programs: Option<&Path>, date: u64) -> anyhow::Result<Self> {
        let stage = Self { date };
        for program in PROGRAMS {
            let built = match programs {
                Some(folder) => folder.join(program.name),
                None => program.build()?,
            };
            stage
                .write(program, &built)
                .with_context(|| format!("cannot stage {}", program.name))?;
        }
        Ok(stage)
    }

    /// A file or folder of a program.
    #[expect(clippy::unused_self, reason = "without a stage, there is no file")]
    pub(crate) fn path(&self, program: &str, name: &str) -> PathBuf {
        folder().join("stage").join(program).join(name)
    }

    /// The executable file of a program.
    pub(crate) fn executable(&self, program: &str) -> PathBuf {
        self.path(program, &format!("bin/{program}"))
    }

    /// The names and contents of the files in a folder, sorted by name.
    pub(crate) fn files(&self, program: &str, of: &str) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(self.path(program, of))? {
            let entry = entry?;
            files.push((entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path())?));
        }
        files.sort();
        Ok(files)
    }

    fn write(&self, program: Program, built: &Path) -> anyhow::Result<()> {
        let name = program.name;
        fresh(self.path(name, ""))?;
        for folder in ["bin", "man", "completions/bash", "completions/zsh", "completions/fish"] {
            fs::create_dir_all(self.path(name, folder))?;
        }
        fs::copy(built, self.executable(name))?;
        self.write_manual(name)?;
        for (shell, start, end) in SHELLS {
            let script = output(self.run(name).args(["completion", shell]))?;
            let path = format!("completions/{shell}/{start}{name}{end}");
            fs::write(self.path(name, &path), script)?;
        }
        fs::write(self.path(name, "changelog"), self.changelog(name)?)?;
        fs::write(self.path(name, "third-party-notices"), notices::notices(name)?)?;
        Ok(())
    }

    fn run(&self, name: &str) -> Command {
        let mut command = Command::new(self.executable(name));
        // Settings of the person who builds must not become defaults in texts.
        command.env_clear();
        command
    }

    fn write_manual(&self, name: &str) -> anyhow::Result<()> {
        let folder = self.path(name, "man");
        let mut command = self.run(name);
        command.arg("man");
        if name == "sensuctl" {
            command.arg("--directory");
        }
        output(command.arg(&folder)).map(drop)
    }

    /// The changelog of a Debian package, which refers to that of the project.
    fn changelog(&self, name: &str) -> anyhow::Result<String> {
        let date = formatted(self.date, "+%a, %d %b %Y %H:%M:%S +0000")?;
        Ok(format!(
            "{name} ({VERSION}-1) stable; urgency=medium\n\n  * Release {VERSION}: see CHANGELOG.md of the \
             project.\n\n -- {MAINTAINER}  {date}\n"
        ))
    }
}

/// The maintainer of Debian packages, as in the manifests of the crates.
const MAINTAINER: &str = "The Sensu API authors <sensu-api@users.noreply.github.com>";
