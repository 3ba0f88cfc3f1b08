//! Tests of expressions, mutators and limits.

mod limits;
mod mutators;

use sensu_types::event::{Event, Metrics};

use super::*;

fn javascript() -> JavaScript {
    // Far above what the scripts need: a busy machine must not let them fail.
    JavaScript::new(Limits { time: Duration::from_secs(20), ..Limits::default() })
}

fn event() -> Event {
    let mut event = Event::with_status("web", "cpu", 2);
    event.timestamp = 1_700_000_000;
    let check = event.check.as_mut().unwrap();
    check.metadata.labels.insert("region".into(), "eu".into());
    check.occurrences = 3;
    event
}

async fn evaluate_with(
    event: &Event,
    libraries: &[&str],
    expressions: &[&str],
) -> Vec<Result<bool, String>> {
    let expressions: Vec<_> = expressions.iter().map(|text| (*text).to_owned()).collect();
    let libraries: Vec<_> = libraries.iter().map(|text| Arc::from(*text)).collect();
    let results = javascript().evaluate_event(&expressions, event, None, &libraries).await;
    results.into_iter().map(|result| result.map_err(|error| error.to_string())).collect()
}

async fn evaluate(expression: &str) -> Result<bool, String> {
    evaluate_with(&event(), &[], &[expression]).await.remove(0)
}

#[tokio::test]
async fn the_result_is_the_truth_of_the_value_of_the_last_statement() {
    for (expression, expected) in [
        ("event.check.status == 2", true),
        ("event.check.status == 1", false),
        ("var a = 1; a", true),
        ("var a = 0; if (a) { true } else { 0 }", false),
        ("'text'", true),
        ("''", false),
        ("[]", true),
        ("null", false),
        ("", false),
        ("return event.check.status == 2", true),
        ("if (event.check.status != 2) { return true }\nreturn false", false),
        ("var f = function() { return false }; f(); 7", true),
        ("(function() { return event.check.status == 2 })()", true),
        ("undeclared = 2; undeclared == 2", true),
        ("with (event.check) { status == 2 }", true),
        ("let hour = 3; hour == 3", true),
        ("let event = 3; event == 3", true),
    ] {
        assert_eq!(evaluate(expression).await, Ok(expected), "{expression}");
    }
}

#[tokio::test]
async fn metadata_is_flat_and_empty_fields_have_zero_values() {
    for expression in [
        "event.check.name == 'cpu' && event.entity.name == 'web'",
        "event.check.labels.region == 'eu' && event.check.labels['x'] === undefined",
        "event.check.annotations.x === undefined && event.entity.labels.x === undefined",
        "event.check.silenced.length === 0 && event.entity.system.os === ''",
        "event.labels.x === undefined && event.id === '' && event.sequence === 0",
        "event.has_check && !event.has_metrics && event.is_incident && !event.is_resolution",
        "event.is_silenced === false && event.is_flapping_start === false",
        "event.check.occurrences == 1 || event.check.occurrences % (30 / event.check.interval) == 0",
    ] {
        assert_eq!(evaluate(expression).await, Ok(true), "{expression}");
    }
}

#[tokio::test]
async fn functions_read_times_in_utc() {
    // 2023-11-14 22:13:20, a Tuesday.
    for expression in [
        "hour(event.timestamp) == 22 && minute(event.timestamp) == 13",
        "second(event.timestamp) == 20 && weekday(event.timestamp) == 2",
        "hour() === 0 && minute() === 0 && second() === 0 && weekday() === 0",
        "seconds_since(Date.now() / 1000 - 100) >= 99",
        "seconds_since(event.timestamp) > 0 && seconds_since() === 0",
    ] {
        assert_eq!(evaluate(expression).await, Ok(true), "{expression}");
    }
}

/// E4: exceptions and syntax errors are values.
#[tokio::test]
async fn errors_are_returned_with_their_reason() {
    let event = event();
    let results = evaluate_with(
        &event,
        &[],
        &["true", "event.nothing.x", "(", "throw 'text'", "throw new Error('message')", "false"],
    );
    let [passed, type_error, syntax_error, text, message, failed] =
        results.await.try_into().unwrap();
    assert_eq!((passed, failed), (Ok(true), Ok(false)));
    assert!(type_error.unwrap_err().starts_with("TypeError: "));
    assert!(syntax_error.unwrap_err().starts_with("SyntaxError: "));
    assert_eq!(text, Err("text".into()));
    assert_eq!(message, Err("message".into()));
    assert!(evaluate("1\0").await.is_err(), "a NUL character");
    let long = evaluate("throw new Error('x'.repeat(100000))").await;
    assert!(long.unwrap_err().len() < 1000);
}

#[tokio::test]
async fn evaluations_share_no_state() {
    let event = event();
    let results = evaluate_with(
        &event,
        &[],
        &[
            "event.check.status = 7; shared = 1; Array.prototype.x = 1; event.check.status == 7",
            "typeof shared === 'undefined' && [].x === undefined && event.check.status == 2",
        ],
    );
    assert_eq!(results.await, [Ok(true), Ok(true)]);
}

#[tokio::test]
async fn libraries_are_evaluated_first() {
    let libraries = ["function double(n) { return 2 * n }", "var four = double(2)"];
    let results = evaluate_with(&event(), &libraries, &["double(four) == 8", "four == 4"]).await;
    assert_eq!(results, [Ok(true), Ok(true)]);
    let results = evaluate_with(&event(), &["nothing()"], &["true"]).await;
    assert!(results[0].as_ref().unwrap_err().starts_with("ReferenceError: "));
}

/// E14: an event without a check.
#[tokio::test]
async fn events_with_metrics_only_can_be_evaluated() {
    let event = Event { check: None, metrics: Some(Metrics::default()), ..event() };
    let expressions = [
        "event.has_metrics && !event.has_check",
        "event.metrics.points.length == 0",
        "event.check.status",
    ];
    let results = evaluate_with(&event, &[], &expressions).await;
    assert_eq!(results[..2], [Ok(true), Ok(true)]);
    assert!(results[2].as_ref().unwrap_err().starts_with("TypeError: "));
}

#[tokio::test]
async fn entities_are_evaluated_as_events_are() {
    let entity = event().entity.unwrap();
    let expressions =
        ["entity.name == 'web' && entity.labels.x === undefined".to_owned(), "event".into()];
    let results = javascript().evaluate_entity(&expressions, &entity).await;
    assert_eq!(results[0], Ok(true));
    assert!(results[1].is_err());
}
