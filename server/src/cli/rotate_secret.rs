//! `sensu-server rotate-secret`: replaces the secret that signs tokens and ends all sessions (D18).

use std::io::Write as _;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use sensu_store::SystemClock;

use super::maintenance::RotateSecret;
use super::store_location::StoreLocation;
use crate::auth;
use crate::error::Error;

/// Replaces the secret. Servers on a database use the new one when they need it.
///
/// # Errors
/// If there is no store, it is a directory that a server uses, or it fails.
pub(super) async fn rotate_secret(args: &RotateSecret) -> anyhow::Result<()> {
    let location = StoreLocation::from_settings(&args.location.state_dir, &args.location.database)?;
    let store = match location.open_existing(Arc::new(SystemClock)).await {
        Err(error) if StoreLocation::is_in_use(&error) => bail!(
            "the store in {} is in use: stop the server, rotate the secret, and start it again",
            args.location.state_dir.display()
        ),
        opened => opened?,
    };
    let rotated = auth::rotate_token_secret(store.as_ref()).await;
    store.close().await;
    rotated.map_err(Error::operator_error).context("the secret was not changed")?;
    let location = location.display();
    writeln!(std::io::stdout(), "rotated the token secret of {location}; all sessions have ended")?;
    Ok(())
}
