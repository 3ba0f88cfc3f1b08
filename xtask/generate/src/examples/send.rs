//! Sends the requests of the scenario.

use anyhow::{Context as _, anyhow};
use reqwest::RequestBuilder;
use sensu_server::seed;
use serde_json::{Value, json};

use super::Operation;
use super::operation::parameter;
use super::recorder::Recorder;
use super::request::{Body, Request, Sender};

impl Recorder<'_> {
    /// Sends a request. Returns the status, and the body as JSON or as a JSON string.
    pub(super) async fn send(
        &self,
        operation: &Operation,
        request: &Request,
    ) -> anyhow::Result<(u16, Value)> {
        let method = reqwest::Method::from_bytes(operation.method.as_bytes())?;
        let mut http = self.http.request(method, self.url(operation, request)?);
        http = self.authenticate(http, operation, request.sender)?;
        for (name, value) in &request.headers {
            http = http.header(*name, value);
        }
        let as_json = |http: RequestBuilder| http.header("content-type", "application/json");
        http = match &request.body {
            Body::Empty => http,
            Body::Json(body) => {
                let mut body = body.clone();
                self.masks.unmask(&mut body);
                http.json(&body)
            }
            Body::Raw(text) => as_json(http).body(text.clone()),
            Body::Stalled => {
                let nothing = futures::stream::pending::<Result<Vec<u8>, std::io::Error>>();
                as_json(http).body(reqwest::Body::wrap_stream(nothing))
            }
        };
        let response = http.send().await?;
        let status = response.status().as_u16();
        let media_type = response.headers().get(reqwest::header::CONTENT_TYPE);
        let is_text = media_type.is_some_and(|value| value.as_bytes().starts_with(b"text/"));
        let text = response.text().await?;
        let value = match text.is_empty() {
            true => Value::Null,
            false if is_text => Value::String(text),
            false => serde_json::from_str(&text).with_context(|| format!("not JSON: {text}"))?,
        };
        Ok((status, value))
    }

    fn url(&self, operation: &Operation, request: &Request) -> anyhow::Result<reqwest::Url> {
        let mut url = reqwest::Url::parse(&format!("http://{}", self.server.address()))?;
        {
            let mut path = url.path_segments_mut().map_err(|()| anyhow!("no path"))?;
            path.clear();
            for segment in operation.path.split('/').skip(1) {
                let value = parameter(segment).and_then(|name| request.path.get(name));
                path.push(&self.masks.unmask_text(value.map_or(segment, String::as_str)));
            }
        }
        // As they are: some are invalid.
        let query: Vec<String> = request.query.iter().map(|(k, v)| format!("{k}={v}")).collect();
        if !query.is_empty() {
            url.set_query(Some(&query.join("&")));
        }
        Ok(url)
    }

    fn authenticate(
        &self,
        http: RequestBuilder,
        operation: &Operation,
        sender: Sender,
    ) -> anyhow::Result<RequestBuilder> {
        let uses_basic = operation.value["security"] == json!([{ "basicAuth": [] }]);
        Ok(match sender {
            Sender::Anonymous => http,
            Sender::PasswordGuesser => http.basic_auth("carol", Some("a guess")),
            Sender::Admin if uses_basic => http.basic_auth("admin", Some(seed::DEV_PASSWORD)),
            // These operations end the session that they are sent with.
            Sender::Admin if operation.tag == "Authentication" => {
                let latest = self.last.as_deref().or_else(|| self.masks.latest("/access_token"));
                http.bearer_auth(latest.context("no session")?)
            }
            Sender::Admin => http.bearer_auth(&self.admin),
        })
    }
}
