//! Examples of the document of the test kit.

use serde_json::{Value, json};

use super::operations::Call;

/// An example of a request body. `None` for operations without one.
pub(super) fn request(call: Call) -> Option<Value> {
    Some(match call {
        Call::Import => json!(
            "type: CheckConfig\napi_version: core/v2\nmetadata: { name: disk, namespace: default }\n\
             spec: { command: check-disk, interval: 60, subscriptions: [linux] }\n"
        ),
        Call::SetClock => json!({ "now": "2030-01-01T00:00:00Z", "frozen": true }),
        Call::AdvanceClock => json!({ "by": "15m" }),
        Call::ReplaceFaults => json!([fault()]),
        Call::AddFault => fault(),
        _ => return None,
    })
}

/// An example of a response body.
pub(super) fn response(call: Call) -> Value {
    match call {
        Call::Import => json!({ "imported": 1 }),
        Call::SetClock => json!({
            "now": "2030-01-01T00:00:00.000Z", "unix": 1_893_456_000, "offset_ms": 123_596_100_000_i64, "frozen": true
        }),
        Call::ReadClock | Call::ResetClock => json!({
            "now": "2026-01-31T12:05:00.000Z", "unix": 1_769_861_100, "offset_ms": 0, "frozen": false
        }),
        Call::AdvanceClock => json!({
            "now": "2026-01-31T12:20:00.000Z", "unix": 1_769_862_000, "offset_ms": 900_000, "frozen": false
        }),
        Call::ListFaults | Call::ReplaceFaults => json!([planned()]),
        Call::AddFault | Call::ReadFault => planned(),
        Call::ClearFaults | Call::ClearRequests => json!([]),
        Call::ListRequests => json!([{
            "time": "2026-01-31T12:00:00.250Z",
            "id": "9c6a8f2e-0d5b-4f5e-a3a0-6d1c6f3a2b10",
            "method": "POST",
            "path": "/apis/core/v2/namespaces/default/checks",
            "query": "",
            "headers": { "authorization": "***", "content-type": "application/json" },
            "body": { "metadata": { "name": "cpu" }, "interval": 60 },
            "body_bytes": 42,
            "operation": "check_create",
            "status": 503,
        }]),
        Call::ListSnapshots => json!([snapshot()]),
        Call::TakeSnapshot | Call::RestoreSnapshot => snapshot(),
        Call::Document => json!({ "openapi": "3.0.3" }),
        Call::Reset | Call::DeleteFault | Call::DeleteSnapshot => json!({}),
    }
}

/// An example of an error.
pub(super) fn error() -> Value {
    json!({
        "message": "unknown query parameter \"limit\": valid parameters are operation, status, method, path, since",
        "code": 3,
    })
}

fn fault() -> Value {
    json!({ "operation": "check_create", "status": 503, "times": 2 })
}

fn planned() -> Value {
    json!({
        "id": "fault-1", "operation": "check_create", "times": 2, "status": 503, "matched": 3, "injected": 2
    })
}

fn snapshot() -> Value {
    json!({ "name": "two-checks", "taken": "2026-01-31T12:00:00.000Z", "entries": 21 })
}
