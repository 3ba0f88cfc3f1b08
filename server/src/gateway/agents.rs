//! Agents that connect to the port of the API by mistake: they try again for ever, so they and the operator
//! get the reason.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use dropshot::{Method, RequestInfo};
use http::header::UPGRADE;
use http::{HeaderMap, HeaderName};

use crate::client_address::client_address;
use crate::error::Error;
use crate::limits::log_limit::LogLimit;
use crate::runtime::context::Context;

/// Header with the name of the agent.
const AGENT_NAME: HeaderName = HeaderName::from_static("sensu-agentname");

/// Maximum number of characters of a name in a log line.
const NAME_CHARS: usize = 64;

/// Limits the log lines about agents.
#[derive(Default)]
pub(crate) struct AgentLog(Mutex<LogLimit>);

/// The error for an agent that opens its WebSocket; `None` for other requests.
pub(super) fn refusal(cx: &Context, request: &RequestInfo) -> Option<Error> {
    if request.method() != Method::GET
        || request.uri().path() != "/"
        || !is_websocket(request.headers())
    {
        return None;
    }
    let mut limit = cx.agent_log.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(suppressed) = limit.admit(Instant::now()) {
        let peer = request.remote_addr().ip();
        let address = client_address(peer, request.headers(), &cx.limits.trusted_proxies);
        let agent = request.headers().get(AGENT_NAME).and_then(|name| name.to_str().ok());
        let agent: String = agent.unwrap_or_default().chars().take(NAME_CHARS).collect();
        let reason = reason(cx);
        tracing::warn!(%address, agent, suppressed, "an agent cannot connect: {reason}");
    }
    Some(Error::NotFound(reason(cx).into()))
}

fn reason(cx: &Context) -> String {
    match cx.agents.address() {
        Some(address) => format!(
            "this port is that of the API; the port for agents of this server is {}",
            address.port()
        ),
        None => "this port is that of the API, and agents are disabled on this server".to_owned(),
    }
}

fn is_websocket(headers: &HeaderMap) -> bool {
    headers.get(UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}
