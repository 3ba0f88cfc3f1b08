//! The Rust client of the test kit, `sensu_client::dev`, and the Rust test of `docs/contract-testing.md`.

use std::time::Duration;

use sensu_client::dev::types::{ClockInput, FaultInput};
use sensu_client::{Client, Error, ErrorCode};
use serde_json::json;

use super::double::Double;

/// The test of the guide, with the same text.
mod guide {
    use std::time::Duration;

    use sensu_client::Client;
    use sensu_client::dev::types::FaultInput;

    async fn a_failed_request_is_recorded(url: &str) -> Result<(), sensu_client::Error> {
        let sensu = Client::builder().base_url(url).build()?.dev();
        sensu.reset().send().await?;
        let fault = FaultInput {
            operation: Some("check_list".into()),
            status: Some(503),
            times: Some(1),
            ..FaultInput::default()
        };
        sensu.fault_create().body(fault).send().await?;
        let checks = format!("{url}/apis/core/v2/namespaces/default/checks");
        let response = reqwest::get(checks).await?; // the program under test
        assert_eq!(response.status(), 503);
        let requests = sensu.request_list().operation("check_list").send().await?;
        assert_eq!(requests.iter().map(|request| request.status).collect::<Vec<_>>(), [503]);
        sensu.advance(Duration::from_secs(15 * 60)).await?;
        Ok(())
    }

    pub(super) async fn run(url: &str) -> Result<(), sensu_client::Error> {
        a_failed_request_is_recorded(url).await
    }
}

#[tokio::test]
async fn the_rust_test_of_the_guide_passes() {
    let folder = tempfile::tempdir().expect("a folder");
    let double = Double::start(folder.path(), &[]).await;
    guide::run(double.url()).await.expect("passes");

    let text = std::fs::read_to_string(xtask::root().join("docs/contract-testing.md"));
    let text = text.expect("the guide");
    let (_, rest) = text.split_once("```rust\n").expect("a test in Rust");
    let (test, _) = rest.split_once("```").expect("its end");
    let lines = |text: &str| text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    let tested = lines(include_str!("typed.rs"));
    assert!(tested.contains(lines(test).trim()), "the guide shows another test than this one");
}

/// A client without credentials, and without those of another server.
fn dev(url: &str) -> sensu_client::dev::Client {
    Client::builder().base_url(url).build().expect("a client").dev()
}

#[tokio::test]
async fn every_part_of_the_test_kit_has_typed_methods() {
    let folder = tempfile::tempdir().expect("a folder");
    let double = Double::start(folder.path(), &[]).await;
    let dev = dev(double.url());

    let manifest = "type: CheckConfig\napi_version: core/v2\nmetadata: { name: disk, namespace: default }\n\
                    spec: { interval: 60, subscriptions: [linux] }\n";
    assert_eq!(dev.seed().body(manifest).send().await.expect("imported").imported, 1);
    let taken = dev.snapshot_take().name("one").send().await.expect("taken");
    assert_eq!(taken.name, "one");
    dev.reset().send().await.expect("reset");
    dev.snapshot_restore().name("one").send().await.expect("restored");
    assert_eq!(dev.snapshot_list().send().await.expect("a list").len(), 1);
    dev.snapshot_delete().name("one").send().await.expect("deleted");

    let fault = FaultInput {
        path: Some("/apis/core/v2".into()),
        body: Some(json!({ "any": ["JSON"] })),
        nth: Some(2),
        ..FaultInput::default()
    };
    let planned = dev.fault_create().body(fault.clone()).send().await.expect("planned");
    assert_eq!((planned.matched, planned.body.as_ref()), (0, fault.body.as_ref()));
    assert_eq!(dev.fault_get().id(&planned.id).send().await.expect("a fault").id, planned.id);
    let unmatched = dev.fault_list().matched("false").send().await.expect("a list");
    assert_eq!(unmatched.len(), 1);
    dev.fault_delete().id(&planned.id).send().await.expect("deleted");
    let replaced = dev.fault_replace().body(vec![fault]).send().await.expect("replaced");
    assert_eq!(replaced.len(), 1);
    dev.fault_clear().send().await.expect("cleared");

    let checks = "/apis/core/v2/namespaces/default/checks";
    assert_eq!(double.send("GET", checks, "", None).await.1[0]["metadata"]["name"], "disk");
    let requests = dev.request_list().method("GET").path(checks).status("2xx").send().await;
    let requests = requests.expect("a list").into_inner();
    assert_eq!(requests.last().and_then(|last| last.operation.as_deref()), Some("check_list"));
    dev.request_clear().send().await.expect("cleared");
    assert!(dev.openapi().send().await.expect("a document").contains_key("paths"));
}

#[tokio::test]
async fn the_typed_clock_is_set_advanced_and_reset() {
    let folder = tempfile::tempdir().expect("a folder");
    let double = Double::start(folder.path(), &[]).await;
    let dev = dev(double.url());
    let input = ClockInput { now: Some("2031-05-01T00:00:00Z".into()), frozen: Some(true) };
    let clock = dev.clock_set().body(input).send().await.expect("set").into_inner();
    assert_eq!((clock.unix, clock.frozen), (1_935_360_000, true));
    let clock = dev.advance(Duration::from_millis(1500)).await.expect("advanced");
    assert_eq!(clock.now, "2031-05-01T00:00:01.500Z");
    assert_eq!(dev.clock_get().send().await.expect("a clock").now, clock.now);
    let clock = dev.clock_reset().send().await.expect("reset");
    assert_eq!((clock.offset_ms, clock.frozen), (0, false));
}

#[tokio::test]
async fn errors_of_the_test_kit_have_message_code_and_field() {
    let folder = tempfile::tempdir().expect("a folder");
    let double = Double::start(folder.path(), &[]).await;
    let fault = FaultInput { operation: Some("check_lst".into()), ..FaultInput::default() };
    let error = dev(double.url()).fault_create().body(fault).send().await.map_err(Error::from);
    let error = error.expect_err("an unknown operation");
    assert_eq!(error.code(), Some(ErrorCode::InvalidArgument));
    assert!(error.to_string().contains("check_list"), "{error}");
    let error = dev(double.url()).snapshot_take().name("..").send().await.map_err(Error::from);
    assert!(matches!(error, Err(Error::InvalidInput(_))), "{error:?}");

    let server = sensu_tests::TestServer::start().await;
    let error = dev(&server.url()).reset().send().await.map_err(Error::from);
    let error = error.expect_err("a server without --dev");
    assert_eq!(error.code(), Some(ErrorCode::NotFound));
    server.stop().await;
}
