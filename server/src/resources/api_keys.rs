//! API keys: created for a user, and changed without changing the user.

use sensu_types::Resource as _;
use sensu_types::api_key::{ApiKey, NewApiKey};

use crate::auth;
use crate::error::Error;
use crate::resources::grant::Grant;
use crate::resources::patch::{self, MergePatch};
use crate::resources::preconditions::Conditions;
use crate::resources::store::Rendered;

/// Creates a key. The result contains the key itself, which is not stored.
///
/// # Errors
/// [`Error::Invalid`], also for a user that does not exist and an expiry in the past.
pub(crate) async fn create(grant: &Grant<ApiKey>, mut known: ApiKey) -> Result<NewApiKey, Error> {
    known.validate()?;
    if auth::account(grant.store(), &known.username).await?.is_none() {
        let error = Error::invalid(format!("user {:?} does not exist", known.username));
        return Err(error.at("/username"));
    }
    let context = grant.write_context();
    check_expiry(&known, context.now)?;
    let key = auth::generate_api_key();
    known.metadata.name = auth::api_key_id(&key);
    known.prepare(&context, None);
    grant.create(known.clone()).await?;
    Ok(NewApiKey { known, key })
}

/// Changes labels, annotations or expiry of a key.
///
/// # Errors
/// As [`Grant::change`]; [`Error::Invalid`] for another user or an expiry in the past.
pub(crate) async fn change(
    grant: &Grant<ApiKey>,
    changes: &MergePatch,
    conditions: &Conditions,
) -> Result<Rendered, Error> {
    let now = grant.write_context().now;
    let change = |stored: &ApiKey| {
        let changed = patch::apply(stored, changes, grant.options())?;
        if changed.username != stored.username {
            return Err(Error::invalid("the user of a key cannot be changed").at("/username"));
        }
        if changed.expires_at != stored.expires_at {
            check_expiry(&changed, now)?;
        }
        Ok(changed)
    };
    grant.change(change, conditions).await
}

fn check_expiry(key: &ApiKey, now: i64) -> Result<(), Error> {
    match key.expires_at() {
        Some(end) if end <= now => {
            let message = format!("expires_at is in the past: the time is {now}");
            Err(Error::invalid(message).at("/expires_at"))
        }
        _ => Ok(()),
    }
}
