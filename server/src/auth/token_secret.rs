//! The secret that signs tokens: generated with the store, replaced by `rotate-secret` (D18).
//!
//! A rotation also deletes all sessions, in the same transaction. Servers on the same database hold the
//! old secret in memory until they need the new one: a session is only written while the secret in the
//! store is the one that signs its tokens, and a token with an unknown signature is verified again if the
//! secret has changed. See decision record 0015.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use sensu_store::{CommitError, Operation, Precondition, Store, Txn};
use tokio::sync::Mutex;

use super::jwt::{Claims, InvalidToken, Signer, TokenKind};
use crate::error::Error;
use crate::keyspace;

/// The secret as this server holds it.
pub(super) struct TokenSecret {
    signer: RwLock<Arc<Signer>>,
    /// Number of comparisons with the store that have started.
    started: AtomicU64,
    /// Number of the last comparison that is complete.
    completed: Mutex<u64>,
}

impl TokenSecret {
    /// The secret in the store, which is generated if there is none.
    ///
    /// # Errors
    /// [`Error`] if the store fails.
    pub(super) async fn load(store: &dyn Store) -> Result<Self, Error> {
        let key = keyspace::token_secret()?;
        loop {
            if let Some(entry) = store.get(&key).await? {
                let signer = Arc::new(Signer::new(&entry.value, entry.revision));
                return Ok(Self {
                    signer: RwLock::new(signer),
                    started: AtomicU64::new(0),
                    completed: Mutex::new(0),
                });
            }
            let preconditions = vec![Precondition::Absent(key.clone())];
            match store.commit(Txn { preconditions, operations: vec![new_secret()?] }).await {
                // If another server has stored a secret, the next iteration reads it.
                Ok(_) | Err(CommitError::Precondition(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The signer with the last known secret.
    pub(super) fn signer(&self) -> Arc<Signer> {
        Arc::clone(&self.signer.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The claims of a token of this kind. Does not check the expiry.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for an invalid token; [`Error`] if the store fails.
    pub(super) async fn verify(
        &self,
        store: &dyn Store,
        kind: TokenKind,
        token: &str,
    ) -> Result<Claims, Error> {
        let invalid = || Error::Unauthenticated("invalid credentials".into());
        match self.signer().verify(kind, token) {
            Ok(claims) => Ok(claims),
            Err(InvalidToken::Signature) if self.refresh(store).await? => {
                self.signer().verify(kind, token).map_err(|_| invalid())
            }
            Err(_) => Err(invalid()),
        }
    }

    /// Compares the secret with the one in the store. Returns whether it has changed.
    ///
    /// Concurrent callers share comparisons: clients that send invalid tokens cause one read of the
    /// store at a time.
    ///
    /// # Errors
    /// [`Error`] if the store fails.
    pub(super) async fn refresh(&self, store: &dyn Store) -> Result<bool, Error> {
        let known = self.signer();
        let started = self.started.load(Ordering::Acquire);
        let mut completed = self.completed.lock().await;
        // Only a comparison that started after this call shows every earlier rotation.
        if *completed <= started {
            let number = self.started.fetch_add(1, Ordering::AcqRel) + 1;
            let entry = store.get(&keyspace::token_secret()?).await?;
            if let Some(entry) = entry.filter(|entry| entry.revision != known.revision()) {
                tracing::info!("the token secret was rotated");
                let signer = Arc::new(Signer::new(&entry.value, entry.revision));
                *self.signer.write().unwrap_or_else(PoisonError::into_inner) = signer;
            }
            *completed = number;
        }
        Ok(self.signer().revision() != known.revision())
    }
}

/// Replaces the secret and ends all sessions.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn rotate_token_secret(store: &dyn Store) -> Result<(), Error> {
    let sessions = keyspace::whole_collection(keyspace::SESSIONS)?;
    let operations = vec![new_secret()?, Operation::DeletePrefix(sessions)];
    store.commit(Txn { operations, ..Txn::default() }).await?;
    Ok(())
}

fn new_secret() -> Result<Operation, Error> {
    let secret: [u8; 32] = rand::random();
    let value = Bytes::copy_from_slice(&secret);
    Ok(Operation::Put { key: keyspace::token_secret()?, value, flags: 0, expires_at: None })
}

#[cfg(test)]
mod tests {
    use sensu_store::{MemoryStore, SystemClock};

    use super::*;

    fn claims() -> Claims {
        Claims { exp: 1, jti: "0".repeat(32), sub: "a".into(), groups: Vec::new() }
    }

    #[tokio::test]
    async fn a_server_accepts_tokens_of_a_secret_that_another_server_has_rotated() {
        let store = MemoryStore::new(Arc::new(SystemClock));
        let (one, two) =
            (TokenSecret::load(&store).await.unwrap(), TokenSecret::load(&store).await.unwrap());
        let old = one.signer().sign(TokenKind::Access, &claims()).unwrap();
        assert_eq!(two.verify(&store, TokenKind::Access, &old).await, Ok(claims()));

        rotate_token_secret(&store).await.unwrap();
        assert_eq!(one.refresh(&store).await, Ok(true));
        assert_eq!(one.refresh(&store).await, Ok(false));
        let new = one.signer().sign(TokenKind::Access, &claims()).unwrap();
        assert_ne!(new, old);
        assert_eq!(two.verify(&store, TokenKind::Access, &new).await, Ok(claims()));
        for secret in [&one, &two] {
            assert!(secret.verify(&store, TokenKind::Access, &old).await.is_err());
        }
    }
}
