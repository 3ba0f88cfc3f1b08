//! Lists of the silenced entries of one check or one subscription.

use sensu_store::Entry;
use sensu_types::silenced::Silenced;

use crate::error::Error;
use crate::keyspace::{list_prefix, parse};
use crate::resources::grant::Grant;
use crate::resources::page::{self, ListParams, Page};

/// A field of silenced entries to list by.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SilencedField {
    Check,
    Subscription,
}

/// A page of the entries of the grant's namespace whose field equals `value`.
///
/// # Errors
/// As [`page::read`].
pub(crate) async fn list_by(
    grant: &Grant<Silenced>,
    field: SilencedField,
    value: &str,
    params: &ListParams,
) -> Result<Page, Error> {
    let is_listed = |entry: &Entry| -> Result<bool, Error> {
        let silenced: Silenced = parse(entry)?;
        let found = match field {
            SilencedField::Check => &silenced.check,
            SilencedField::Subscription => &silenced.subscription,
        };
        Ok(found == value)
    };
    match list_prefix::<Silenced>(grant.namespace(), "") {
        Some(prefix) => page::read::<Silenced>(grant.cx(), &prefix, params, is_listed).await,
        None => Ok(Page::empty()),
    }
}
