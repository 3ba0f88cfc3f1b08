//! The last revision that changed each collection, consistent with reads of the database.
//!
//! A commit becomes visible to readers of the database a moment before the writer can publish it here. A
//! caller that has read the new state must not get an older revision afterwards. So the writer announces
//! the group before it commits. Until the group is published, the revision in the database decides.

use std::sync::{PoisonError, RwLock};

use foldhash::HashMap;

use crate::Revision;

/// Collections and the last revisions that changed them.
pub(super) type Revisions = HashMap<String, Revision>;

#[derive(Default)]
pub(super) struct LastModified(RwLock<State>);

#[derive(Default)]
struct State {
    published: Revisions,
    /// The group that is being committed.
    announced: Option<Group>,
}

struct Group {
    /// Revision of the database after the commit.
    revision: Revision,
    revisions: Revisions,
}

/// Result of a lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    Known(Revision),
    /// A group that changes the collections is being committed: the result is `after` if the revision of
    /// the database is at least `committed_at`, otherwise `before`.
    Committing {
        committed_at: Revision,
        before: Revision,
        after: Revision,
    },
}

impl LastModified {
    /// The last revision that changed any of the collections.
    pub(super) fn get(&self, collections: &[&str]) -> Lookup {
        let state = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let before = latest(&state.published, collections).unwrap_or(0);
        let announced = state.announced.as_ref();
        let changed = announced
            .and_then(|group| Some((group.revision, latest(&group.revisions, collections)?)));
        match changed {
            Some((committed_at, after)) => Lookup::Committing { committed_at, before, after },
            None => Lookup::Known(before),
        }
    }

    /// Announces the group that the writer is about to commit.
    pub(super) fn announce(&self, revision: Revision, revisions: Revisions) {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        state.announced = Some(Group { revision, revisions });
    }

    /// Publishes the announced group. Called before the acknowledgement: a caller that has it must get the
    /// new revision without a read of the database.
    pub(super) fn publish(&self) {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(group) = state.announced.take() {
            state.published.extend(group.revisions);
        }
    }

    /// Discards the announced group after a rollback.
    pub(super) fn discard(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).announced = None;
    }
}

fn latest(revisions: &Revisions, collections: &[&str]) -> Option<Revision> {
    collections.iter().filter_map(|name| revisions.get(*name)).copied().max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revisions(collection: &str, revision: Revision) -> Revisions {
        HashMap::from_iter([(collection.to_owned(), revision)])
    }

    #[test]
    fn during_a_commit_the_revision_of_the_database_decides() {
        let known = LastModified::default();
        known.announce(3, revisions("roles", 2));
        let committing = Lookup::Committing { committed_at: 3, before: 0, after: 2 };
        assert_eq!(known.get(&["roles", "events"]), committing);
        assert_eq!(known.get(&["events"]), Lookup::Known(0), "other collections are not affected");
        known.publish();
        assert_eq!(known.get(&["roles"]), Lookup::Known(2));
    }

    #[test]
    fn a_rolled_back_group_changes_nothing() {
        let known = LastModified::default();
        known.announce(3, revisions("roles", 3));
        known.discard();
        assert_eq!(known.get(&["roles"]), Lookup::Known(0));
    }
}
