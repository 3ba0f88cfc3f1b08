//! Descriptions of the regular verbs, for the document.

use sensu_types::{Resource, Scope as _};

const PAGES: &str = "\
A response contains at most %response-bytes% bytes. If there are more objects, it has a \
`Sensu-Continue` header; send its value as `continue` to get the next page.";

pub(super) fn list<T: Resource>() -> String {
    let missing = match T::Scope::NAMESPACED {
        true => " A namespace that does not exist has an empty list.",
        false => "",
    };
    format!("Returns the objects sorted by name, in byte order. {PAGES}{missing}")
}

pub(super) fn list_all() -> String {
    format!(
        "Returns the objects of all namespaces, sorted by namespace and name, in byte order. \
         {PAGES}"
    )
}

pub(super) fn get<T: Resource>() -> String {
    format!(
        "Returns the {} and its `ETag`. If `If-None-Match` names the current state, the status is \
         304 and the response has no body.",
        T::NOUN
    )
}

pub(super) fn create<T: Resource>() -> String {
    let namespace = match T::Scope::NAMESPACED {
        true => {
            " The namespace may be omitted from the body; if it differs from the URL, the status \
             is 400."
        }
        false => "",
    };
    format!(
        "Stores a new {noun} and returns it as stored. If a {noun} with this name exists, the \
         status is 409.{namespace}",
        noun = T::NOUN
    )
}

pub(super) fn put<T: Resource>() -> String {
    let identity = match T::Scope::NAMESPACED {
        true => "Name and namespace may be omitted from the body; if they differ from the URL",
        false => "The name may be omitted from the body; if it differs from the URL",
    };
    format!(
        "Stores the {} under the name in the URL and returns it as stored. An existing one is \
         replaced as a whole: fields missing from the body get their default values. {identity}, \
         the status is 400. With `If-Match`, only the state with that `ETag` is replaced; with \
         `If-None-Match: *`, the object is only created. Otherwise the status is 412.",
        T::NOUN
    )
}

pub(super) fn patch<T: Resource>() -> String {
    let identity = match T::Scope::NAMESPACED {
        true => "Name and namespace",
        false => "The name",
    };
    format!(
        "Applies a JSON merge patch (RFC 7396) and returns the {} as stored: fields in the body \
         are set, `null` removes a field, all other fields keep their values. Lists are replaced \
         as a whole. {identity} cannot change. With `If-Match`, only the state with that `ETag` is \
         changed; otherwise the status is 412.",
        T::NOUN
    )
}

pub(super) fn delete<T: Resource>() -> String {
    format!(
        "Deletes the {}. If it does not exist, the status is 404. With `If-Match`, only the state \
         with that `ETag` is deleted; otherwise the status is 412.",
        T::NOUN
    )
}
