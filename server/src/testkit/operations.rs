//! The operations of the test kit: one table for routing and for the document.

use std::sync::LazyLock;

use http::Method;
use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;

use super::clock::{Clock, ClockAdvance, ClockInput};
use super::filter;
use super::manifests::ImportedManifests;
use super::plan::{FaultInput, PlannedFault};
use super::requests::RecordedRequest;
use super::snapshot::SnapshotInfo;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Reset,
    Import,
    ReadClock,
    SetClock,
    ResetClock,
    AdvanceClock,
    ListFaults,
    ReplaceFaults,
    AddFault,
    ClearFaults,
    ReadFault,
    DeleteFault,
    ListRequests,
    ClearRequests,
    ListSnapshots,
    TakeSnapshot,
    RestoreSnapshot,
    DeleteSnapshot,
    Document,
}

/// An operation.
pub(super) struct Operation {
    pub(super) call: Call,
    pub(super) id: &'static str,
    pub(super) method: Method,
    /// The path. At most one segment is a parameter: `{id}`.
    pub(super) path: &'static str,
    pub(super) summary: &'static str,
    pub(super) description: &'static str,
    pub(super) parameters: &'static [filter::Parameter],
    pub(super) request: RequestBody,
    pub(super) response: ResponseBody,
}

pub(super) enum RequestBody {
    None,
    Json(SchemaOf),
    Manifests,
}

pub(super) enum ResponseBody {
    NoContent,
    Json(SchemaOf),
    AnyObject,
}

/// The schema of a type.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// All operations, in the order of the document.
pub(super) static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    vec![
        operation(Call::Reset, "dev_reset", Method::POST, "/dev/reset")
            .describe(
                "Reset the server",
                "Restores the objects of the start, in one transaction, and the clock of the machine. Deletes the faults \
                 and the recorded requests. Tokens stay valid, also those that were revoked since. Named snapshots stay.",
            )
            .returns(ResponseBody::AnyObject),
        operation(Call::Import, "dev_seed", Method::POST, "/dev/seed")
            .describe(
                "Create or replace objects",
                "Imports YAML or wrapped JSON, with any number of objects, as `--seed` does at the start. If one object is \
                 invalid, nothing is written. A reset deletes the objects.",
            )
            .accepts(RequestBody::Manifests)
            .returns(ResponseBody::Json(of::<ImportedManifests>)),
        operation(Call::ReadClock, "dev_clock_get", Method::GET, "/dev/clock")
            .describe("Get the clock", "Returns the time of the server and how it differs from that of the machine.")
            .returns(ResponseBody::Json(of::<Clock>)),
        operation(Call::SetClock, "dev_clock_set", Method::PUT, "/dev/clock")
            .describe(
                "Set or stop the clock",
                "Sets the time, stops the clock, or starts it again. Tokens, silences, results with a `ttl`, keepalives and \
                 schedules follow the clock. What is due is done before the response is sent.",
            )
            .accepts(RequestBody::Json(of::<ClockInput>))
            .returns(ResponseBody::Json(of::<Clock>)),
        operation(Call::ResetClock, "dev_clock_reset", Method::DELETE, "/dev/clock")
            .describe("Reset the clock", "The clock shows the time of the machine again.")
            .returns(ResponseBody::Json(of::<Clock>)),
        operation(Call::AdvanceClock, "dev_clock_advance", Method::POST, "/dev/clock/advance")
            .describe(
                "Advance the clock",
                "Advances the clock by a duration. What is due is done before the response is sent: results that are \
                 overdue fail, silent agents are reported, and expired objects are deleted.",
            )
            .accepts(RequestBody::Json(of::<ClockAdvance>))
            .returns(ResponseBody::Json(of::<Clock>)),
        operation(Call::ListFaults, "dev_fault_list", Method::GET, "/dev/faults")
            .describe("List faults", "Returns the planned faults in their order, with the number of requests that each has matched.")
            .with_parameters(filter::FAULTS)
            .returns(ResponseBody::Json(of::<Vec<PlannedFault>>)),
        operation(Call::ReplaceFaults, "dev_fault_replace", Method::PUT, "/dev/faults")
            .describe(
                "Replace all faults",
                "Plans faults in place of the existing ones. A request gets the first fault that it matches and that is \
                 not used up. If one is invalid, nothing changes.",
            )
            .accepts(RequestBody::Json(of::<Vec<FaultInput>>))
            .returns(ResponseBody::Json(of::<Vec<PlannedFault>>)),
        operation(Call::AddFault, "dev_fault_create", Method::POST, "/dev/faults")
            .describe("Add a fault", "Plans a fault after the existing ones.")
            .accepts(RequestBody::Json(of::<FaultInput>))
            .returns(ResponseBody::Json(of::<PlannedFault>)),
        operation(Call::ClearFaults, "dev_fault_clear", Method::DELETE, "/dev/faults")
            .describe("Delete all faults", "Deletes the planned faults and all counts.")
            .returns(ResponseBody::Json(of::<Vec<PlannedFault>>)),
        operation(Call::ReadFault, "dev_fault_get", Method::GET, "/dev/faults/{id}")
            .describe("Get a fault", "Returns a planned fault with the number of requests that it has matched.")
            .returns(ResponseBody::Json(of::<PlannedFault>)),
        operation(Call::DeleteFault, "dev_fault_delete", Method::DELETE, "/dev/faults/{id}")
            .describe("Delete a fault", "Deletes a planned fault. The others keep their counts."),
        operation(Call::ListRequests, "dev_request_list", Method::GET, "/dev/requests")
            .describe(
                "List recorded requests",
                "Returns the last 1,000 requests, oldest first, with secrets masked. A request must meet all parameters.",
            )
            .with_parameters(filter::REQUESTS)
            .returns(ResponseBody::Json(of::<Vec<RecordedRequest>>)),
        operation(Call::ClearRequests, "dev_request_clear", Method::DELETE, "/dev/requests")
            .describe("Delete recorded requests", "Deletes the recorded requests in memory, not those in the request log.")
            .returns(ResponseBody::Json(of::<Vec<RecordedRequest>>)),
        operation(Call::ListSnapshots, "dev_snapshot_list", Method::GET, "/dev/snapshots")
            .describe("List snapshots", "Returns the named snapshots by name.")
            .returns(ResponseBody::Json(of::<Vec<SnapshotInfo>>)),
        operation(Call::TakeSnapshot, "dev_snapshot_take", Method::PUT, "/dev/snapshots/{name}")
            .describe(
                "Take a snapshot",
                "Keeps the objects and the setting of the clock in memory, until the server stops. Replaces a snapshot \
                 with the same name.",
            )
            .returns(ResponseBody::Json(of::<SnapshotInfo>)),
        operation(Call::RestoreSnapshot, "dev_snapshot_restore", Method::POST, "/dev/snapshots/{name}/restore")
            .describe(
                "Restore a snapshot",
                "Restores the objects, in one transaction, and the setting of the clock. Tokens stay valid. Faults and \
                 recorded requests stay.",
            )
            .returns(ResponseBody::Json(of::<SnapshotInfo>)),
        operation(Call::DeleteSnapshot, "dev_snapshot_delete", Method::DELETE, "/dev/snapshots/{name}")
            .describe("Delete a snapshot", "Deletes a named snapshot."),
        operation(Call::Document, "dev_openapi", Method::GET, "/dev/openapi.json")
            .describe("Get this document", "Returns this document as JSON.")
            .returns(ResponseBody::AnyObject),
    ]
});

fn operation(call: Call, id: &'static str, method: Method, path: &'static str) -> Operation {
    let (summary, description, parameters) = ("", "", [].as_slice());
    let (request, response) = (RequestBody::None, ResponseBody::NoContent);
    Operation { call, id, method, path, summary, description, parameters, request, response }
}

impl Operation {
    fn describe(self, summary: &'static str, description: &'static str) -> Self {
        Self { summary, description, ..self }
    }

    fn with_parameters(self, parameters: &'static [filter::Parameter]) -> Self {
        Self { parameters, ..self }
    }

    fn accepts(self, request: RequestBody) -> Self {
        Self { request, ..self }
    }

    fn returns(self, response: ResponseBody) -> Self {
        Self { response, ..self }
    }

    /// The value of the path parameter, or an empty text if the path has none. `None` for another path.
    pub(super) fn parameter<'a>(&self, path: &'a str) -> Option<&'a str> {
        let Some((before, after)) = self.path.split_once('{') else {
            return (path == self.path).then_some("");
        };
        let (_, after) = after.split_once('}')?;
        let value = path.strip_prefix(before)?.strip_suffix(after)?;
        (!value.is_empty() && !value.contains('/')).then_some(value)
    }
}
