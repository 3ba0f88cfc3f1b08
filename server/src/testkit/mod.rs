//! The test kit of `--dev`: a clock, fault injection, a record of requests, seeds, snapshots, and a reset.
//!
//! Its routes below `/dev/` are not part of the API and require no credentials; [`origin`] rejects web pages.
//! [`operations`] lists them.

mod capture;
mod clock;
mod document;
mod examples;
mod fault;
mod faults;
#[cfg(test)]
mod faults_tests;
mod filter;
mod manifests;
mod matcher;
mod operations;
mod origin;
mod plan;
mod recorder;
mod requests;
mod routes;
mod snapshot;
mod transfer;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::anyhow;
use dropshot::Body;
use http::Response;
use hyper::Request;
use sensu_store::{AdjustableClock, Store};

use self::fault::{Failure, Fault};
use self::faults::FaultInjector;
use self::matcher::Subject;
use self::requests::RequestLog;
use self::snapshot::{NamedSnapshots, Snapshot};
use self::transfer::Transfer;
use crate::runtime::context::Cx;

pub(crate) use document::document;
pub(crate) use recorder::RequestRecorder;

/// The test kit of a server.
pub(crate) struct Testkit {
    store: Arc<dyn Store>,
    clock: Arc<AdjustableClock>,
    /// The state that a reset restores.
    initial: Snapshot,
    snapshots: NamedSnapshots,
    faults: FaultInjector,
    requests: RequestLog,
    /// Address that the server listens on.
    address: SocketAddr,
    reset_connection: ResetConnection,
    /// The OpenAPI document of the test kit.
    document: String,
}

/// Makes the connection of a client end with a reset (TCP RST) once it is closed.
pub(crate) type ResetConnection = Box<dyn Fn(SocketAddr) + Send + Sync>;

/// What the test kit needs of the server.
pub(crate) struct Settings {
    /// The clock that the server was started with.
    pub(crate) clock: Arc<AdjustableClock>,
    /// Address that the server listens on.
    pub(crate) address: SocketAddr,
    /// The operation IDs of the API.
    pub(crate) operations: Vec<String>,
    pub(crate) reset_connection: ResetConnection,
}

/// What the test kit does to a request. By default nothing.
#[derive(Default)]
pub(crate) struct Intercepted {
    /// The response, in place of that of the operation. `None` to process the request.
    pub(crate) response: Option<Response<Body>>,
    /// How the response is sent.
    pub(crate) transfer: Transfer,
}

impl Testkit {
    /// A test kit that resets the store to its present state. Requests are also written to the file, if given.
    ///
    /// # Errors
    /// If the store fails, the file cannot be created, or the document cannot be derived.
    pub(crate) async fn new(
        store: Arc<dyn Store>,
        settings: Settings,
        log: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let Settings { clock, address, operations, reset_connection } = settings;
        let initial = Snapshot::take(store.as_ref(), clock.setting()).await;
        let initial = initial.map_err(|error| anyhow!("the store is not usable: {error:?}"))?;
        Ok(Self {
            store,
            clock,
            initial,
            snapshots: NamedSnapshots::default(),
            faults: FaultInjector::new(operations),
            requests: RequestLog::new(log)?,
            address,
            reset_connection,
            document: document()?,
        })
    }
}

/// Responds to requests of the test kit's own routes, and injects faults into the others. `operation` is the ID of the
/// request's operation, if it has one.
pub(crate) async fn intercept(
    cx: &Cx,
    client: SocketAddr,
    operation: Option<&str>,
    request: &mut Request<Body>,
) -> Intercepted {
    let Some(testkit) = cx.testkit.get() else { return Intercepted::default() };
    if let Some(response) = testkit.respond(cx, request).await {
        return Intercepted { response: Some(response), ..Intercepted::default() };
    }
    let (method, uri, headers) = (request.method(), request.uri(), request.headers());
    let (path, query) = (uri.path(), uri.query());
    let subject = Subject { operation, method, path, query, headers };
    match testkit.faults.next_fault(&subject) {
        Ok(None) => Intercepted::default(),
        Ok(Some(fault)) => testkit.inject(cx, client, fault, request).await,
        Err(error) => {
            Intercepted { response: Some(error.into_response()), ..Intercepted::default() }
        }
    }
}

impl Testkit {
    async fn inject(
        &self,
        cx: &Cx,
        client: SocketAddr,
        fault: Fault,
        request: &mut Request<Body>,
    ) -> Intercepted {
        let transfer = fault.transfer;
        tokio::time::sleep(fault.delay).await;
        let Some(failure) = fault.failure else { return Intercepted { response: None, transfer } };
        // The record contains only what is read of the body.
        let reading = routes::read(request.body_mut(), cx.limits.request_bytes);
        let _ = tokio::time::timeout(cx.limits.deadline, reading).await;
        if failure == Failure::Reset {
            (self.reset_connection)(client);
        }
        match failure.response() {
            Some(response) => Intercepted { response: Some(response), transfer },
            // Unwinding closes the connection. `resume_unwind` does not call the panic hook, which would
            // log a panic.
            None => std::panic::resume_unwind(Box::new("dropped by Sensu-Dev-Fault")),
        }
    }
}
