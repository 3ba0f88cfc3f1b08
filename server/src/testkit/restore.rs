//! The way back: what the store held when the kit was offered, as one transaction.

use sensu_store::{Operation, Prefix, Scan, Store, Txn};

use crate::error::Error;
use crate::http::NAMESPACED_ROOMS;

/// Rooms that a reset restores besides those of namespaces. Sessions and the server's own identity and
/// secrets stay, so that tokens go on.
const ROOMS: [&str; 9] = [
    "adhoc",
    "apikeys",
    "clusterrolebindings",
    "clusterroles",
    "due",
    "namespaces",
    "passwords",
    "ttl",
    "users",
];

/// What brings a store back to where it was.
pub(super) struct Restore(Vec<Operation>);

impl Restore {
    /// What brings the store back to where it is now.
    ///
    /// # Errors
    /// If the store fails.
    pub(super) async fn to_now(store: &dyn Store) -> Result<Self, Error> {
        let (mut restore, mut puts) = (Vec::new(), Vec::new());
        for room in ROOMS.iter().chain(NAMESPACED_ROOMS) {
            let prefix = Prefix::new(room, []).map_err(|bad| Error::Internal(bad.to_string()))?;
            restore.push(Operation::DeletePrefix(prefix.clone()));
            let mut after = None;
            loop {
                let prefix = prefix.clone();
                let scan = Scan { prefix, after, limit: 500, max_bytes: usize::MAX };
                let entries = store.scan(scan).await?;
                let Some(last) = entries.last() else { break };
                after = Some(last.key.clone());
                puts.extend(entries.into_iter().map(|entry| Operation::Put {
                    key: entry.key,
                    value: entry.value,
                    flags: entry.flags,
                    expires_at: entry.expires_at,
                }));
            }
        }
        restore.append(&mut puts);
        Ok(Self(restore))
    }

    /// Goes back.
    pub(super) async fn run(&self, store: &dyn Store) -> Result<(), Error> {
        store.commit(Txn { operations: self.0.clone(), ..Txn::default() }).await?;
        Ok(())
    }
}
