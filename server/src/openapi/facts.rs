//! Operation facts: what clients can rely on beyond what the types of an operation show.
//!
//! Facts are recorded where an operation is mounted (`http/`). The steps of this module derive the
//! document from them, the server derives discovery from them, and in debug builds the gateway
//! compares the published permission with what the handler requested. Operation ids and paths are
//! labels: nothing is inferred from their spelling.

use std::collections::BTreeMap;

use crate::catalog::{Cataloged, Kind};
use crate::rbac::Verb;

/// A mounted operation.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// The operation id.
    pub(crate) id: String,
    /// The path template.
    pub(crate) path: String,
    pub(crate) facts: Facts,
}

/// What an operation does, what it requires, and how it can fail.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) action: Action,
    /// The kind of resource it acts on, if there is one.
    pub(crate) kind: Option<&'static Kind>,
    pub(crate) authentication: Authentication,
    pub(crate) permission: Permission,
    /// 404: the object in the URL, or the namespace to write into, may be missing.
    pub(crate) not_found: bool,
    /// 409: the object may exist already, or another object may be in the way.
    pub(crate) conflict: bool,
    /// 429: a wrong password in the body counts as a failed log-in.
    pub(crate) throttled: bool,
    /// 503 although no credentials are needed. Every authenticated operation reads the store, and
    /// so may fail with 503.
    pub(crate) unavailable: bool,
    pub(crate) conditional: Conditional,
    /// The description of a successful response, if it is not the usual one of the action.
    pub(crate) success: Option<&'static str>,
    /// The media type of the response, if it is not JSON.
    pub(crate) media_type: Option<&'static str>,
    /// The link that leads to this operation from the response of another one.
    pub(crate) link: Option<Link>,
    /// When the operation was deprecated and may be removed, if it is deprecated.
    pub(crate) deprecated: Option<Deprecation>,
    /// The published operations that this route stands for, if it is not one itself.
    pub(crate) alternatives: Option<&'static Alternatives>,
}

/// The times of a deprecation, in seconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deprecation {
    /// When the operation was deprecated.
    pub(crate) since: u64,
    /// When it may be removed.
    pub(crate) sunset: u64,
}

/// The regular verbs, which have regular links and `sensuctl` commands, and everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    List,
    ListAll,
    Get,
    Create,
    Put,
    Patch,
    Delete,
    Custom,
}

/// The credentials that an operation requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Authentication {
    /// None; credentials are ignored.
    None,
    /// User name and password. Failed attempts are throttled (429).
    Basic,
    /// The access token of a session, expired or not.
    Session,
    /// An access token or an API key.
    Token,
}

/// The permission that an operation requires of the caller's roles: a verb on an RBAC resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    /// None.
    None,
    /// Without it, the status is 403.
    Required(Verb, &'static str),
    /// As `Required`; the same verb on `localselfuser` suffices for the caller's own user.
    RequiredUnlessSelf(Verb, &'static str),
    /// Without it, the response is limited to what the caller may see.
    Filters(Verb, &'static str),
}

impl Permission {
    /// The verb and the RBAC resource.
    pub(crate) fn rule(self) -> Option<(Verb, &'static str)> {
        match self {
            Self::None => None,
            Self::Required(verb, resource)
            | Self::RequiredUnlessSelf(verb, resource)
            | Self::Filters(verb, resource) => Some((verb, resource)),
        }
    }

    /// Whether the verb on `localselfuser` suffices for the caller's own user.
    pub(crate) fn is_granted_to_self(self) -> bool {
        matches!(self, Self::RequiredUnlessSelf(..))
    }

    /// Whether a caller can be denied: 403.
    pub(crate) fn can_be_denied(self) -> bool {
        matches!(self, Self::Required(..) | Self::RequiredUnlessSelf(..))
    }
}

/// The conditional request headers that an operation evaluates (D36).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conditional {
    No,
    /// `If-None-Match`: 304 if it names the current state.
    Read,
    /// `If-Match`: 412 unless it names the current state.
    Change,
    /// `If-Match`, and `If-None-Match: *`: 412 if there is an object.
    Replace,
}

/// A link to an operation from the response of another one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    /// The id of the operation whose response holds what this one needs.
    pub(crate) from: &'static str,
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    /// The body of the linked request, with runtime expressions.
    pub(crate) body: Option<&'static str>,
}

/// A route that stands for several published operations, because Dropshot's router cannot
/// distinguish a literal segment from a variable in the same place.
#[derive(Debug)]
pub(crate) struct Alternatives {
    /// The path parameter whose values are literal segments of the published paths.
    pub(crate) selector: &'static str,
    /// The path parameter that each published operation names differently.
    pub(crate) variable: &'static str,
    /// The schema of the selector, which is not published.
    pub(crate) schema: &'static str,
    pub(crate) operations: &'static [Alternative],
}

/// One published operation of several that share a route.
#[derive(Debug)]
pub(crate) struct Alternative {
    /// The literal segment in place of the selector.
    pub(crate) segment: &'static str,
    /// The name and the description of the parameter in place of the variable.
    pub(crate) parameter: (&'static str, &'static str),
    pub(crate) id: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) description: &'static str,
}

impl Facts {
    /// An operation without authentication.
    pub(crate) const fn public() -> Self {
        Self {
            action: Action::Custom,
            kind: None,
            authentication: Authentication::None,
            permission: Permission::None,
            not_found: false,
            conflict: false,
            unavailable: false,
            conditional: Conditional::No,
            success: None,
            media_type: None,
            link: None,
            throttled: false,
            deprecated: None,
            alternatives: None,
        }
    }

    /// An operation that identifies its caller by other means than a token.
    pub(crate) const fn authenticated(authentication: Authentication) -> Self {
        Self { authentication, ..Self::public() }
    }

    /// An operation on an RBAC resource that is not a kind of the catalog.
    pub(crate) const fn on(resource: &'static str, verb: Verb) -> Self {
        let permission = Permission::Required(verb, resource);
        Self { permission, ..Self::authenticated(Authentication::Token) }
    }

    /// An irregular operation on one object.
    pub(crate) const fn custom<T: Cataloged>(verb: Verb) -> Self {
        Self { kind: Some(&T::FACTS), not_found: true, ..Self::on(T::PLURAL, verb) }
    }

    /// A list of a part of a collection.
    pub(crate) const fn partial_list<T: Cataloged>(verb: Verb) -> Self {
        let success = Some("One page of the list.");
        Self { not_found: false, success, ..Self::custom::<T>(verb) }
    }

    pub(crate) const fn list<T: Cataloged>() -> Self {
        Self { action: Action::List, ..Self::partial_list::<T>(Verb::List) }
    }

    pub(crate) const fn list_all<T: Cataloged>() -> Self {
        Self { action: Action::ListAll, ..Self::list::<T>() }
    }

    pub(crate) const fn get<T: Cataloged>() -> Self {
        let conditional = Conditional::Read;
        Self { action: Action::Get, conditional, ..Self::custom::<T>(Verb::Get) }
    }

    pub(crate) const fn create<T: Cataloged>() -> Self {
        // The object need not be there, but its namespace must.
        let not_found = T::FACTS.namespaced;
        Self {
            action: Action::Create,
            not_found,
            conflict: true,
            ..Self::custom::<T>(Verb::Create)
        }
    }

    pub(crate) const fn put<T: Cataloged>() -> Self {
        let (not_found, conditional) = (T::FACTS.namespaced, Conditional::Replace);
        Self { action: Action::Put, not_found, conditional, ..Self::custom::<T>(Verb::Update) }
    }

    pub(crate) const fn patch<T: Cataloged>() -> Self {
        let conditional = Conditional::Change;
        Self { action: Action::Patch, conditional, ..Self::custom::<T>(Verb::Update) }
    }

    pub(crate) const fn delete<T: Cataloged>() -> Self {
        let conditional = Conditional::Change;
        Self { action: Action::Delete, conditional, ..Self::custom::<T>(Verb::Delete) }
    }

    /// Deprecated since a time, and removed after another one.
    #[cfg_attr(not(test), expect(dead_code, reason = "no operation is deprecated at present"))]
    pub(crate) const fn deprecated(self, since: u64, sunset: u64) -> Self {
        Self { deprecated: Some(Deprecation { since, sunset }), ..self }
    }

    /// `localselfuser` suffices for the caller's own user.
    pub(crate) const fn or_self(self) -> Self {
        let permission = match self.permission {
            Permission::Required(verb, resource) => Permission::RequiredUnlessSelf(verb, resource),
            other => other,
        };
        Self { permission, ..self }
    }

    /// Callers without the permission get what they may see, instead of 403.
    pub(crate) const fn filtered(self) -> Self {
        let permission = match self.permission {
            Permission::Required(verb, resource) => Permission::Filters(verb, resource),
            other => other,
        };
        Self { permission, ..self }
    }

    /// Whether it acts on objects of the namespace in the URL.
    pub(crate) fn is_namespaced(&self) -> bool {
        self.action != Action::ListAll && self.kind.is_some_and(|kind| kind.namespaced)
    }
}

/// The facts of every published operation, by operation id.
pub(crate) fn published(operations: &[Operation]) -> BTreeMap<&str, &Facts> {
    let mut facts = BTreeMap::new();
    for operation in operations {
        match operation.facts.alternatives {
            None => drop(facts.insert(operation.id.as_str(), &operation.facts)),
            Some(alternatives) => {
                facts.extend(alternatives.operations.iter().map(|one| (one.id, &operation.facts)));
            }
        }
    }
    facts
}
