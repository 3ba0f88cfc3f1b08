//! Mutators that fail: the handler does not run, and the reason is recorded.

use serde_json::json;

use crate::support::{Monitored, each};

/// E9, E10.
#[tokio::test(flavor = "multi_thread")]
async fn a_handler_runs_only_if_its_mutator_succeeds() {
    let monitored = Monitored::start().await;
    let mutators = [
        ("exits", json!({ "command": "cat > /dev/null; echo why >&2; exit 1" })),
        ("sleeps", json!({ "command": "sleep 1000", "timeout": 1 })),
        ("writes-stderr", json!({ "command": "cat > /dev/null; echo out; echo err >&2" })),
        ("number", json!({ "type": "javascript", "eval": "return 7" })),
        ("throws", json!({ "type": "javascript", "eval": "throw new Error('no')" })),
        ("loops", json!({ "type": "javascript", "eval": "while (true) {}" })),
        ("endless", json!({ "command": "cat > /dev/null; yes" })),
        ("large", json!({ "command": "cat > /dev/null; head -c 2000000 /dev/zero" })),
    ];
    let mut names = vec!["missing"];
    for (name, mutator) in &mutators {
        monitored.put(&format!("mutators/{name}"), mutator.clone()).await;
        names.push(name);
    }
    for name in &names {
        monitored.put_recorder(name, json!({ "mutator": name })).await;
    }
    monitored.report("web", "cpu", json!({ "handlers": names })).await;
    let outcomes = monitored.wait_for_outcomes("web", "cpu", 1).await;
    let outcome = |name: &str| {
        let found = outcomes.iter().find(|outcome| outcome["handler"] == name);
        found.unwrap_or_else(|| panic!("{name}: {outcomes:?}"))
    };
    let reason = |name: &str| outcome(name)["reason"].as_str().unwrap_or_default().to_owned();
    assert_eq!(reason("missing"), "the mutator \"missing\" does not exist");
    assert_eq!(
        (&outcome("exits")["exit_status"], &outcome("exits")["output"]),
        (&json!(1), &json!("why\n"))
    );
    assert!(reason("exits").contains("non-zero exit status"), "{outcomes:?}");
    assert_eq!(outcome("sleeps")["exit_status"], 2);
    assert!(reason("number").contains("want string or undefined"), "{outcomes:?}");
    assert!(reason("throws").contains("no"), "{outcomes:?}");
    assert!(reason("loops").contains("time limit"), "{outcomes:?}");
    assert!(reason("endless").contains("exceeds the limit"), "{outcomes:?}");
    assert!(reason("large").contains("output"), "{outcomes:?}");
    let results = each(&outcomes, "/result");
    assert_eq!(results.iter().filter(|result| **result == "failed").count(), 8, "{outcomes:?}");
    assert_eq!(outcome("writes-stderr")["result"], "executed");
    let received = monitored.received("writes-stderr");
    let text = received[0].as_str().unwrap_or_default();
    assert!(text.contains("out\n") && text.contains("err\n"), "{text}");
    for name in names.iter().filter(|name| **name != "writes-stderr") {
        assert_eq!(monitored.received(name), [""; 0], "{name}");
    }
}
