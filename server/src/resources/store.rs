//! The typed verbs over the store: prepare, validate, compare, write, once for every resource.

use bytes::Bytes;
use sensu_store::{CommitError, Entry, Key, Operation, Precondition, Prefix, Revision, Txn};
use sensu_types::Selection;
use sensu_types::{Resource, Scope};

use crate::error::Error;
use crate::keyspace::{
    Encoded, is_namespace_exists, key, list_prefix, namespace_exists, namespace_not_found, parse,
    prefix_of, rendered,
};
use crate::resources::grant::Grant;
use crate::resources::page::{self, ListParams, Page};
use crate::resources::preconditions::Conditions;

/// Attempts to write an object that others write at the same time.
const ATTEMPTS: usize = 32;

/// An object as it is shown, and the transaction that wrote it.
#[derive(Clone, Debug)]
pub(crate) struct Rendered {
    pub(crate) body: Bytes,
    /// `None` for what was only tried out.
    pub(crate) revision: Option<Revision>,
}

/// A stored object and the transaction that wrote it.
#[derive(Clone, Debug)]
pub(crate) struct Stored<T> {
    pub(crate) value: T,
    pub(crate) revision: Revision,
}

impl<T: Resource> Grant<T> {
    /// The object as it is shown.
    pub(crate) async fn get(&self) -> Result<Rendered, Error> {
        let entry = self.entry().await?.ok_or_else(Error::not_found)?;
        Ok(Rendered { body: rendered::<T>(&entry)?, revision: Some(entry.revision) })
    }

    /// The object as it is stored.
    pub(crate) async fn load(&self) -> Result<Option<Stored<T>>, Error> {
        let entry = self.entry().await?;
        entry
            .map(|entry| Ok(Stored { value: parse(&entry)?, revision: entry.revision }))
            .transpose()
    }

    /// A page of the namespace's objects, or of all if no namespace was asked for.
    pub(crate) async fn list(&self, want: &ListParams) -> Result<Page, Error> {
        let max_bytes = self.cx().limits.response_bytes;
        let show = |entry: &Entry| render_selected::<T>(entry, &want.selection);
        match self.prefix() {
            Some(prefix) => page::read(self.store(), &prefix, want, max_bytes, show).await,
            // No such namespace can exist, so there is nothing in it (D7).
            None => Ok(Page::empty()),
        }
    }

    /// Stores a new object.
    pub(crate) async fn create(&self, mut value: T) -> Result<Rendered, Error> {
        self.own(&mut value, "")?;
        value.prepare(&self.write_context(), None);
        let key = key::<T>(value.namespace(), value.name());
        if let Some(key) = &key
            && self.store().get(key).await?.is_some()
        {
            // As in 5.0.0, a conflict is found before a broken rule.
            return Err(Error::Exists(value.already_exists_message()));
        }
        value.validate()?;
        let key = key.ok_or_else(invalid_name)?;
        let written = self.write(&value, Precondition::Absent(key.clone()), key).await?;
        written.ok_or_else(|| Error::Exists(value.already_exists_message()))
    }

    /// Stores an object under the name that was authorized, whether or not there is one.
    pub(crate) async fn put(&self, value: T, conditions: &Conditions) -> Result<Rendered, Error> {
        let put = |_: Option<&T>| Ok(value.clone());
        self.replace(put, conditions).await
    }

    /// Changes the stored object.
    pub(crate) async fn change(
        &self,
        change: impl Fn(&T) -> Result<T, Error>,
        conditions: &Conditions,
    ) -> Result<Rendered, Error> {
        self.replace(|stored| change(stored.ok_or_else(Error::not_found)?), conditions).await
    }

    /// Removes the object and what it owns.
    pub(crate) async fn delete(&self, conditions: &Conditions) -> Result<(), Error> {
        let missing = || Error::NotFound(T::not_found_message(self.name()));
        let key = self.key().ok_or_else(missing)?;
        for _ in 0..ATTEMPTS {
            let entry = self.store().get(&key).await?.ok_or_else(missing)?;
            conditions.check(Some(entry.revision))?;
            let mut operations = vec![Operation::Delete(key.clone())];
            for collection in T::CASCADES_TO {
                let owned = prefix_of::<T>(collection, self.namespace(), self.name());
                operations.extend(owned.map(Operation::DeletePrefix));
            }
            let preconditions = vec![Precondition::At(key.clone(), entry.revision)];
            match self.commit(Txn { preconditions, operations }).await {
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
        for _ in 0..ATTEMPTS {
            let stored = self.load().await?;
            conditions.check(stored.as_ref().map(|stored| stored.revision))?;
            let mut value = next(stored.as_ref().map(|stored| &stored.value))?;
            value.fill_identity(self.namespace(), self.name());
            value.prepare(&self.write_context(), stored.as_ref().map(|stored| &stored.value));
            value.validate()?;
            self.agree("name", value.name(), self.name())?;
            self.own(&mut value, self.name())?;
            let key = self.key().ok_or_else(invalid_name)?;
            let precondition = match &stored {
                Some(stored) => Precondition::At(key.clone(), stored.revision),
                None => Precondition::Absent(key.clone()),
            };
            if let Some(shown) = self.write(&value, precondition, key).await? {
                return Ok(shown);
            }
        }
        Err(write_conflict())
    }

    /// Fills in the identity that was authorized, and refuses any other (D6).
    fn own(&self, value: &mut T, name: &str) -> Result<(), Error> {
        value.fill_identity(self.namespace(), name);
        if T::Scope::NAMESPACED {
            self.agree("namespace", value.namespace(), self.namespace())?;
        }
        Ok(())
    }

    fn agree(&self, what: &str, body: &str, url: &str) -> Result<(), Error> {
        if body == url {
            return Ok(());
        }
        let noun = T::NOUN;
        Err(Error::Invalid(format!(
            "the {what} of the {noun} is {body:?} in the body and {url:?} in the URL; they must agree"
        )))
    }

    /// Writes the value if the precondition still holds; `None` if it does not.
    async fn write(
        &self,
        value: &T,
        precondition: Precondition,
        key: Key,
    ) -> Result<Option<Rendered>, Error> {
        let encoded = Encoded::new(value, self.cx().limits.response_bytes)?;
        let body = encoded.rendered();
        let mut preconditions = vec![precondition];
        if T::Scope::NAMESPACED {
            preconditions.push(namespace_exists(value.namespace())?);
        }
        match self.commit(Txn { preconditions, operations: vec![encoded.put(key)] }).await {
            Ok(revision) => Ok(Some(Rendered { body, revision })),
            Err(CommitError::Precondition(failed)) if is_namespace_exists(&failed) => {
                Err(namespace_not_found(value.namespace()))
            }
            Err(CommitError::Precondition(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
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

    /// What a list covers: a room, a namespace in it, or one part of a composite name.
    pub(crate) fn prefix(&self) -> Option<Prefix> {
        list_prefix::<T>(self.namespace(), self.name())
    }
}

/// The answer when others write the object faster than we can read it.
pub(crate) fn write_conflict() -> Error {
    Error::Unavailable("the object is being written by others; try again".into())
}

/// The object as it is shown, if it is among those that are wanted (D35).
pub(crate) fn render_selected<T: Resource>(
    entry: &Entry,
    selection: &Selection,
) -> Result<Option<Bytes>, Error> {
    if !selection.is_everything() && !selection.matches(&parse::<T>(entry)?) {
        return Ok(None);
    }
    rendered::<T>(entry).map(Some)
}

/// The answer to a write under a name that no key can hold.
pub(crate) fn invalid_name() -> Error {
    Error::Invalid("the name is too long, or contains a NUL character".into())
}
