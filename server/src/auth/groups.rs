//! Groups of users, read from the store and cached until a user is written (D15).

use std::sync::Arc;

use quick_cache::sync::Cache;
use sensu_store::{Revision, Store};
use sensu_types::user::User;

use crate::error::Error;
use crate::keyspace;

/// Maximum number of users whose groups are cached.
const CACHED_USERS: usize = 4_096;

/// The group that every user belongs to.
const USERS_GROUP: &str = "system:users";

/// Cache of groups by user name, each with the revision of the collection of users that it was read at.
pub(super) struct GroupCache(Cache<Box<str>, (Revision, Arc<[String]>)>);

impl GroupCache {
    pub(super) fn new() -> Self {
        Self(Cache::new(CACHED_USERS))
    }

    /// The groups of a user; none for a user that does not exist. `revision` was read from the store
    /// in this request, and every write of a user increases it: groups that were read at this or a
    /// later revision are current.
    ///
    /// # Errors
    /// [`Error`] if the store fails.
    pub(super) async fn of_user(
        &self,
        store: &dyn Store,
        name: &str,
        revision: Revision,
    ) -> Result<Arc<[String]>, Error> {
        if let Some((read_at, groups)) = self.0.get(name)
            && read_at >= revision
        {
            return Ok(groups);
        }
        let entry = match keyspace::key::<User>("", name) {
            Some(key) => store.get(&key).await?,
            None => None,
        };
        let user = entry.as_ref().map(keyspace::parse::<User>).transpose()?;
        let groups: Arc<[String]> = user.as_ref().map(groups_of).unwrap_or_default().into();
        self.0.insert(name.into(), (revision, Arc::clone(&groups)));
        Ok(groups)
    }
}

/// The groups of a user, with the group of all users.
pub(super) fn groups_of(user: &User) -> Vec<String> {
    user.groups.iter().cloned().chain([USERS_GROUP.to_owned()]).collect()
}
