//! Runs every curl sample of the document as it is, in the order of the recorded scenario. Only the server's
//! address and random values are replaced.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use sensu_tests::Document;
use serde_json::Value;
use xtask_generate::examples::Scenario as Recorded;

use super::scenario::Scenario;

/// The address in the samples.
const PUBLISHED: &str = "http://127.0.0.1:8080";

/// The curl sample of each operation, by its ID.
fn samples() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for operation in Document::committed().operations() {
        let samples = operation.value["x-codeSamples"].as_array().into_iter().flatten();
        let curl = samples.into_iter().find(|sample| sample["label"] == "curl");
        let source = curl.and_then(|sample| sample["source"].as_str());
        let source = source.unwrap_or_else(|| panic!("{} has no curl sample", operation.id));
        found.insert(operation.id, source.to_owned());
    }
    found
}

/// Runs a sample in a shell. Returns status and body.
async fn run(sample: String, token: String) -> (u16, Value) {
    // A function adds the options, so that the sample itself stays as it is.
    let script = format!(r#"curl() {{ command curl -sS -w '\n%{{http_code}}' "$@"; }}; {sample}"#);
    let ran = tokio::task::spawn_blocking(move || {
        Command::new("sh").args(["-c", &script]).env("TOKEN", token).output()
    });
    let output = ran.await.expect("ends").expect("a shell");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (body, status) = text.rsplit_once('\n').unwrap_or_else(|| {
        panic!("curl is missing or fails: {}", String::from_utf8_lossy(&output.stderr))
    });
    let body = serde_json::from_str(body).unwrap_or_else(|_| body.into());
    (status.parse().expect("a status"), body)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_curl_sample_succeeds() {
    let recorded = Recorded::read().expect("the scenario can be read");
    let server = Scenario::server().await;
    let (samples, mut done) = (samples(), BTreeSet::new());
    // Recorded random values, and what they are here.
    let mut random: BTreeMap<String, String> = BTreeMap::new();
    let mut token = server.token().await;
    for step in &recorded.steps {
        let mut sample = samples[&step.op].replace(PUBLISHED, &server.url());
        for (recorded, actual) in &random {
            sample = sample.replace(recorded, actual);
        }
        let (status, body) = run(sample, token.clone()).await;
        match step.response_of {
            // The only cluster member cannot be removed.
            Some(_) => assert!((400..500).contains(&status), "{}: {status} {body}", step.op),
            None => assert!((200..300).contains(&status), "{}: {status} {body}", step.op),
        }
        for (pointer, recorded) in &step.random {
            let actual = body.pointer(pointer).and_then(Value::as_str);
            if let (Some(recorded), Some(actual)) = (recorded.as_str(), actual) {
                random.insert(recorded.to_owned(), actual.to_owned());
            }
        }
        if let Some(next) = body["access_token"].as_str() {
            next.clone_into(&mut token);
        } else if step.op == "auth_logout" {
            token = server.token().await;
        }
        done.insert(step.op.clone());
    }
    assert_eq!(done, samples.keys().cloned().collect(), "operations without a step");
    server.stop().await;
}
