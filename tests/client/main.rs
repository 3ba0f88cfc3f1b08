//! Tests of `sensu-client`: against a server of this workspace, or a mock server where a test needs
//! responses that a real server does not send on demand.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot continue fails"
)]

#[cfg(unix)]
mod agent_guides;
mod api_prefix;
mod examples;
#[cfg(unix)]
mod guides;
mod released_backend;
mod requests;
mod retries;
mod sessions;

use sensu_client::{ApiPrefix, Client, ClientBuilder};
use serde_json::json;
use wiremock::{MockServer, ResponseTemplate};

const NAMESPACES: &str = "/apis/core/v2/namespaces";

/// A client of a mock server that has no endpoint to detect the API prefix.
fn builder(server: &MockServer) -> ClientBuilder {
    Client::builder().base_url(server.uri()).api_prefix(ApiPrefix::Apis)
}

fn empty_list() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!([]))
}
