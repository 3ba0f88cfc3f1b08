//! What to do after the first start: log messages while no user can log in.

use std::path::Path;

use sensu_store::Store;

use super::start::Start;
use crate::error::Error;
use crate::seed;

/// Logs three lines on how to continue, if no user has a password.
///
/// # Errors
/// If the store cannot be read.
pub(super) async fn explain(store: &dyn Store, args: &Start) -> anyhow::Result<()> {
    if seed::has_password(store).await.map_err(Error::operator_error)? {
        return Ok(());
    }
    tracing::warn!("no user can log in, because no user has a password; stop the server, and");
    match args.in_memory {
        true => tracing::warn!("- for real data, start it without --in-memory;"),
        false => tracing::warn!(
            "- for real data, create an administrator with `sensu-server init{}`, then start it again;",
            location(args)
        ),
    }
    tracing::warn!(
        "- for a trial, run `sensu-server start --dev`, which creates the user admin with a public password."
    );
    Ok(())
}

/// The arguments of `init` that select the same store. Without the URL of a database, which may contain a password.
fn location(args: &Start) -> String {
    let flag = |name: &str, path: &Path| format!(" --{name} '{}'", path.display());
    let file = args.common.config_file.as_deref().map(|file| flag("config-file", file));
    let store = match args.common.database.store {
        Some(_) => " --store URL".into(),
        None => flag("state-dir", &args.common.state_dir),
    };
    format!("{}{store}", file.unwrap_or_default())
}
