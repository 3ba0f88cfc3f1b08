//! The table of errors: status, code and meaning of every situation (D4).
//!
//! Error responses, the responses and the introduction of the document, and the fault injector are
//! derived from it.

use http::StatusCode;
use sensu_store::StoreError;
use sensu_types::check::CheckConfig;
use sensu_types::hook::HookConfig;
use sensu_types::{ObjectMeta, Resource as _};

use super::Error;
use crate::runtime::context::Limits;

/// How clients see a situation.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) status: StatusCode,
    /// Sensu's numeric code; see [`CODES`].
    pub(crate) code: u32,
    /// The name of the response in the document.
    pub(crate) name: &'static str,
    /// The situation, and what the client can do.
    pub(crate) meaning: &'static str,
    /// An error of this kind, for examples.
    pub(crate) example: fn() -> Error,
}

/// The meaning of the numeric codes.
pub(crate) const CODES: [(u32, &str); 7] = [
    (0, "internal error or temporarily unavailable"),
    (1, "invalid request"),
    (2, "not found"),
    (3, "already exists"),
    (4, "permission denied"),
    (5, "not authenticated"),
    (6, "precondition failed"),
];

/// Every kind of error, by status.
pub(crate) const TABLE: [&Row; 13] = [
    &INVALID,
    &UNAUTHENTICATED,
    &DENIED,
    &NOT_FOUND,
    &METHOD_NOT_ALLOWED,
    &TOO_SLOW,
    &EXISTS,
    &PRECONDITION_FAILED,
    &TOO_LARGE,
    &UNSUPPORTED_MEDIA_TYPE,
    &THROTTLED,
    &INTERNAL,
    &UNAVAILABLE,
];

/// The row of an error.
pub(super) fn row(error: &Error) -> &'static Row {
    match error {
        Error::Invalid(_) => &INVALID,
        Error::Unauthenticated(_) | Error::BadLogin => &UNAUTHENTICATED,
        Error::Denied => &DENIED,
        Error::NotFound(_) => &NOT_FOUND,
        Error::MethodNotAllowed => &METHOD_NOT_ALLOWED,
        Error::TooSlow => &TOO_SLOW,
        Error::Exists(_) => &EXISTS,
        Error::PreconditionFailed(_) => &PRECONDITION_FAILED,
        Error::TooLarge(_) => &TOO_LARGE,
        Error::UnsupportedMediaType(_) => &UNSUPPORTED_MEDIA_TYPE,
        Error::Throttled(_) => &THROTTLED,
        Error::Internal(_) => &INTERNAL,
        Error::Unavailable(_) => &UNAVAILABLE,
    }
}

/// The code that goes with an error status: 1 for other client errors, 0 for other server errors.
pub(crate) fn code(status: StatusCode) -> u32 {
    let row = TABLE.iter().find(|row| row.status == status);
    row.map_or_else(|| u32::from(status.is_client_error()), |row| row.code)
}

const INVALID: Row = Row {
    status: StatusCode::BAD_REQUEST,
    code: 1,
    name: "BadRequest",
    meaning: "The request is invalid. The message names the broken rule.",
    example: || {
        let metadata = ObjectMeta::new("default", "list-processes");
        let hook = HookConfig { metadata, command: "ps aux".into(), ..HookConfig::default() };
        hook.validate().err().map_or_else(Error::not_found, Error::from)
    },
};
const UNAUTHENTICATED: Row = Row {
    status: StatusCode::UNAUTHORIZED,
    code: 5,
    name: "Unauthorized",
    meaning: "The credentials are missing, wrong or expired.",
    example: Error::access_token_expired,
};
const DENIED: Row = Row {
    status: StatusCode::FORBIDDEN,
    code: 4,
    name: "Forbidden",
    meaning: "No role of the caller allows the operation.",
    example: || Error::Denied,
};
const NOT_FOUND: Row = Row {
    status: StatusCode::NOT_FOUND,
    code: 2,
    name: "NotFound",
    meaning: "The object, its namespace or the path does not exist.",
    example: || Error::object_not_found::<CheckConfig>("default", "check-cpu"),
};
const METHOD_NOT_ALLOWED: Row = Row {
    status: StatusCode::METHOD_NOT_ALLOWED,
    code: 1,
    name: "MethodNotAllowed",
    meaning: "The path does not support the method. `Allow` lists the methods that it supports.",
    example: || Error::MethodNotAllowed,
};
const TOO_SLOW: Row = Row {
    status: StatusCode::REQUEST_TIMEOUT,
    code: 1,
    name: "RequestTimeout",
    meaning: "The request body did not arrive in time.",
    example: || Error::TooSlow,
};
const EXISTS: Row = Row {
    status: StatusCode::CONFLICT,
    code: 3,
    name: "Conflict",
    meaning: "The object already exists, or another object prevents the operation.",
    example: || Error::object_exists::<CheckConfig>("default", "check-cpu"),
};
const PRECONDITION_FAILED: Row = Row {
    status: StatusCode::PRECONDITION_FAILED,
    code: 6,
    name: "PreconditionFailed",
    meaning: "The object is not in the state that `If-Match` or `If-None-Match` requires.",
    example: Error::if_match_failed,
};
const TOO_LARGE: Row = Row {
    status: StatusCode::PAYLOAD_TOO_LARGE,
    code: 1,
    name: "PayloadTooLarge",
    meaning: "The request body, or the object that it describes, is too large.",
    example: || Error::body_too_large(Limits::default().request_bytes),
};
const UNSUPPORTED_MEDIA_TYPE: Row = Row {
    status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
    code: 1,
    name: "UnsupportedMediaType",
    meaning: "The media type of the request body is not JSON.",
    example: || Error::unsupported_media_type("text/plain"),
};
const THROTTLED: Row = Row {
    status: StatusCode::TOO_MANY_REQUESTS,
    code: 5,
    name: "TooManyRequests",
    meaning: "Too many failed or concurrent logins. `Retry-After` contains the seconds until the next attempt.",
    example: || Error::Throttled(4),
};
const INTERNAL: Row = Row {
    status: StatusCode::INTERNAL_SERVER_ERROR,
    code: 0,
    name: "InternalError",
    meaning: "The server failed. Its log contains the cause under the request ID.",
    example: || Error::Internal(String::new()),
};
const UNAVAILABLE: Row = Row {
    status: StatusCode::SERVICE_UNAVAILABLE,
    code: 0,
    name: "Unavailable",
    meaning: "The server temporarily cannot process the request. `Retry-After` contains the \
              seconds until the next attempt.",
    example: || StoreError::Overloaded.into(),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_its_examples_belong_to_their_rows() {
        assert!(TABLE.is_sorted_by_key(|row| row.status));
        for expected in TABLE {
            let example = (expected.example)();
            assert_eq!(row(&example).status, expected.status, "{example:?}");
            assert!(CODES.iter().any(|(code, _)| *code == expected.code));
        }
    }

    #[test]
    fn statuses_and_codes_are_those_of_the_api() {
        let table: Vec<String> =
            TABLE.iter().map(|row| format!("{} {}", row.status.as_u16(), row.code)).collect();
        let expected = "400 1, 401 5, 403 4, 404 2, 405 1, 408 1, 409 3, 412 6, 413 1, 415 1, \
                        429 5, 500 0, 503 0";
        assert_eq!(table.join(", "), expected);
    }

    #[test]
    fn other_statuses_have_a_code() {
        assert_eq!(code(StatusCode::IM_A_TEAPOT), 1);
        assert_eq!(code(StatusCode::BAD_GATEWAY), 0);
        assert_eq!(code(StatusCode::CONFLICT), 3);
    }
}
