//! The right to do one thing to one place: what [`Caller::authorize`](crate::auth::Caller::authorize) gives,
//! and what every way to the store asks for.

use std::marker::PhantomData;
use std::sync::Arc;

use sensu_store::{CommitError, Revision, Store, Txn};
use sensu_types::{Resource, WriteContext};

use crate::auth::Caller;
use crate::error::Error;
use crate::rbac::{AccessRequest, SELF_USER, Verb};
use crate::resources::write_options::WriteOptions;
use crate::runtime::context::{Context, Cx};

/// A caller's right to act on objects of one kind, in one namespace or on one name.
///
/// It owns the handle to the store and the identity that was authorized; reading and writing
/// (`registry.rs`) use that identity and no other, so what was authorized is what happens (D6).
pub(crate) struct Grant<T: Resource> {
    cx: Cx,
    caller: String,
    namespace: String,
    name: String,
    manner: WriteOptions,
    kind: PhantomData<fn() -> T>,
}

impl<T: Resource> Grant<T> {
    fn new(cx: Cx, caller: &str, namespace: &str, name: &str) -> Self {
        let (caller, namespace, name) = (caller.to_owned(), namespace.to_owned(), name.to_owned());
        let manner = WriteOptions::default();
        Self { cx, caller, namespace, name, manner, kind: PhantomData }
    }

    /// The namespace that was authorized; empty for cluster-wide kinds and list-all.
    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The name that was authorized; empty for collections.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The same right, to be used in a manner that the caller asks for (D41).
    pub(crate) fn with_options(self, manner: impl Into<WriteOptions>) -> Self {
        Self { manner: manner.into(), ..self }
    }

    /// How what is allowed is to be done.
    pub(crate) fn options(&self) -> WriteOptions {
        self.manner
    }

    /// Commits a transaction in the manner that was asked for; `None` if only tried out.
    pub(crate) async fn commit(&self, txn: Txn) -> Result<Option<Revision>, CommitError> {
        self.manner.commit(self.store(), txn).await
    }

    /// The store, for reading. What is written goes through [`Grant::commit`].
    pub(crate) fn store(&self) -> &dyn Store {
        self.cx.store.as_ref()
    }

    /// The context.
    pub(crate) fn cx(&self) -> &Context {
        &self.cx
    }

    /// Who writes, and when.
    pub(crate) fn write_context(&self) -> WriteContext<'_> {
        WriteContext { caller: &self.caller, now: self.cx.clock.now() }
    }
}

impl Caller {
    /// The right to do one thing, if the caller has it.
    ///
    /// `namespace` is empty for cluster-wide resources and for list-all; `name` is empty for
    /// collections.
    ///
    /// # Errors
    /// [`Error::Denied`].
    pub(crate) async fn authorize<T: Resource>(
        &self,
        verb: Verb,
        namespace: &str,
        name: &str,
    ) -> Result<Grant<T>, Error> {
        let ask = AccessRequest { verb, resource: T::PLURAL, namespace, name };
        if self.allowed(&ask).await? {
            return Ok(self.grant(namespace, name));
        }
        Err(Error::Denied)
    }

    /// As [`Caller::authorize`] for an operation on a user that users may also do to themselves.
    ///
    /// # Errors
    /// [`Error::Denied`].
    pub(crate) async fn authorize_or_self<T: Resource>(
        &self,
        verb: Verb,
        name: &str,
    ) -> Result<Grant<T>, Error> {
        let own = AccessRequest { verb, resource: SELF_USER, namespace: "", name };
        if name == self.name() && self.allowed(&own).await? {
            return Ok(self.grant("", name));
        }
        self.authorize(verb, "", name).await
    }

    /// A grant for something that was decided by other means than a verb on a resource.
    pub(crate) fn grant<T: Resource>(&self, namespace: &str, name: &str) -> Grant<T> {
        Grant::new(Arc::clone(self.cx()), self.name(), namespace, name)
    }
}
