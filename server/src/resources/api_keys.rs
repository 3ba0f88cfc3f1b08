//! What is particular about API keys: they are made for a user, and changed without changing hands.

use sensu_types::Resource as _;
use sensu_types::api_key::{ApiKey, NewApiKey};

use crate::auth;
use crate::error::Error;
use crate::resources::grant::Grant;
use crate::resources::patch::{self, MergePatch};
use crate::resources::preconditions::Conditions;
use crate::resources::store::Rendered;

/// Makes a key for the user that the draft names.
pub(crate) async fn create(grant: &Grant<ApiKey>, draft: ApiKey) -> Result<NewApiKey, Error> {
    draft.validate()?;
    if auth::account(grant.store(), &draft.username).await?.is_none() {
        return Err(Error::Invalid(format!("user {:?} does not exist", draft.username)));
    }
    let context = grant.write_context();
    future(&draft, context.now)?;
    let key = auth::mint();
    let mut known = draft;
    known.metadata.name = auth::name_of(&key);
    known.prepare(&context, None);
    grant.create(known.clone()).await?;
    Ok(NewApiKey { known, key })
}

/// Changes labels, annotations or the end of a key.
pub(crate) async fn change(
    grant: &Grant<ApiKey>,
    changes: &MergePatch,
    conditions: &Conditions,
) -> Result<Rendered, Error> {
    let now = grant.write_context().now;
    let change = |stored: &ApiKey| {
        let changed = patch::apply(stored, changes, grant.options())?;
        if changed.username != stored.username {
            return Err(Error::Invalid("the user of a key cannot be changed".into()));
        }
        if changed.expires_at != stored.expires_at {
            future(&changed, now)?;
        }
        Ok(changed)
    };
    grant.change(change, conditions).await
}

/// A key that has ended already is no use to anybody.
fn future(key: &ApiKey, now: i64) -> Result<(), Error> {
    match key.expires_at() {
        Some(end) if end <= now => {
            Err(Error::Invalid(format!("expires_at is in the past: it is {now} now")))
        }
        _ => Ok(()),
    }
}
