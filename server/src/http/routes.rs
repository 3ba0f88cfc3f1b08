//! Mounting operations: each with its facts, and `Routes<T>` with one method per regular verb.
//!
//! The only place of `http/` that builds endpoints by hand.

use std::marker::PhantomData;

use dropshot::{
    ApiDescription, ApiDescriptionRegisterError, ApiEndpoint, ApiEndpointVersions, Method,
    TagConfig,
};
use sensu_types::Scope;

use super::{descriptions as describe, verbs};
use crate::catalog::Cataloged;
use crate::openapi::facts::{Facts, Operation};
use crate::runtime::context::Cx;

/// The operations of the API, ready to be served or described.
pub(crate) struct Api {
    /// What Dropshot serves.
    pub(crate) description: ApiDescription<Cx>,
    /// The facts of the published operations, in the order in which they were mounted.
    pub(crate) operations: Vec<Operation>,
}

/// The error names an operation that cannot be registered.
pub(super) type Mounted = Result<(), ApiDescriptionRegisterError>;

/// The prefix that the document lists (D1).
pub(crate) const PREFIX: &str = "/apis/core/v2";

const JSON: &str = "application/json";

impl Api {
    pub(super) fn new(tags: TagConfig) -> Self {
        Self { description: ApiDescription::new().tag_config(tags), operations: Vec::new() }
    }

    /// Mounts an operation.
    pub(super) fn mount(&mut self, endpoint: impl Into<ApiEndpoint<Cx>>, facts: Facts) -> Mounted {
        let endpoint = endpoint.into();
        let (id, path) = (endpoint.operation_id.clone(), endpoint.path.clone());
        self.operations.push(Operation { id, path, facts });
        self.description.register(endpoint)
    }

    /// Mounts an operation that is not part of the document.
    pub(super) fn mount_unpublished(&mut self, endpoint: impl Into<ApiEndpoint<Cx>>) -> Mounted {
        self.description.register(endpoint)
    }
}

/// The operations of a kind. Every kind of the catalog implements it.
pub(super) trait Mount: Cataloged {
    /// Mounts all operations of the kind.
    ///
    /// # Errors
    /// The first error, if an operation cannot be registered.
    fn mount(api: &mut Api) -> Mounted;
}

/// Mounts the operations of one kind.
pub(super) struct Routes<'a, T> {
    api: &'a mut Api,
    mounted: Mounted,
    kind: PhantomData<fn() -> T>,
}

impl<'a, T: Cataloged> Routes<'a, T> {
    pub(super) fn new(api: &'a mut Api) -> Self {
        Self { api, mounted: Ok(()), kind: PhantomData }
    }

    /// `GET` the collection.
    pub(super) fn list(self, id: &str, summary: &str) -> Self {
        let path = collection::<T>();
        let endpoint =
            ApiEndpoint::new(id.into(), verbs::list::<T>, Method::GET, JSON, &path, all());
        self.regular(endpoint, summary, &describe::list::<T>(), Facts::list::<T>())
    }

    /// `GET` the collection of every namespace.
    pub(super) fn list_all(self, id: &str, summary: &str) -> Self {
        let path = format!("{PREFIX}/{}", T::PLURAL);
        let endpoint =
            ApiEndpoint::new(id.into(), verbs::list_all::<T>, Method::GET, JSON, &path, all());
        self.regular(endpoint, summary, &describe::list_all(), Facts::list_all::<T>())
    }

    /// `GET` one item.
    pub(super) fn get(self, id: &str, summary: &str) -> Self {
        let path = item::<T>();
        let endpoint =
            ApiEndpoint::new(id.into(), verbs::get::<T>, Method::GET, JSON, &path, all());
        self.regular(endpoint, summary, &describe::get::<T>(), Facts::get::<T>())
    }

    /// `POST` to the collection.
    pub(super) fn create(self, id: &str, summary: &str) -> Self {
        let path = collection::<T>();
        let endpoint =
            ApiEndpoint::new(id.into(), verbs::create::<T>, Method::POST, JSON, &path, all());
        self.regular(endpoint, summary, &describe::create::<T>(), Facts::create::<T>())
    }

    /// `PUT` one item.
    pub(super) fn put(self, id: &str, summary: &str) -> Self {
        let path = item::<T>();
        let endpoint =
            ApiEndpoint::new(id.into(), verbs::put::<T>, Method::PUT, JSON, &path, all());
        self.regular(endpoint, summary, &describe::put::<T>(), Facts::put::<T>())
    }

    /// `PATCH` one item.
    pub(super) fn patch(self, id: &str, summary: &str) -> Self {
        let path = item::<T>();
        let endpoint =
            ApiEndpoint::new(id.into(), verbs::patch::<T>, Method::PATCH, JSON, &path, all());
        self.regular(endpoint, summary, &describe::patch::<T>(), Facts::patch::<T>())
    }

    /// `DELETE` one item.
    pub(super) fn delete(self, id: &str, summary: &str) -> Self {
        let path = item::<T>();
        let endpoint =
            ApiEndpoint::new(id.into(), verbs::delete::<T>, Method::DELETE, JSON, &path, all());
        self.regular(endpoint, summary, &describe::delete::<T>(), Facts::delete::<T>())
    }

    /// An operation with a handler of its own.
    pub(super) fn custom(mut self, endpoint: impl Into<ApiEndpoint<Cx>>, facts: Facts) -> Self {
        self.mounted = self.mounted.and_then(|()| self.api.mount(endpoint, facts));
        self
    }

    /// The first error, if an operation could not be registered.
    pub(super) fn mount(self) -> Mounted {
        self.mounted
    }

    fn regular(
        self,
        endpoint: ApiEndpoint<Cx>,
        summary: &str,
        description: &str,
        facts: Facts,
    ) -> Self {
        self.custom(endpoint.summary(summary).description(description).tag(T::PLURAL), facts)
    }
}

fn all() -> ApiEndpointVersions {
    ApiEndpointVersions::all()
}

fn collection<T: Cataloged>() -> String {
    let inside = if T::Scope::NAMESPACED { "/namespaces/{namespace}" } else { "" };
    format!("{PREFIX}{inside}/{}", T::PLURAL)
}

fn item<T: Cataloged>() -> String {
    format!("{}/{{{}}}", collection::<T>(), T::Scope::PARAMETER)
}
