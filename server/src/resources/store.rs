//! Operations on stored objects of any kind: get, list, create, put, change, delete.

use bytes::Bytes;
use sensu_store::{CommitError, Entry, Key, Precondition, Revision, Txn};
use sensu_types::Selection;
use sensu_types::{Resource, Scope};

use crate::error::Error;
use crate::keyspace::{
    Encoded, is_namespace_precondition, key, list_prefix, namespace_exists, parse, render,
};
use crate::resources::attached;
use crate::resources::grant::Grant;
use crate::resources::page::{self, ListParams, Page};
use crate::resources::preconditions::Conditions;
use crate::resources::rules;
use crate::resources::validation::Validation;

/// Attempts to write an object that concurrent writes change.
const ATTEMPTS: usize = 32;

/// An object as responses show it.
#[derive(Clone, Debug)]
pub(crate) struct Rendered {
    /// JSON.
    pub(crate) body: Bytes,
    /// The transaction that wrote the object. `None` for a dry run.
    pub(crate) revision: Option<Revision>,
}

/// A stored object.
#[derive(Clone, Debug)]
pub(crate) struct Stored<T> {
    pub(crate) value: T,
    /// The transaction that wrote the object.
    pub(crate) revision: Revision,
}

impl<T: Resource> Grant<T> {
    /// The object.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error`] if the store fails.
    pub(crate) async fn get(&self) -> Result<Rendered, Error> {
        let entry = self.entry().await?.ok_or_else(|| self.not_found())?;
        let entries = std::slice::from_ref(&entry);
        let rules = self.cx().resources.redaction.of_entries::<T>(self.cx(), entries).await?;
        let body = render::<T>(&entry, rules.keys(&entry), &Selection::default())?;
        let body = body.ok_or_else(|| self.not_found())?;
        Ok(Rendered { body, revision: Some(entry.revision) })
    }

    /// The object with redacted values, for use by the server itself.
    pub(super) async fn load(&self) -> Result<Option<Stored<T>>, Error> {
        let entry = self.entry().await?;
        entry
            .map(|entry| Ok(Stored { value: parse(&entry)?, revision: entry.revision }))
            .transpose()
    }

    /// A page of the objects of the grant's namespace, or of all namespaces if it is empty. The name of
    /// the grant, if any, is the first part of a composite name.
    ///
    /// # Errors
    /// As [`page::read`].
    pub(crate) async fn list(&self, params: &ListParams) -> Result<Page, Error> {
        match list_prefix::<T>(self.namespace(), self.name()) {
            Some(prefix) => page::read::<T>(self.cx(), &prefix, params, |_| Ok(true)).await,
            // A namespace that cannot exist has no objects (D7).
            None => Ok(Page::empty()),
        }
    }

    /// Stores a new object. Its name is that of the body.
    ///
    /// # Errors
    /// [`Error::Exists`]; [`Error::Invalid`]; [`Error::TooLarge`]; [`Error::NotFound`] without namespace.
    pub(crate) async fn create(&self, mut value: T) -> Result<Rendered, Error> {
        self.fill_namespace(&mut value, "")?;
        value.prepare(&self.write_context(), None);
        let key = key::<T>(value.namespace(), value.name());
        if let Some(key) = &key
            && self.store().get(key).await?.is_some()
        {
            // Sensu Go 5.0.0 also reports the conflict before a broken rule.
            return Err(Error::object_exists::<T>(value.namespace(), value.name()));
        }
        value = Validation::new().run(&self.cx().compilers, value).await?;
        let key = key.ok_or_else(invalid_name)?;
        let written = self.write(&value, None, key).await?;
        written.ok_or_else(|| Error::object_exists::<T>(value.namespace(), value.name()))
    }

    /// Creates or replaces the object.
    ///
    /// # Errors
    /// As [`Grant::create`] except `Exists`; [`Error::PreconditionFailed`]; [`Error::Unavailable`] after
    /// too many write conflicts.
    pub(crate) async fn put(&self, value: T, conditions: &Conditions) -> Result<Rendered, Error> {
        let put = |_: Option<&T>| Ok(value.clone());
        self.replace(put, conditions).await
    }

    /// Replaces the object with the result of `change`, which is called again after a write conflict.
    ///
    /// # Errors
    /// As [`Grant::put`]; [`Error::NotFound`]; the errors of `change`.
    pub(crate) async fn change(
        &self,
        change: impl Fn(&T) -> Result<T, Error>,
        conditions: &Conditions,
    ) -> Result<Rendered, Error> {
        self.replace(|stored| change(stored.ok_or_else(|| self.not_found())?), conditions).await
    }

    /// Deletes the object, the objects it cascades to, and the records that belong to them.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::PreconditionFailed`]; [`Error::Unavailable`] after too many write
    /// conflicts.
    pub(crate) async fn delete(&self, conditions: &Conditions) -> Result<(), Error> {
        let missing = || self.not_found();
        let key = self.key().ok_or_else(missing)?;
        for _ in 0..ATTEMPTS {
            let entry = self.store().get(&key).await?.ok_or_else(missing)?;
            conditions.check(Some(entry.revision))?;
            let (store, namespace, name) = (self.store(), self.namespace(), self.name());
            let txn = attached::deletion::<T>(store, &entry, namespace, name).await?;
            match self.commit(txn).await {
                Ok(_) => return Ok(()),
                Err(CommitError::Precondition(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(write_conflict())
    }

    async fn replace(
        &self,
        next: impl Fn(Option<&T>) -> Result<T, Error>,
        conditions: &Conditions,
    ) -> Result<Rendered, Error> {
        let mut validation = Validation::new();
        for _ in 0..ATTEMPTS {
            let stored = self.load().await?;
            if let Err(failed) = conditions.check(stored.as_ref().map(|stored| stored.revision)) {
                if stored.is_none() {
                    // 404 takes precedence over 412 (RFC 9110, section 13.2.1).
                    next(None)?;
                    self.require_namespace().await?;
                }
                return Err(failed);
            }
            let mut value = next(stored.as_ref().map(|stored| &stored.value))?;
            value.fill_identity(self.namespace(), self.name());
            value.prepare(&self.write_context(), stored.as_ref().map(|stored| &stored.value));
            value = validation.run(&self.cx().compilers, value).await?;
            check_identity::<T>("name", T::NAME_POINTERS, value.name(), self.name())?;
            self.fill_namespace(&mut value, self.name())?;
            let key = self.key().ok_or_else(invalid_name)?;
            if let Some(written) = self.write(&value, stored.as_ref(), key).await? {
                return Ok(written);
            }
        }
        Err(write_conflict())
    }

    /// Checks that the namespace of the grant exists.
    ///
    /// # Errors
    /// [`Error::NotFound`] if objects of the kind belong to a namespace, and that of the grant does not exist.
    pub(super) async fn require_namespace(&self) -> Result<(), Error> {
        let namespace = self.namespace();
        match T::Scope::NAMESPACED.then(|| namespace_exists(namespace)).transpose()? {
            Some(Precondition::Present(key)) if self.store().get(&key).await?.is_none() => {
                Err(Error::namespace_not_found(namespace))
            }
            _ => Ok(()),
        }
    }

    /// Completes the identity of an object, and rejects another namespace than the grant's (D6).
    fn fill_namespace(&self, value: &mut T, name: &str) -> Result<(), Error> {
        value.fill_identity(self.namespace(), name);
        match T::Scope::NAMESPACED {
            true => {
                let pointer = [T::NAMESPACE_POINTER];
                check_identity::<T>("namespace", &pointer, value.namespace(), self.namespace())
            }
            false => Ok(()),
        }
    }

    /// Writes an object in place of the stored one, if any. `None` if that has changed.
    async fn write(
        &self,
        value: &T,
        stored: Option<&Stored<T>>,
        key: Key,
    ) -> Result<Option<Rendered>, Error> {
        self.options().reject_or_warn_resources(&rules::unknown_resources(value))?;
        let encoded = Encoded::new(value, self.cx().limits.response_bytes)?;
        let body = encoded.rendered();
        let mut preconditions = vec![match stored {
            Some(stored) => Precondition::At(key.clone(), stored.revision),
            None => Precondition::Absent(key.clone()),
        }];
        if T::Scope::NAMESPACED {
            preconditions.push(namespace_exists(value.namespace())?);
        }
        let previous = stored.map(|stored| &stored.value);
        let keys = self.cx().resources.redaction.record(self.store(), value, previous).await?;
        let operations = std::iter::once(encoded.put(key)).chain(keys).collect();
        match self.commit(Txn { preconditions, operations }).await {
            Ok(revision) => Ok(Some(Rendered { body, revision })),
            Err(CommitError::Precondition(failed)) if is_namespace_precondition(&failed) => {
                Err(Error::namespace_not_found(value.namespace()))
            }
            Err(CommitError::Precondition(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The error if the object does not exist.
    pub(super) fn not_found(&self) -> Error {
        Error::object_not_found::<T>(self.namespace(), self.name())
    }

    async fn entry(&self) -> Result<Option<Entry>, Error> {
        match self.key() {
            Some(key) => Ok(self.store().get(&key).await?),
            None => Ok(None),
        }
    }

    fn key(&self) -> Option<Key> {
        key::<T>(self.namespace(), self.name())
    }
}

/// Rejects a body whose name or namespace is not the one of the URL (D6).
fn check_identity<T: Resource>(
    field: &str,
    pointers: &[&str],
    body: &str,
    url: &str,
) -> Result<(), Error> {
    if body == url {
        return Ok(());
    }
    let noun = T::NOUN;
    let error = Error::invalid(format!(
        "the {field} of the {noun} is {body:?} in the body and {url:?} in the URL; they must agree"
    ));
    Err(match pointers {
        [pointer] => error.at(pointer),
        // One of the parts of a name.
        _ => error,
    })
}

/// The error after too many concurrent writes of the same object.
pub(super) fn write_conflict() -> Error {
    Error::Unavailable("the object changes too often to be written now; try again".into())
}

/// The error for a write under a name that no key can hold.
pub(super) fn invalid_name() -> Error {
    Error::invalid("the name is too long, or contains a NUL character")
}
