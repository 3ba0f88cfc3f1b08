//! Query parameters of the test kit, and the filter of recorded requests.

use std::borrow::Cow;

use super::clock::parse_rfc3339;
use super::matcher::PathPrefix;
use super::plan::unknown_operation;
use super::requests::RecordedRequest;
use crate::error::Error;
use crate::query;

/// A query parameter.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    /// Pattern of its values.
    pub(super) pattern: Option<&'static str>,
    pub(super) example: &'static str,
}

/// Parameters of the list of faults.
pub(super) const FAULTS: &[Parameter] = &[Parameter {
    name: "matched",
    description: "`false`: only faults that have matched no request; `true`: only the others.",
    pattern: Some("^(true|false)$"),
    example: "false",
}];

/// Parameters of the list of requests.
pub(super) const REQUESTS: &[Parameter] = &[
    Parameter {
        name: "operation",
        description: "Operation ID of the OpenAPI document.",
        pattern: None,
        example: "check_create",
    },
    Parameter {
        name: "status",
        description: "Status of the response; `0` if there was none. `4xx` and `5xx` select a class.",
        pattern: Some("^(0|[1-5][0-9][0-9]|[1-5]xx)$"),
        example: "503",
    },
    Parameter {
        name: "method",
        description: "Method in capitals.",
        pattern: Some("^[A-Z]+$"),
        example: "POST",
    },
    Parameter {
        name: "path",
        description: "Beginning of the path. `/api/core/v2` and `/apis/core/v2` are equal.",
        pattern: None,
        example: "/apis/core/v2/namespaces/default/checks",
    },
    Parameter {
        name: "since",
        description: "Earliest time of arrival, RFC 3339, by the clock of the server.",
        pattern: None,
        example: "2026-01-31T12:00:00Z",
    },
];

/// The parameters of a query string, each at most once.
///
/// # Errors
/// [`Error::Invalid`] for a parameter that does not exist or is repeated; the message names the valid ones.
pub(super) fn parse<'a>(
    text: Option<&'a str>,
    valid: &[Parameter],
) -> Result<Vec<(&'static str, Cow<'a, str>)>, Error> {
    query::validate(text)?;
    let mut values: Vec<(&'static str, Cow<'a, str>)> = Vec::new();
    for (name, value) in form_urlencoded::parse(text.unwrap_or_default().as_bytes()) {
        let Some(parameter) = valid.iter().find(|parameter| parameter.name == name) else {
            let names: Vec<&str> = valid.iter().map(|parameter| parameter.name).collect();
            let valid = match names.is_empty() {
                true => "this path has no query parameters".to_owned(),
                false => format!("valid parameters are {}", names.join(", ")),
            };
            return Err(Error::invalid(format!("unknown query parameter {name:?}: {valid}")));
        };
        if values.iter().any(|(other, _)| *other == name) {
            return Err(Error::invalid(format!("query parameter {name:?} is repeated")));
        }
        values.push((parameter.name, value));
    }
    Ok(values)
}

/// The filter of faults: whether they have matched a request.
///
/// # Errors
/// [`Error::Invalid`]
pub(super) fn faults(text: Option<&str>) -> Result<Option<bool>, Error> {
    match parse(text, FAULTS)?.first().map(|(_, value)| value.as_ref()) {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(other) => Err(Error::invalid(format!("matched {other:?} is neither true nor false"))),
    }
}

/// A filter of recorded requests.
#[derive(Debug, Default)]
pub(super) struct RequestFilter {
    operation: Option<String>,
    /// First and last status.
    statuses: Option<(u16, u16)>,
    method: Option<String>,
    path: Option<PathPrefix>,
    /// Milliseconds since 1970-01-01 UTC.
    since: Option<i64>,
}

impl RequestFilter {
    /// # Errors
    /// [`Error::Invalid`] for an unknown parameter or an invalid value.
    pub(super) fn parse(text: Option<&str>, operations: &[String]) -> Result<Self, Error> {
        let mut filter = Self::default();
        for (name, value) in parse(text, REQUESTS)? {
            match name {
                "operation" => {
                    if !operations.iter().any(|known| *known == value) {
                        return Err(unknown_operation(&value, operations));
                    }
                    filter.operation = Some(value.into_owned());
                }
                "status" => filter.statuses = Some(statuses(&value)?),
                "method" => filter.method = Some(value.into_owned()),
                "path" => filter.path = Some(PathPrefix::new(&value)),
                _ => {
                    let why = || {
                        format!(
                            "since {value:?} is not a time in RFC 3339, such as 2026-01-31T12:00:00Z"
                        )
                    };
                    let millis = parse_rfc3339(&value).ok_or_else(|| Error::invalid(why()))?;
                    filter.since = Some(millis);
                }
            }
        }
        Ok(filter)
    }

    pub(super) fn matches(&self, request: &RecordedRequest) -> bool {
        let has_status = |(first, last)| (first..=last).contains(&request.status);
        (self.operation.is_none() || self.operation == request.operation)
            && self.statuses.is_none_or(has_status)
            && self.method.as_ref().is_none_or(|method| *method == request.method)
            && self.path.as_ref().is_none_or(|prefix| prefix.matches(&request.path))
            && self.since.is_none_or(|since| request.millis >= since)
    }
}

fn statuses(text: &str) -> Result<(u16, u16), Error> {
    let class = text.strip_suffix("xx").and_then(|class| class.parse::<u16>().ok());
    if let Some(class) = class.filter(|class| (1..=5).contains(class)) {
        return Ok((class * 100, class * 100 + 99));
    }
    let status = text.parse().ok().filter(|status| *status == 0 || (100..600).contains(status));
    let status = status.ok_or_else(|| {
        Error::invalid(format!("status {text:?} is not a status: 0, 100 to 599, or 4xx"))
    })?;
    Ok((status, status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_parameters_are_rejected_with_the_valid_ones() {
        let operations = ["check_list".to_owned()];
        let error = RequestFilter::parse(Some("limit=1"), &operations).unwrap_err();
        assert_eq!(
            error.message(),
            "unknown query parameter \"limit\": valid parameters are operation, status, method, path, since"
        );
        for bad in
            ["status=999", "status=x", "since=yesterday", "operation=nothing", "status=1&status=2"]
        {
            assert!(RequestFilter::parse(Some(bad), &operations).is_err(), "{bad}");
        }
        assert!(parse(Some("a=1"), &[]).unwrap_err().message().contains("no query parameters"));
        assert_eq!(statuses("5xx"), Ok((500, 599)));
        assert_eq!(statuses("0"), Ok((0, 0)));
    }
}
