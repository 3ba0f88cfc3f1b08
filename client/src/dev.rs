//! The test kit: control of a server that was started with `sensu-server start --dev`.
//!
//! [`Client`] has a method for every operation of its OpenAPI document, `GET /dev/openapi.json`: faults, recorded
//! requests, clock, objects, snapshots, reset. Its requests have no credentials and are not retried. Servers without
//! `--dev` respond with 404.
//!
//! ```no_run
//! # async fn example() -> Result<(), sensu_client::Error> {
//! use std::time::Duration;
//!
//! use sensu_client::Client;
//! use sensu_client::dev::types::FaultInput;
//!
//! let dev = Client::builder().base_url("http://127.0.0.1:8080").build()?.dev();
//! dev.reset().send().await?;
//! let fault = FaultInput {
//!     operation: Some("check_list".into()),
//!     status: Some(503),
//!     times: Some(2),
//!     ..FaultInput::default()
//! };
//! dev.fault_create().body(fault).send().await?;
//! dev.advance(Duration::from_secs(15 * 60)).await?;
//! let failed = dev.request_list().operation("check_list").status("503").send().await?;
//! # Ok(())
//! # }
//! ```

use std::time::Duration;

use progenitor_client::{ClientHooks, ClientInfo as _, OperationInfo};
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Request, Response};
use tracing::Instrument as _;

use crate::Error;
use crate::error_response::normalize_error;
/// Request builders of the operations, returned by the methods of [`Client`].
pub use crate::generated_dev::builder as operations;
pub use crate::generated_dev::{Client, types};
use crate::observer::observe;
use crate::session::Session;

impl crate::Client {
    /// A client of the test kit on the same server. It needs no credentials.
    #[must_use]
    pub fn dev(&self) -> Client {
        Client::new_with_client(self.baseurl(), self.client().clone(), self.inner().clone())
    }
}

impl Client {
    /// Advances the clock of the server by a duration, with a precision of 1 ms. What is due is done before this
    /// returns.
    ///
    /// # Errors
    /// [`Error::Api`] if the server rejects the duration or was started without `--dev`, [`Error::Transport`] if it
    /// cannot be reached.
    pub async fn advance(&self, by: Duration) -> Result<types::Clock, Error> {
        let step = types::ClockAdvance { by: format!("{}ms", by.as_millis()) };
        Ok(self.clock_advance().body(step).send().await?.into_inner())
    }
}

impl ClientHooks<Session> for Client {
    async fn exec(&self, mut request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        // The generator supports no YAML.
        let text = HeaderValue::from_static("text/plain");
        if request.headers().get(CONTENT_TYPE) == Some(&text) {
            let yaml = HeaderValue::from_static("application/yaml");
            request.headers_mut().insert(CONTENT_TYPE, yaml);
        }
        let operation = info.operation_id;
        let span = tracing::debug_span!("sensu_dev_request", operation);
        let observer = self.inner().observer.clone();
        async {
            let response = self.client().execute(request).await?;
            normalize_error(observe(response, operation, observer.as_ref()).await?).await
        }
        .instrument(span)
        .await
    }
}
