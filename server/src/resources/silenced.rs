//! Lists of the silenced entries of one check or one subscription.

use bytes::Bytes;
use sensu_store::Entry;
use sensu_types::silenced::Silenced;

use crate::error::Error;
use crate::keyspace::{list_prefix, parse};
use crate::resources::grant::Grant;
use crate::resources::page::{self, ListParams, Page};
use crate::resources::store::render_selected;

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
    let render = |entry: &Entry| -> Result<Option<Bytes>, Error> {
        let silenced: Silenced = parse(entry)?;
        let found = match field {
            SilencedField::Check => &silenced.check,
            SilencedField::Subscription => &silenced.subscription,
        };
        match found == value {
            true => render_selected::<Silenced>(entry, &params.selection),
            false => Ok(None),
        }
    };
    match list_prefix::<Silenced>(grant.namespace(), "") {
        Some(prefix) => page::read(grant.cx(), &prefix, params, render).await,
        None => Ok(Page::empty()),
    }
}
