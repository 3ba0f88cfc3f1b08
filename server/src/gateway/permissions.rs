//! In debug builds: the permission that an operation publishes is the one that its handler
//! requests.
//!
//! Every request of every test is checked; a difference fails it with 500.

use std::collections::HashMap;

use http::StatusCode;

use crate::error::side_channel::RequestedPermission;
use crate::openapi::facts::{Facts, Operation, Permission};
use crate::rbac::SELF_USER;

/// The published permissions of all operations, by operation id.
pub(super) struct Published(HashMap<String, PublishedPermission>);

/// The published permission of one operation.
#[derive(Clone, Copy, Debug)]
pub(super) struct PublishedPermission {
    permission: Permission,
    namespaced: bool,
}

impl Published {
    pub(super) fn new(operations: &[Operation]) -> Self {
        let entry = |operation: &Operation| {
            (operation.id.clone(), PublishedPermission::new(&operation.facts))
        };
        Self(operations.iter().map(entry).collect())
    }

    /// The permission of an operation. Operations that are not published require none.
    pub(super) fn of(&self, operation: &str) -> PublishedPermission {
        let unpublished = PublishedPermission { permission: Permission::None, namespaced: false };
        self.0.get(operation).copied().unwrap_or(unpublished)
    }
}

impl PublishedPermission {
    fn new(facts: &Facts) -> Self {
        Self { permission: facts.permission, namespaced: facts.is_namespaced() }
    }

    /// Compares with what the handler has requested.
    ///
    /// # Errors
    /// A description of the difference: another permission was requested, or none by an operation
    /// that succeeded.
    pub(super) fn verify(
        self,
        requested: &[RequestedPermission],
        status: StatusCode,
    ) -> Result<(), String> {
        let rule = self.permission.rule();
        for request in requested {
            let agrees = rule.is_some_and(|(verb, resource)| {
                let own = self.permission.is_granted_to_self() && request.resource == SELF_USER;
                request.verb == verb.as_str() && (own || request.resource == resource)
            });
            if !agrees || request.namespace.is_empty() == self.namespaced {
                return Err(format!("{request:?} was requested, {self:?} is published"));
            }
        }
        let succeeded = status.is_success() || status == StatusCode::NOT_MODIFIED;
        if rule.is_some() && requested.is_empty() && succeeded {
            return Err(format!("nothing was requested, {self:?} is published"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use sensu_types::check::CheckConfig;
    use sensu_types::user::User;

    use super::*;
    use crate::rbac::Verb;

    fn requested(verb: &'static str, resource: &str, namespace: &str) -> RequestedPermission {
        let (resource, namespace) = (resource.to_owned(), namespace.to_owned());
        RequestedPermission { verb, resource, namespace }
    }

    #[test]
    fn a_handler_must_request_the_published_permission() {
        let published = PublishedPermission::new(&Facts::get::<CheckConfig>());
        let get = requested("get", "checks", "default");
        assert_eq!(published.verify(std::slice::from_ref(&get), StatusCode::OK), Ok(()));
        assert_eq!(published.verify(&[], StatusCode::UNAUTHORIZED), Ok(()));
        assert!(published.verify(&[], StatusCode::OK).is_err());
        for other in [
            requested("list", "checks", "default"),
            requested("get", "hooks", "default"),
            requested("get", "checks", ""),
            requested("get", SELF_USER, "default"),
        ] {
            assert!(published.verify(&[get.clone(), other], StatusCode::OK).is_err());
        }
    }

    #[test]
    fn an_operation_without_permission_must_request_none() {
        let published = PublishedPermission::new(&Facts::public());
        assert_eq!(published.verify(&[], StatusCode::OK), Ok(()));
        assert!(published.verify(&[requested("get", "checks", "")], StatusCode::OK).is_err());
    }

    #[test]
    fn users_may_request_the_permission_on_themselves() {
        let published = PublishedPermission::new(&Facts::custom::<User>(Verb::Update).or_self());
        let own = requested("update", SELF_USER, "");
        assert_eq!(published.verify(&[own], StatusCode::OK), Ok(()));
        assert!(published.verify(&[requested("get", SELF_USER, "")], StatusCode::OK).is_err());
    }
}
