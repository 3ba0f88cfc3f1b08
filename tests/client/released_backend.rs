//! Typed responses of a released Sensu backend: the recorded ones of Sensu Go 5.0.0 can be decoded.

use std::fs;

use futures::TryStreamExt as _;
use regex::Regex;
use sensu_client::{ApiPrefix, Client, Method, types};
use sensu_tests::Document;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{NAMESPACES, builder};

/// Decodes an object of a schema into its generated type.
fn decode(schema: &str, object: &Value) -> Result<(), serde_json::Error> {
    macro_rules! decode_as {
        ($($name:ident)*) => {
            match schema {
                $(stringify!($name) => {
                    serde_json::from_value::<types::$name>(object.clone()).map(drop)
                })*
                other => panic!("add {other} to the list"),
            }
        };
    }
    decode_as! {
        Asset CheckConfig ClusterRole ClusterRoleBinding Entity Event EventFilter Extension Handler
        HookConfig Mutator Namespace Role RoleBinding Silenced User
    }
}

/// The path of every kind of object in a released backend, and its schema.
fn object_paths() -> Vec<(Regex, String)> {
    let parameter = Regex::new(r"\\\{[^}]+\}").expect("a regular expression");
    let of_kind = |get: &sensu_tests::Operation| {
        let schema = &get.value["responses"]["200"]["content"]["application/json"]["schema"];
        let schema = schema["$ref"].as_str()?.rsplit('/').next()?.to_owned();
        let path = regex::escape(&get.path.replacen("/apis/", "/api/", 1));
        let pattern = format!("^{}$", parameter.replace_all(&path, "[^/]+"));
        Some((Regex::new(&pattern).expect("a regular expression"), schema))
    };
    Document::committed().kinds().iter().filter_map(|kind| of_kind(&kind.get)).collect()
}

#[test]
fn recorded_objects_of_sensu_go_can_be_decoded() {
    let paths = object_paths();
    let (mut decoded, mut errors) = (0, Vec::new());
    let recordings = xtask::root().join("tests/replay/recordings/sensu-go-5.0.0");
    for file in fs::read_dir(recordings).expect("a directory") {
        let text = fs::read_to_string(file.expect("an entry").path()).expect("text");
        for line in text.lines() {
            let step: Value = serde_json::from_str(line).expect("JSON");
            let (request, response) = (&step["request"], &step["response"]);
            if request["method"] != "GET" || response["status"] != 200 {
                continue;
            }
            let path = request["path"].as_str().expect("a path");
            for (_, schema) in paths.iter().filter(|(pattern, _)| pattern.is_match(path)) {
                decoded += 1;
                if let Err(error) = decode(schema, &response["body"]) {
                    errors.push(format!("{path}: {schema}: {error}"));
                }
            }
        }
    }
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    assert!(decoded > 100, "only {decoded} objects are recorded");
}

/// A server that responds to every request with `null` in chunks, without a length, as a proxy before a
/// released backend can.
async fn null_in_chunks() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = vec![0; 65_536];
            let _ = socket.read(&mut request).await;
            let response = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
                Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nnull\n\r\n0\r\n\r\n";
            let _ = socket.write_all(response.as_bytes()).await;
        }
    });
    url
}

#[tokio::test]
async fn a_null_list_in_chunks_is_empty() {
    let url = null_in_chunks().await;
    let client = Client::builder().base_url(url).api_prefix(ApiPrefix::Api);
    let client = client.build().expect("builds");
    assert!(client.namespace_list().send().await.expect("lists").is_empty());
    assert!(client.asset_list().send().await.expect("lists").is_empty());
    let raw = client.raw(Method::GET, NAMESPACES).stream();
    assert!(raw.try_collect::<Vec<_>>().await.expect("lists").is_empty());
}

#[tokio::test]
async fn the_error_for_a_response_that_is_no_list_names_the_requested_path() {
    let server = MockServer::start().await;
    let object = ResponseTemplate::new(200).set_body_raw("{}", "application/json");
    Mock::given(path("/api/core/v2/namespaces")).respond_with(object).mount(&server).await;
    let client = builder(&server).api_prefix(ApiPrefix::Api).build().expect("builds");
    let error = client.raw(Method::GET, NAMESPACES).stream().try_collect::<Vec<_>>().await;
    let error = error.expect_err("fails").to_string();
    assert_eq!(error, "invalid response: /api/core/v2/namespaces is not a list");
}

#[tokio::test]
async fn a_null_list_is_empty() {
    let server = MockServer::start().await;
    for body in ["null", "null\n"] {
        server.reset().await;
        let null = ResponseTemplate::new(200).set_body_raw(body, "application/json");
        Mock::given(path(NAMESPACES)).respond_with(null).mount(&server).await;
        let client = builder(&server).build().expect("builds");
        assert!(client.namespace_list().send().await.expect("lists").is_empty());
        let items: Vec<_> = client.namespace_list().stream().try_collect().await.expect("lists");
        assert!(items.is_empty());
        let raw = client.raw(Method::GET, NAMESPACES).stream();
        assert!(raw.try_collect::<Vec<_>>().await.expect("lists").is_empty());
    }
}
