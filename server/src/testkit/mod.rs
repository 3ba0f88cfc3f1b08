//! The contract kit: failures on request, a record of requests, and the way back to the start. Only
//! with `--dev`, and no part of the published API.

mod body;
mod fault;
mod faults;
mod record;
mod restore;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::anyhow;
use dropshot::Body;
use http::{HeaderValue, Method, Response};
use http_body_util::{BodyExt as _, Limited};
use hyper::Request;
use sensu_store::Store;
use serde_json::{Value, json};

use self::body::Heard;
use self::fault::End;
use self::faults::Faults;
use self::record::{Noted, Record};
use self::restore::Restore;
use crate::error::Error;
use crate::runtime::context::{Context, Cx};

/// What the kit keeps.
pub(crate) struct Dev {
    restore: Restore,
    faults: Faults,
    record: Record,
}

impl Dev {
    /// The kit over a store as it is now, which is what a reset brings back. Requests are also
    /// written to the file, if there is one.
    ///
    /// # Errors
    /// If the store fails, or the file cannot be created.
    pub(crate) async fn over(store: &dyn Store, log: Option<&Path>) -> anyhow::Result<Self> {
        let restore = Restore::to_now(store).await;
        let restore = restore.map_err(|error| anyhow!("the store is not usable: {error:?}"))?;
        Ok(Self { restore, faults: Faults::none(), record: Record::new(log)? })
    }

    /// The answer of a route of the kit; `None` if the path is none of them.
    async fn answer(
        &self,
        cx: &Context,
        request: &mut Request<Body>,
    ) -> Option<Result<Value, Error>> {
        let method = request.method().clone();
        Some(match (&method, request.uri().path()) {
            (&Method::GET, "/dev/requests") => Ok(json!(self.record.requests())),
            (&Method::DELETE, "/dev/requests") => {
                self.record.forget();
                Ok(json!([]))
            }
            (&Method::GET, "/dev/faults") => Ok(json!(self.faults.plans())),
            (&Method::PUT, "/dev/faults") => {
                let body = read(request.body_mut(), cx.limits.request_bytes).await;
                body.and_then(|body| self.faults.plan(&body)).map(|plans| json!(plans))
            }
            (&Method::DELETE, "/dev/faults") => {
                self.faults.forget();
                Ok(json!([]))
            }
            (&Method::POST, "/dev/reset") => self.reset(cx.store.as_ref()).await,
            (_, "/dev/faults" | "/dev/requests" | "/dev/reset") => Err(Error::MethodNotAllowed),
            _ => return None,
        })
    }

    /// All objects as they were at the start, in one transaction; nothing remembered, nothing planned.
    async fn reset(&self, store: &dyn Store) -> Result<Value, Error> {
        self.restore.run(store).await?;
        self.faults.forget();
        self.record.forget();
        Ok(json!({}))
    }
}

async fn read(body: &mut Body, limit: usize) -> Result<bytes::Bytes, Error> {
    let read = Limited::new(body, limit).collect().await;
    read.map(|body| body.to_bytes()).map_err(|error| Error::Invalid(format!("the body: {error}")))
}

/// A request under way, to be remembered. Without an answer it is remembered with status 0.
pub(crate) struct Noting {
    cx: Cx,
    noted: Option<Noted>,
    heard: Arc<Mutex<Heard>>,
}

impl Noting {
    /// Listens to a request, if there is a kit.
    pub(crate) fn of(cx: &Cx, id: &str, request: &mut Request<Body>) -> Option<Self> {
        cx.dev.get()?;
        let (method, uri, headers) = (request.method(), request.uri(), request.headers());
        let noted = Some(Noted::of(cx.clock.now_millis(), id, method, uri, headers));
        let (body, heard) = body::tap(std::mem::take(request.body_mut()));
        *request.body_mut() = body;
        Some(Self { cx: Arc::clone(cx), noted, heard })
    }

    /// Remembers it with its answer.
    pub(crate) fn answered(mut self, operation: Option<String>, status: u16) {
        self.note(operation, status);
    }

    fn note(&mut self, operation: Option<String>, status: u16) {
        if let (Some(dev), Some(noted)) = (self.cx.dev.get(), self.noted.take()) {
            let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
            dev.record.note(noted.with(&heard, operation, status));
        }
    }
}

impl Drop for Noting {
    fn drop(&mut self) {
        self.note(None, 0);
    }
}

/// What the kit answers instead of the API; `None` to go on.
pub(crate) async fn intercept(cx: &Context, request: &mut Request<Body>) -> Option<Response<Body>> {
    let dev = cx.dev.get()?;
    if let Some(answer) = dev.answer(cx, request).await {
        return Some(match answer {
            Ok(value) => {
                let mut response = Response::new(Body::from(value.to_string()));
                let json = HeaderValue::from_static("application/json");
                response.headers_mut().insert(http::header::CONTENT_TYPE, json);
                response
            }
            Err(error) => error.into_response(),
        });
    }
    let fault = dev.faults.of(request.method(), request.uri().path(), request.headers());
    let fault = match fault {
        Ok(fault) => fault?,
        Err(error) => return Some(error.into_response()),
    };
    tokio::time::sleep(fault.delay).await;
    let end = fault.end?;
    // For the record: nobody else reads it.
    let reading = read(request.body_mut(), cx.limits.request_bytes);
    let _ = tokio::time::timeout(cx.limits.deadline, reading).await;
    match end {
        End::Status(status) => Some(fault::error(status).into_response()),
        // Unwinding is what closes the connection; nothing has failed, so no hook is told.
        End::Drop => std::panic::resume_unwind(Box::new("dropped on request")),
    }
}
