//! Filters, also as `explain` reports them.

use serde_json::{Value, json};

use crate::support::{DEFAULT, Monitored, each};

/// Creates a handler for each filter, reports an event to all of them, and returns the outcome of each.
async fn filtered(monitored: &Monitored, filters: &[(&str, Value)]) -> Vec<Value> {
    for (name, filter) in filters {
        monitored.put(&format!("filters/{name}"), filter.clone()).await;
    }
    let names: Vec<&str> = filters.iter().map(|(name, _)| *name).collect();
    for name in &names {
        monitored.put_recorder(name, json!({ "filters": [name] })).await;
    }
    let fields = json!({ "status": 1, "output": "text", "handlers": names });
    monitored.report("web", "cpu", fields).await;
    monitored.wait_for_outcomes("web", "cpu", 1).await
}

fn filter(action: &str, expressions: &[&str]) -> Value {
    json!({ "action": action, "expressions": expressions })
}

/// E4, E6. Names are in the order of the outcomes.
#[tokio::test(flavor = "multi_thread")]
async fn expressions_decide_by_the_action() {
    let monitored = Monitored::start().await;
    let filters = [
        ("a-allow", filter("allow", &["event.check.status == 1", "event.entity.name == 'web'"])),
        ("b-allow-one-false", filter("allow", &["true", "event.check.status == 0"])),
        ("c-deny-one-true", filter("deny", &["false", "event.check.occurrences == 1"])),
        ("d-deny", filter("deny", &["false", "event.check.output == 'other'"])),
        ("e-throws", filter("allow", &["event.missing.field == 1"])),
        ("f-throws", filter("deny", &["event.missing.field == 1"])),
        ("g-loops", filter("allow", &["while (true) {}"])),
        ("h-memory", filter("allow", &["'x'.repeat(1e9).length > 0"])),
        ("i-stack", filter("allow", &["(function f() { return f() })()"])),
    ];
    let outcomes = filtered(&monitored, &filters).await;
    let executed: Vec<&str> = outcomes
        .iter()
        .filter(|outcome| outcome["result"] == "executed")
        .filter_map(|outcome| outcome["handler"].as_str())
        .collect();
    assert_eq!(executed, ["a-allow", "d-deny"], "{outcomes:?}");
    assert_eq!(outcomes[1]["expression"], "event.check.status == 0");
    assert_eq!(outcomes[1]["reason"], "the expression is false");
    assert_eq!(outcomes[2]["expression"], "event.check.occurrences == 1");
    for index in [4, 5] {
        let reason = outcomes[index]["reason"].as_str().unwrap_or_default();
        assert!(reason.starts_with("the expression failed: TypeError"), "{reason}");
    }
    let reason = outcomes[6]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("time limit"), "{reason}");
    assert!(
        outcomes.iter().all(|one| one["result"] != "filtered" || one["filter"] == one["handler"])
    );

    // The same without effects.
    let path = format!("{DEFAULT}/events/web/cpu/explain");
    let explained = monitored.send("POST", &path, None).await.body["handlers"].clone();
    let explained = explained.as_array().expect("a list");
    assert_eq!(each(explained, "/handler"), each(&outcomes, "/handler"));
    assert_eq!(each(explained, "/filter"), each(&outcomes, "/filter"));
    let is_executed = |one: &Value| one["is_executed"] == true;
    assert_eq!(explained.iter().filter(|one| is_executed(one)).count(), 2);
    assert_eq!(monitored.received("a-allow").len(), 1, "explaining executes nothing");
}

/// E4, E5: filters without expressions that could decide.
#[tokio::test(flavor = "multi_thread")]
async fn windows_and_missing_filters_and_assets_decide_first() {
    let monitored = Monitored::start().await;
    let window = |days: Value| json!({ "days": days });
    let always = window(
        json!({ "all": [{ "begin": "12:00AM", "end": "12:00PM" }, { "begin": "12:00PM", "end": "12:00AM" }] }),
    );
    let with = |mut filter: Value, field: &str, value: &Value| {
        filter[field] = value.clone();
        filter
    };
    let never = window(json!({}));
    let filters = [
        ("a-allow-inside", with(filter("allow", &["true"]), "when", &always)),
        ("b-allow-outside", with(filter("allow", &["true"]), "when", &never)),
        ("c-deny-inside", with(filter("deny", &["false"]), "when", &always)),
        ("d-deny-outside", with(filter("deny", &["false"]), "when", &never)),
        ("e-asset", with(filter("allow", &["true"]), "runtime_assets", &json!(["missing"]))),
    ];
    monitored.put_recorder("f-missing", json!({ "filters": ["nothing"] })).await;
    let outcomes = filtered(&monitored, &filters).await;
    let results = each(&outcomes, "/result");
    assert_eq!(results, ["executed", "filtered", "filtered", "executed", "filtered"]);
    assert_eq!(outcomes[4]["reason"], "the asset \"missing\" does not exist");
    monitored.report("web", "disk", json!({ "handlers": ["f-missing"] })).await;
    let missing = monitored.wait_for_outcomes("web", "disk", 1).await;
    assert_eq!(missing[0]["reason"], "the filter does not exist");
    assert_eq!(missing[0]["filter"], "nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn evaluations_share_no_state() {
    let monitored = Monitored::start().await;
    let script = "if (typeof count === 'undefined') { count = 0 } count += 1; event.check.status = 0; count == 1";
    monitored.put("filters/counts", filter("allow", &[script, "event.check.status == 1"])).await;
    monitored.put_recorder("a", json!({ "filters": ["counts", "counts"] })).await;
    for _ in 0..3 {
        monitored.report("web", "cpu", json!({ "status": 1, "handlers": ["a"] })).await;
    }
    let received = monitored.wait_for("a", 3).await;
    assert_eq!(each(&received, "/check/status"), [1, 1, 1]);
}
