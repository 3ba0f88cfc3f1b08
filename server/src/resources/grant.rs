//! Authorization of operations. A [`Grant`] is the only access to stored objects, and
//! [`Caller::authorize`] is the only way to get one.

use std::marker::PhantomData;

use sensu_store::{CommitError, Key, Revision, Store, Txn};
use sensu_types::{Resource, WriteContext};

use crate::auth::Caller;
use crate::error::Error;
use crate::rbac::{AccessRequest, SELF_USER, Verb};
use crate::resources::write_options::WriteOptions;
use crate::runtime::context::Context;

/// What roles grant access to: a kind of resource, or the cluster.
pub(crate) trait Protected {
    /// The name in the rules of roles: `checks`.
    const RBAC_RESOURCE: &'static str;
}

impl<T: Resource> Protected for T {
    const RBAC_RESOURCE: &'static str = T::PLURAL;
}

/// A caller's permission to act on objects of one kind: on one object, on those of a namespace, or on
/// all.
///
/// Operations read and write the namespace and the name of the grant, so they cannot touch another
/// object than the one that was authorized (D6). Only `resources` sees the store behind a grant.
pub(crate) struct Grant<T> {
    caller: Caller,
    namespace: String,
    name: String,
    options: WriteOptions,
    kind: PhantomData<fn() -> T>,
}

impl<T> Grant<T> {
    fn new(caller: &Caller, namespace: &str, name: &str) -> Self {
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        let options = WriteOptions::default();
        Self { caller: caller.clone(), namespace, name, options, kind: PhantomData }
    }

    /// The authorized namespace. Empty for cluster-wide kinds and lists of all namespaces.
    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The authorized name. Empty for lists and for objects that are created without a name in the URL.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The same grant with the write options of the request (D41).
    pub(crate) fn with_options(self, options: impl Into<WriteOptions>) -> Self {
        Self { options: options.into(), ..self }
    }

    /// The write options. Without [`Grant::with_options`] the defaults.
    pub(crate) fn options(&self) -> WriteOptions {
        self.options
    }

    /// Commits a transaction. `None` for a dry run, which only checks the preconditions.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub(super) async fn commit(&self, txn: Txn) -> Result<Option<Revision>, CommitError> {
        self.options.commit(self.store(), txn).await
    }

    /// Whether roles still allow the operation, for sessions that last.
    ///
    /// # Errors
    /// [`Error`] if the store fails.
    pub(crate) async fn is_still_allowed(&self, verb: Verb) -> Result<bool, Error>
    where
        T: Protected,
    {
        let (resource, namespace, name) = (T::RBAC_RESOURCE, self.namespace(), self.name());
        self.caller.is_allowed(&AccessRequest { verb, resource, namespace, name }).await
    }

    /// The store, for reads. Writes use [`Grant::commit`].
    pub(super) fn store(&self) -> &dyn Store {
        self.cx().resources.store.as_ref()
    }

    pub(super) fn cx(&self) -> &Context {
        self.caller.cx()
    }

    /// The key of the session of the request, if the grant is for the caller's own user.
    pub(super) fn own_session(&self) -> Option<&Key> {
        self.caller.session().filter(|_| self.caller.name() == self.name)
    }

    /// User and time of a write.
    pub(super) fn write_context(&self) -> WriteContext<'_> {
        WriteContext { caller: self.caller.name(), now: self.cx().clock.now() }
    }
}

impl Caller {
    /// Authorizes an operation. `namespace` is empty for cluster-wide kinds and lists of all namespaces,
    /// `name` for lists and for objects that are created without a name in the URL.
    ///
    /// # Errors
    /// [`Error::Denied`] if no role allows it; [`Error`] if the store fails.
    pub(crate) async fn authorize<T: Protected>(
        &self,
        verb: Verb,
        namespace: &str,
        name: &str,
    ) -> Result<Grant<T>, Error> {
        let request = AccessRequest { verb, resource: T::RBAC_RESOURCE, namespace, name };
        match self.is_allowed(&request).await? {
            true => Ok(Grant::new(self, namespace, name)),
            false => Err(Error::Denied),
        }
    }

    /// Authorizes an operation on a user. Roles can also allow it for the caller's own user only.
    ///
    /// # Errors
    /// As [`Caller::authorize`].
    pub(crate) async fn authorize_or_self<T: Protected>(
        &self,
        verb: Verb,
        name: &str,
    ) -> Result<Grant<T>, Error> {
        let request = AccessRequest { verb, resource: SELF_USER, namespace: "", name };
        if name == self.name() && self.is_allowed(&request).await? {
            return Ok(Grant::new(self, "", name));
        }
        self.authorize(verb, "", name).await
    }
}
