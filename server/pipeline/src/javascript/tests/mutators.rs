//! Tests of JavaScript mutators.

use sensu_types::event::MetricPoint;

use super::*;

async fn mutate_event(event: &Event, body: &str) -> Result<String, String> {
    let variables = vec![("CHANNEL".to_owned(), "#alerts".to_owned())];
    let result = javascript().mutate(body, event, variables, &["var one = 1".into()], None).await;
    let bytes = result.map_err(|error| error.to_string())?;
    Ok(String::from_utf8(bytes.to_vec()).unwrap())
}

async fn mutate(body: &str) -> Result<String, String> {
    mutate_event(&event(), body).await
}

#[tokio::test]
async fn returned_text_is_the_result() {
    assert_eq!(mutate("return event.check.name + CHANNEL + one").await, Ok("cpu#alerts1".into()));
    assert_eq!(mutate("return ''").await, Ok(String::new()));
    assert_eq!(
        mutate("return 'Gr\u{fc}\u{df}e \u{1f600}'").await,
        Ok("Gr\u{fc}\u{df}e \u{1f600}".into())
    );
    let json = mutate("return JSON.stringify({text: event.entity.name})").await;
    assert_eq!(json, Ok(r#"{"text":"web"}"#.into()));
}

#[tokio::test]
async fn without_a_result_the_changed_event_is_the_result() {
    for body in ["", "return", "return null", "event.other = 1; event.check = event.check"] {
        let unchanged = payload::json(&event()).unwrap();
        assert_eq!(mutate(body).await.unwrap(), unchanged, "{body}");
    }
    let body = "event.check.output = '<b>'; event.check.labels.added = 'x'; \
        event.entity.annotations['y'] = 'z'; delete event.check.labels.region; event.check.status++; \
        event.check.handlers.push('a'); event = {}";
    let mut changed = event();
    let check = changed.check.as_mut().unwrap();
    check.output = "<b>".into();
    check.metadata.labels = [("added".to_owned(), "x".to_owned())].into();
    check.status = 3;
    check.handlers.push("a".into());
    let entity = changed.entity.as_mut().unwrap();
    entity.metadata.annotations.insert("y".into(), "z".into());
    assert_eq!(mutate(body).await.unwrap(), payload::json(&changed).unwrap());
}

/// JavaScript has no whole numbers of 64 bits.
#[tokio::test]
async fn values_that_the_script_does_not_change_stay_exact() {
    let point = |timestamp| MetricPoint { name: "a".into(), timestamp, ..MetricPoint::default() };
    let points = vec![point(1_700_000_000_123_456_789), point(1_700_000_000_987_654_321)];
    let mut event = Event { metrics: Some(Metrics { points, handlers: Vec::new() }), ..event() };
    let result = mutate_event(&event, "event.metrics.points[1].value = 2.5").await.unwrap();
    event.metrics.as_mut().unwrap().points[1].value = 2.5;
    assert_eq!(result, payload::json(&event).unwrap());
    event.check = None;
    // E14
    let result = mutate_event(&event, "event.metrics.handlers = ['b']").await.unwrap();
    event.metrics.as_mut().unwrap().handlers = vec!["b".into()];
    assert_eq!(result, payload::json(&event).unwrap());
}

#[tokio::test]
async fn other_results_are_errors() {
    let bad = |value: &str| format!("bad mutator result: got {value:?}, want string or undefined");
    assert_eq!(mutate("return 1").await, Err(bad("1")));
    assert_eq!(mutate("return {}").await, Err(bad("[object Object]")));
    assert_eq!(mutate("return false").await, Err(bad("false")));
    assert!(mutate("nothing()").await.unwrap_err().starts_with("ReferenceError: "));
    assert!(mutate("return (").await.unwrap_err().starts_with("SyntaxError: "));
    let wrong_type = mutate("event.check.status = 'two'").await.unwrap_err();
    assert!(wrong_type.starts_with("the mutator changed the event: "), "{wrong_type}");
    let circular = mutate("event.check.output = event").await.unwrap_err();
    assert!(circular.starts_with("TypeError: "), "{circular}");
}

#[tokio::test]
async fn the_timeout_of_a_mutator_replaces_the_limit() {
    let time = Some(Duration::from_millis(50));
    let result = javascript().mutate("while(true){}", &event(), Vec::new(), &[], time).await;
    assert_eq!(result, Err(ScriptError::Time(Duration::from_millis(50))));
}
