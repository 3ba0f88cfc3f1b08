//! The file that `start` writes once the server accepts requests.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde::Serialize;

use crate::seed;

/// What programs that start a server need.
pub(super) struct Ready<'a> {
    /// URL of the API.
    pub(super) url: &'a str,
    /// URL that agents connect to. `None` if agents are disabled.
    pub(super) agent_url: Option<&'a str>,
    /// Whether user admin has the public password of `--dev`.
    pub(super) is_public: bool,
}

#[derive(Serialize)]
struct Content<'a> {
    url: &'a str,
    pid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'static str>,
}

impl Ready<'_> {
    /// Writes the file atomically, so that readers never see part of it.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(super) fn write(&self, file: &Path) -> std::io::Result<()> {
        let content = Content {
            url: self.url,
            pid: std::process::id(),
            agent_url: self.agent_url,
            user: self.is_public.then_some("admin"),
            password: self.is_public.then_some(seed::DEV_PASSWORD),
        };
        let content = serde_json::to_string(&content)?;
        let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
        // Readable by other users, as an ordinary file; temporary files are private by default.
        let mut temporary = tempfile::Builder::new()
            .permissions(Permissions::from_mode(0o644))
            .tempfile_in(parent.unwrap_or(Path::new(".")))?;
        writeln!(temporary, "{content}")?;
        temporary.persist(file)?;
        Ok(())
    }
}
