//! The command lines of the document for curl: each is run as it stands, but for the server's address
//! and what is random, in the order of the story that the examples come from.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::Arc;

use sensu_server::Limits;
use sensu_store::ManualClock;
use sensu_tests::TestServer;
use serde_json::Value;
use xtask_generate::examples::Scenario;

/// The address in the samples.
const PUBLISHED: &str = "http://127.0.0.1:8080";

/// Each operation's sample, by its id.
fn samples() -> BTreeMap<String, String> {
    let document: Value =
        serde_json::from_str(include_str!("../../openapi/sensu-core-v2.json")).expect("JSON");
    let paths = document["paths"].as_object().expect("paths").values();
    let operations = paths.filter_map(Value::as_object).flat_map(|path| path.values());
    let sample = |operation: &Value| {
        let samples = operation["x-codeSamples"].as_array()?;
        let curl = samples.iter().find(|sample| sample["label"] == "curl")?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Some((text(&operation["operationId"])?, text(&curl["source"])?))
    };
    operations.map(|operation| sample(operation).expect("every operation has one")).collect()
}

/// Runs a sample in a shell: the status, and the body.
async fn run(sample: String, token: String) -> (u16, Value) {
    // A function, so that the line itself stays as it is.
    let script = format!(r#"curl() {{ command curl -sS -w '\n%{{http_code}}' "$@"; }}; {sample}"#);
    let ran = tokio::task::spawn_blocking(move || {
        Command::new("sh").args(["-c", &script]).env("TOKEN", token).output()
    });
    let output = ran.await.expect("ends").expect("there is a shell");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let (body, status) = said.rsplit_once('\n').unwrap_or_else(|| {
        panic!("curl is missing or fails: {}", String::from_utf8_lossy(&output.stderr))
    });
    let body = serde_json::from_str(body).unwrap_or_else(|_| body.into());
    (status.parse().expect("a status"), body)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_curl_sample_does_what_it_says() {
    let story = Scenario::read().expect("reads");
    let clock = Arc::new(ManualClock::at(story.at));
    let server = TestServer::with(Limits::default(), clock).await;
    let (samples, mut done) = (samples(), BTreeSet::new());
    // What is shown in place of what is random, and what that is here.
    let mut random: BTreeMap<String, String> = BTreeMap::new();
    let mut token = server.token().await;
    for step in &story.steps {
        let mut sample = samples[&step.op].replace(PUBLISHED, &server.url());
        for (shown, actual) in &random {
            sample = sample.replace(shown, actual);
        }
        let (status, body) = run(sample, token.clone()).await;
        match step.response_of {
            // There is one member, and it stays.
            Some(_) => assert!((400..500).contains(&status), "{}: {status} {body}", step.op),
            None => assert!((200..300).contains(&status), "{}: {status} {body}", step.op),
        }
        for (pointer, shown) in &step.random {
            let actual = body.pointer(pointer).and_then(Value::as_str);
            if let (Some(shown), Some(actual)) = (shown.as_str(), actual) {
                random.insert(shown.to_owned(), actual.to_owned());
            }
        }
        // As the introduction does it; a session that has ended is followed by another one.
        if let Some(next) = body["access_token"].as_str() {
            next.clone_into(&mut token);
        } else if step.op == "auth_logout" {
            token = server.token().await;
        }
        done.insert(step.op.clone());
    }
    assert_eq!(done, samples.keys().cloned().collect(), "samples that the story does not tell");
    server.stop().await;
}
