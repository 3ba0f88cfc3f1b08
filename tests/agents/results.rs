//! Results: order, handlers, and proxy entities.

use serde_json::json;

use crate::support::{Backend, START, request};

// E18
#[tokio::test(flavor = "multi_thread")]
async fn results_of_a_check_are_stored_in_the_order_in_which_they_were_sent() {
    let backend = Backend::start().await;
    let mut agent = backend.connect("web", &["system"]).await;
    for number in 0..100 {
        let check = json!({
            "interval": 60,
            "status": if number < 50 { number % 3 } else { 2 },
            "executed": START,
            "output": number.to_string(),
            "metadata": { "name": "cpu" },
        });
        agent.send_check(serde_json::from_value(check).expect("a check")).await.expect("is sent");
    }
    let event = backend.wait("events/web/cpu", |event| event["check"]["output"] == "99").await;
    assert_eq!(event["check"]["occurrences"], 50);
    assert_eq!(event["check"]["history"].as_array().map(Vec::len), Some(21));
}

// E1
#[tokio::test(flavor = "multi_thread")]
async fn handlers_process_results_of_agents() {
    let backend = Backend::start().await;
    backend.put_recorder("h", json!({})).await;
    let mut agent = backend.connect("web", &["system"]).await;
    backend.put_check("cpu", json!({ "publish": false, "handlers": ["h"] })).await;
    backend.execute("cpu", json!({})).await;
    let request = request(&mut agent).await;
    let check = json!({
        "interval": 60, "status": 2, "handlers": request.config.handlers,
        "issued": request.issued, "executed": START, "metadata": { "name": "cpu" },
    });
    agent.send_check(serde_json::from_value(check).expect("a check")).await.expect("is sent");
    let handled = backend.wait_for("h", 1).await;
    assert_eq!(handled[0]["check"]["occurrences"], 1);
    assert_eq!(handled[0]["check"]["state"], "failing");
    assert_eq!(handled[0]["entity"]["metadata"]["name"], "web");
}

// E13
#[tokio::test(flavor = "multi_thread")]
async fn the_stored_output_is_truncated_and_handlers_get_the_whole() {
    let backend = Backend::start().await;
    backend.put_recorder("h", json!({})).await;
    let mut agent = backend.connect("web", &["system"]).await;
    let check = json!({
        "interval": 60, "handlers": ["h"], "executed": START, "max_output_size": 10,
        "output": "x".repeat(100), "metadata": { "name": "cpu" },
    });
    agent.send_check(serde_json::from_value(check).expect("a check")).await.expect("is sent");
    let handled = backend.wait_for("h", 1).await;
    assert_eq!(handled[0]["check"]["output"], "x".repeat(100));
    let event = backend.get("events/web/cpu").await;
    assert_eq!(event["check"]["output"], "x".repeat(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn results_for_a_proxy_entity_create_it_and_do_not_change_it() {
    let backend = Backend::start().await;
    let mut agent = backend.connect("web", &["system"]).await;
    let check = |status: u32| {
        let check = json!({
            "interval": 60, "executed": START, "status": status,
            "proxy_entity_name": "router", "metadata": { "name": "ping" },
        });
        serde_json::from_value(check).expect("a check")
    };
    agent.send_check(check(0)).await.expect("is sent");
    backend.wait("events/router/ping", |event| !event.is_null()).await;
    let entity = backend.get("entities/router").await;
    assert_eq!(
        (&entity["entity_class"], &entity["subscriptions"]),
        (&json!("proxy"), &json!(["entity:router"]))
    );
    let labels = json!({ "entity_class": "proxy", "metadata": { "labels": { "a": "b" } } });
    backend.put("entities/router", labels).await;
    agent.send_check(check(1)).await.expect("is sent");
    let event = backend.wait("events/router/ping", |event| event["check"]["status"] == 1).await;
    assert_eq!(event["entity"]["metadata"]["labels"]["a"], "b");
    assert_eq!(backend.get("entities/router").await["metadata"]["labels"]["a"], "b");
}
