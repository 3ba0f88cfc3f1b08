//! Planned faults as they are sent: JSON objects with conditions and effects.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fault::{self, Failure, Fault};
use super::matcher::{Matcher, PathPrefix};
use crate::error::Error;

/// A fault for requests that meet all of its conditions: `operation`, `method`, `path`, `header`, `query`. The other
/// fields are effects, and how often they apply.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FaultInput {
    /// Effects in the syntax of the header `Sensu-Dev-Fault`: `status=503; count=2`. The other fields are in addition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fault: Option<String>,
    /// Operation ID of the OpenAPI document: `check_create`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) operation: Option<String>,
    /// Method in capitals: `GET`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) method: Option<String>,
    /// Beginning of the path. `/api/core/v2` and `/apis/core/v2` are equal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<String>,
    /// Headers, by name. All must have exactly this value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) header: BTreeMap<String, String>,
    /// Query parameters, by name. All must have exactly this value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) query: BTreeMap<String, String>,
    /// Number of the first matching request that the fault applies to, from 1. With it, `times` is 1 by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub(super) nth: Option<u32>,
    /// Maximum number of requests that the fault applies to. Without it and `nth`, there is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) times: Option<u32>,
    /// Probability that the fault applies to a matching request, 0 to 1. Default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1))]
    pub(super) probability: Option<f64>,
    /// Delay before the request is processed, at most 60 s: `250ms`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delay: Option<String>,
    /// Status of the response: 400 to 599, with `body` 200 to 599. The operation is not carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 200, max = 599))]
    pub(super) status: Option<u16>,
    /// Body of the response: text, or any other JSON value. Default: the error of the status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<Value>,
    /// Media type of `body`. Default: `text/plain` for text, otherwise `application/json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_type: Option<String>,
    /// Closes the connection after this number of bytes of the response body. Without `status` and `body`, the operation
    /// is carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) truncate: Option<u64>,
    /// Time in which the response body is sent, at most 60 s: `2s`. Without `status` and `body`, the operation is carried
    /// out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) slow: Option<String>,
    /// Closes the connection without a response. The operation is not carried out.
    #[serde(skip_serializing_if = "is_false")]
    pub(super) drop: bool,
    /// Resets the connection without a response (TCP RST). The operation is not carried out.
    #[serde(skip_serializing_if = "is_false")]
    pub(super) reset: bool,
}

/// A planned fault, and what it has done.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct PlannedFault {
    /// Identifier: `fault-1`.
    pub(super) id: String,
    #[serde(flatten)]
    pub(super) input: FaultInput,
    /// Number of requests that met the conditions, except those that an earlier fault in the list applied to.
    pub(super) matched: u64,
    /// Number of requests that the fault applied to.
    pub(super) injected: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

impl FaultInput {
    /// The conditions and the effects.
    ///
    /// # Errors
    /// [`Error::Invalid`], about a field. `operations` are the valid operation IDs.
    pub(super) fn compile(&self, operations: &[String]) -> Result<(Matcher, Fault), Error> {
        Ok((self.matcher(operations)?, self.effects()?))
    }

    fn matcher(&self, operations: &[String]) -> Result<Matcher, Error> {
        if let Some(unknown) = self.operation.as_ref().filter(|id| !operations.contains(id)) {
            return Err(unknown_operation(unknown, operations));
        }
        if let Some(method) = &self.method
            && (Method::from_bytes(method.as_bytes()).is_err() || *method != method.to_uppercase())
        {
            let why = format!("method {method:?}: write the method in capitals, such as GET");
            return Err(Error::invalid(why).at("/method"));
        }
        for name in self.header.keys() {
            if HeaderName::from_bytes(name.as_bytes()).is_err() {
                return Err(Error::invalid(format!("header {name:?} is not a name")).at("/header"));
            }
        }
        Ok(Matcher {
            operation: self.operation.clone(),
            method: self.method.clone(),
            path: self.path.as_deref().map(PathPrefix::new),
            header: self.header.clone(),
            query: self.query.clone(),
        })
    }

    fn effects(&self) -> Result<Fault, Error> {
        let mut fault = match &self.fault {
            Some(text) => Fault::parse(text)?,
            None => Fault::default(),
        };
        let field = |name: &str, why: String| {
            Error::invalid(format!("{name}: {why}")).at(&format!("/{name}"))
        };
        if let Some(delay) = &self.delay {
            fault.delay = fault::duration(delay).map_err(|why| field("delay", why))?;
        }
        if let Some(slow) = &self.slow {
            fault.transfer.duration = fault::duration(slow).map_err(|why| field("slow", why))?;
        }
        fault.transfer.truncate = self.truncate.or(fault.transfer.truncate);
        if let Some(probability) = self.probability {
            fault.probability =
                fault::probability(probability).map_err(|why| field("probability", why))?;
        }
        fault.count = self.times.or(fault.count);
        if let Some(nth) = self.nth {
            if nth == 0 {
                return Err(field("nth", "requests are counted from 1".into()));
            }
            (fault.nth, fault.count) = (nth, fault.count.or(Some(1)));
        }
        let failures = [
            self.response().map_err(|(name, why)| field(name, why))?,
            self.drop.then_some(Failure::Drop),
            self.reset.then_some(Failure::Reset),
        ];
        let mut failures = failures.into_iter().flatten();
        fault.failure = failures.next().or(fault.failure);
        if failures.next().is_some() {
            return Err(Error::invalid("a fault has only one of status or body, drop, reset"));
        }
        match fault.has_effect() {
            true => Ok(fault),
            false => Err(Error::invalid(
                "a fault has an effect: delay, status, body, truncate, slow, drop or reset",
            )),
        }
    }

    /// The response in place of that of the operation.
    fn response(&self) -> Result<Option<Failure>, (&'static str, String)> {
        let Some(body) = &self.body else {
            if self.content_type.is_some() {
                return Err(("content_type", "has no effect without body".into()));
            }
            let status = self.status.map(|status| {
                let why = || {
                    format!(
                        "{status} is not a status of errors, 400 to 599; other statuses need a body"
                    )
                };
                fault::error_status(status).map_err(|_| ("status", why()))
            });
            return Ok(status.transpose()?.map(Failure::Status));
        };
        let status = self.status.unwrap_or(200);
        let status = Some(status).filter(|status| (200..600).contains(status));
        let status = status.and_then(|status| StatusCode::from_u16(status).ok());
        let status = status.ok_or(("status", "a status is from 200 to 599".to_owned()))?;
        let (body, media_type) = match body {
            Value::String(text) => (text.clone(), "text/plain; charset=utf-8"),
            other => (other.to_string(), "application/json"),
        };
        let content_type = self.content_type.as_deref().unwrap_or(media_type);
        let content_type = HeaderValue::from_str(content_type)
            .map_err(|_| ("content_type", "is not a media type".to_owned()))?;
        Ok(Some(Failure::Response { status, content_type, body: Bytes::from(body) }))
    }
}

/// The error for an operation ID that does not exist.
pub(super) fn unknown_operation(id: &str, operations: &[String]) -> Error {
    let stem = id.split('_').next().unwrap_or_default();
    let similar: Vec<&str> = operations
        .iter()
        .map(String::as_str)
        .filter(|known| !stem.is_empty() && known.split('_').next() == Some(stem))
        .collect();
    let hint = match similar.is_empty() {
        true => "use an operation ID of /openapi.json, such as check_create".to_owned(),
        false => format!("did you mean one of {}?", similar.join(", ")),
    };
    Error::invalid(format!("unknown operation {id:?}: {hint}")).at("/operation")
}
