//! `sensu-server init`: creates the first administrator.

use std::io::IsTerminal as _;
use std::sync::Arc;

use anyhow::bail;
use clap::Args;
use sensu_store::Durability;
use sensu_store::SystemClock;

use super::args::Common;
use super::logging::log_to_stderr;
use super::store_location::StoreLocation;
use crate::error::Error;
use crate::seed::{self, ADMINISTRATORS, AdminOutcome};

/// Settings of `init`.
#[derive(Clone, Debug, Args)]
pub(super) struct Init {
    #[command(flatten)]
    pub common: Common,
    /// Name of the first administrator.
    #[arg(
        long,
        env = "SENSU_BACKEND_CLUSTER_ADMIN_USERNAME",
        value_name = "NAME",
        default_value = "admin"
    )]
    pub cluster_admin_username: String,
    /// Password of the first administrator: at least 8 characters, at most 72 bytes. Read from the
    /// terminal if absent.
    #[arg(
        long,
        env = "SENSU_BACKEND_CLUSTER_ADMIN_PASSWORD",
        value_name = "PASSWORD",
        hide_env_values = true
    )]
    pub cluster_admin_password: Option<String>,
}

/// Creates the administrator, or sets the password of one that was imported without a password.
///
/// # Errors
/// If the store is in use or cannot be opened, the name or password is invalid, or the user has a password.
pub(super) async fn init(args: &Init) -> anyhow::Result<()> {
    log_to_stderr(args.common.log_level, args.common.log_format);
    let name = &args.cluster_admin_username;
    let password = match &args.cluster_admin_password {
        Some(password) => password.clone(),
        None if std::io::stdin().is_terminal() => prompt_for_password(name)?,
        None => bail!(
            "no password for {name}: give --cluster-admin-password, set \
             SENSU_BACKEND_CLUSTER_ADMIN_PASSWORD, or run this command in a terminal"
        ),
    };
    let location = StoreLocation::from_settings(&args.common.state_dir, &args.common.database)?;
    let store = location.open(Durability::Disk, Arc::new(SystemClock)).await?;
    seed::defaults(store.as_ref()).await.map_err(Error::operator_error)?;
    let cost = args.common.password_cost;
    let seeded = seed::admin(store.as_ref(), name, &password, cost).await;
    store.close().await;
    match seeded.map_err(Error::operator_error)? {
        AdminOutcome::Ready => {
            tracing::info!("user {name} can log in with the new password");
            Ok(())
        }
        AdminOutcome::HasPassword { disabled: false } => bail!(
            "user {name} already has a password, which was not changed. To create another administrator, use \
             another --cluster-admin-username; administrators change passwords with `sensuctl user \
             reset-password {name}`"
        ),
        AdminOutcome::HasPassword { disabled: true } => bail!(
            "user {name} is disabled and has a password, which was not changed. Create another administrator \
             with another --cluster-admin-username, then run `sensuctl user reset-password {name}` and \
             `sensuctl user reinstate {name}`"
        ),
        AdminOutcome::NotAdministrator => bail!(
            "user {name} was imported without a password and is not in the group {ADMINISTRATORS}. Create an \
             administrator with another --cluster-admin-username, then run `sensuctl user reset-password \
             {name}` and `sensuctl user reinstate {name}`"
        ),
    }
}

fn prompt_for_password(name: &str) -> anyhow::Result<String> {
    let password = rpassword::prompt_password(format!("Password for {name}: "))?;
    if password != rpassword::prompt_password("Repeat the password: ")? {
        bail!("the passwords differ");
    }
    Ok(password)
}
