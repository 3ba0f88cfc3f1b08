//! Mounting operations: each with its facts, and `Routes<T>` with one method per regular verb.
//!
//! The only place of `http/` that builds endpoints by hand.

use std::marker::PhantomData;

use dropshot::{
    ApiDescription, ApiDescriptionRegisterError, ApiEndpoint, ApiEndpointVersions, Method,
    TagConfig,
};
use sensu_types::Scope;

use super::verbs;
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

/// An error names the operation that cannot be registered.
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

/// Mounts the operations of one kind of resource.
pub(super) struct Routes<'a, T> {
    api: &'a mut Api,
    mounted: Mounted,
    kind: PhantomData<fn() -> T>,
}

impl<'a, T: Cataloged> Routes<'a, T> {
    /// No operation yet.
    pub(super) fn of(api: &'a mut Api) -> Self {
        Self { api, mounted: Ok(()), kind: PhantomData }
    }

    /// `GET` the collection.
    pub(super) fn list(self, id: &str, summary: &str) -> Self {
        let path = collection::<T>();
        let endpoint =
            ApiEndpoint::new(id.into(), verbs::list::<T>, Method::GET, JSON, &path, all());
        self.regular(endpoint, summary, about::LIST, Facts::list::<T>())
    }

    /// `GET` the collection of every namespace.
    pub(super) fn list_all(self, id: &str, summary: &str) -> Self {
        let path = format!("{PREFIX}/{}", T::PLURAL);
        let endpoint =
            ApiEndpoint::new(id.into(), verbs::list_all::<T>, Method::GET, JSON, &path, all());
        self.regular(endpoint, summary, about::LIST_ALL, Facts::list_all::<T>())
    }

    /// `GET` one item.
    pub(super) fn get(self, id: &str, summary: &str) -> Self {
        let path = item::<T>();
        let endpoint =
            ApiEndpoint::new(id.into(), verbs::get::<T>, Method::GET, JSON, &path, all());
        self.regular(endpoint, summary, about::GET, Facts::get::<T>())
    }

    /// `POST` to the collection.
    pub(super) fn create(self, id: &str, summary: &str) -> Self {
        let path = collection::<T>();
        let endpoint =
            ApiEndpoint::new(id.into(), verbs::create::<T>, Method::POST, JSON, &path, all());
        self.regular(endpoint, summary, about::CREATE, Facts::create::<T>())
    }

    /// `PUT` one item.
    pub(super) fn put(self, id: &str, summary: &str) -> Self {
        let path = item::<T>();
        let endpoint =
            ApiEndpoint::new(id.into(), verbs::put::<T>, Method::PUT, JSON, &path, all());
        self.regular(endpoint, summary, about::PUT, Facts::put::<T>())
    }

    /// `PATCH` one item.
    pub(super) fn patch(self, id: &str, summary: &str) -> Self {
        let path = item::<T>();
        let endpoint =
            ApiEndpoint::new(id.into(), verbs::patch::<T>, Method::PATCH, JSON, &path, all());
        self.regular(endpoint, summary, about::PATCH, Facts::patch::<T>())
    }

    /// `DELETE` one item.
    pub(super) fn delete(self, id: &str, summary: &str) -> Self {
        let path = item::<T>();
        let endpoint =
            ApiEndpoint::new(id.into(), verbs::delete::<T>, Method::DELETE, JSON, &path, all());
        self.regular(endpoint, summary, about::DELETE, Facts::delete::<T>())
    }

    /// An operation with a handler of its own.
    pub(super) fn custom(mut self, endpoint: impl Into<ApiEndpoint<Cx>>, facts: Facts) -> Self {
        self.mounted = self.mounted.and_then(|()| self.api.mount(endpoint, facts));
        self
    }

    /// Whether all could be registered.
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

/// What the regular verbs have to say for themselves, whatever the resource.
mod about {
    pub(super) const LIST: &str = "\
The objects come in byte order of their names. An answer holds at most %RESPONSE_BYTES% bytes: if more \
objects exist, it carries `Sensu-Continue`, whose value sent as `continue` gives the next page. \
A namespace that does not exist has an empty list.";
    pub(super) const LIST_ALL: &str = "\
The objects of all namespaces, in byte order of namespace and then name. An answer holds at most \
%RESPONSE_BYTES% bytes: if more objects exist, it carries `Sensu-Continue`, whose value sent as `continue` \
gives the next page. Needs the right to list the resource in a cluster-wide binding.";
    pub(super) const GET: &str = "\
Answers with the object and its `ETag`. With `If-None-Match` and the tag of an earlier answer, an \
object that has not changed since is answered with 304 and no body.";
    pub(super) const CREATE: &str = "\
Stores a new object and answers with it as stored. Refused with 409 if there is one with this name. \
Namespace parts that the body leaves out are taken from the URL; a body that names another \
namespace than the URL is refused with 400.";
    pub(super) const PUT: &str = "\
Stores the object under the name in the URL, replacing what is there as a whole: fields that the \
body leaves out get their default values. Name and namespace may be left out of the body; if they \
are there they must agree with the URL. `If-Match` with an `ETag` replaces only that state of the \
object, `If-None-Match: *` only creates; otherwise the answer is 412.";
    pub(super) const PATCH: &str = "\
Applies an RFC 7396 merge patch: fields in the body are set, `null` removes a field, everything \
else stays. Lists are replaced as a whole. Name and namespace cannot be changed. `If-Match` with an \
`ETag` changes only that state of the object; otherwise the answer is 412.";
    pub(super) const DELETE: &str = "\
Answers with 204 when the object is gone, and with 404 if there was none. `If-Match` with an `ETag` \
removes only that state of the object; otherwise the answer is 412.";
}
