//! The right to do one thing to one place: what [`Caller::may`](crate::auth::Caller::may) gives,
//! and what every way to the store asks for.

use std::marker::PhantomData;

use sensu_store::Store;
use sensu_types::{Resource, Scene};

use crate::context::{Context, Cx};

/// A caller's right to act on objects of one kind, in one namespace or on one name.
///
/// It owns the handle to the store and the identity that was authorized; reading and writing
/// (`registry.rs`) use that identity and no other, so what was authorized is what happens (D6).
pub(crate) struct Grant<T: Resource> {
    cx: Cx,
    caller: String,
    namespace: String,
    name: String,
    kind: PhantomData<fn() -> T>,
}

impl<T: Resource> Grant<T> {
    pub(crate) fn new(cx: Cx, caller: &str, namespace: &str, name: &str) -> Self {
        let (caller, namespace, name) = (caller.to_owned(), namespace.to_owned(), name.to_owned());
        Self { cx, caller, namespace, name, kind: PhantomData }
    }

    /// The namespace that was authorized; empty for cluster-wide kinds and list-all.
    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The name that was authorized; empty for collections.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The store.
    pub(crate) fn store(&self) -> &dyn Store {
        self.cx.store.as_ref()
    }

    /// The context.
    pub(crate) fn cx(&self) -> &Context {
        &self.cx
    }

    /// Who writes, and when.
    pub(crate) fn scene(&self) -> Scene<'_> {
        Scene { caller: &self.caller, now: self.cx.clock.now() }
    }
}
