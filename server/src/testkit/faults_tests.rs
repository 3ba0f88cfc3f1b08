//! Tests of fault injection: order, counts, probabilities, and errors.

use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};

use super::fault::{Failure, Fault};
use super::faults::{FaultInjector, HEADER};
use super::matcher::Subject;
use super::plan::{FaultInput, PlannedFault};
use crate::error::Error;

const PATH: &str = "/apis/core/v2/namespaces";

fn injector() -> FaultInjector {
    FaultInjector::new(vec!["check_list".into(), "check_create".into()])
}

fn next(
    faults: &FaultInjector,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
) -> Result<Option<Fault>, Error> {
    let operation = Some("check_list");
    faults.next_fault(&Subject { operation, method, path, query: None, headers })
}

fn by_header(faults: &FaultInjector, value: &'static str) -> Result<Option<Fault>, Error> {
    let value = http::HeaderValue::from_static(value);
    let headers = HeaderMap::from_iter([(http::HeaderName::from_static(HEADER), value)]);
    next(faults, &Method::GET, PATH, &headers)
}

fn inputs(json: &str) -> Vec<FaultInput> {
    serde_json::from_str(json).unwrap()
}

fn outcomes(faults: &FaultInjector, value: &'static str, times: usize) -> Vec<bool> {
    let fails = |_| by_header(faults, value).unwrap().is_some();
    (0..times).map(fails).collect()
}

#[test]
fn the_header_specifies_a_fault() {
    let faults = injector();
    assert_eq!(next(&faults, &Method::GET, PATH, &HeaderMap::new()), Ok(None));
    let slow = by_header(&faults, "delay=250ms; status=503").unwrap().unwrap();
    assert_eq!(slow.delay, Duration::from_millis(250));
    assert_eq!(slow.failure, Some(Failure::Status(StatusCode::SERVICE_UNAVAILABLE)));
    let drop = by_header(&faults, "drop").unwrap().unwrap();
    assert_eq!((drop.delay, drop.failure), (Duration::ZERO, Some(Failure::Drop)));
    for bad in [
        "status=200",
        "status=x",
        "delay=soon",
        "delay=2h",
        "explode",
        "",
        "drop=1",
        "count=3",
        "drop; count=-1",
        "drop; probability=2",
        "drop; probability=NaN",
    ] {
        assert!(matches!(by_header(&faults, bad), Err(Error::Invalid(_))), "{bad}");
    }
}

#[test]
fn each_fault_has_a_count_until_they_are_cleared() {
    let faults = injector();
    assert_eq!(outcomes(&faults, "status=503; count=2", 4), [true, true, false, false]);
    assert_eq!(outcomes(&faults, "status=500; count=1", 2), [true, false]);
    faults.clear();
    assert_eq!(outcomes(&faults, "status=503; count=2", 3), [true, true, false]);
}

#[test]
fn a_probability_is_met_and_runs_are_repeatable() {
    let faults = injector();
    let first = outcomes(&faults, "drop; probability=0.2", 1_000);
    let failed = first.iter().filter(|fails| **fails).count();
    assert!((150..250).contains(&failed), "{failed}");
    faults.clear();
    assert_eq!(outcomes(&faults, "drop; probability=0.2", 1_000), first);
    assert_eq!(outcomes(&faults, "drop; probability=0", 5), [false; 5]);
}

#[test]
fn planned_faults_need_no_header() {
    let faults = injector();
    let plan = r#"[{"fault": "status=503; count=1", "method": "GET", "path": "/apis/core/v2"}]"#;
    faults.replace(inputs(plan)).unwrap();
    let fault = |method, path| next(&faults, &method, path, &HeaderMap::new()).unwrap();
    assert_eq!(fault(Method::POST, PATH), None);
    assert_eq!(fault(Method::GET, "/health"), None);
    assert!(fault(Method::GET, PATH).is_some());
    assert_eq!(fault(Method::GET, PATH), None, "its count is used up");
    faults.replace(inputs(plan)).unwrap();
    for bad in [r#"[{"fault": "explode"}]"#, "[{}]"] {
        assert!(matches!(faults.replace(inputs(bad)), Err(Error::Invalid(_))));
    }
    assert!(fault(Method::GET, PATH).is_some(), "an invalid plan changes nothing");
}

#[test]
fn matches_and_injections_are_counted_per_fault() {
    let faults = injector();
    faults.replace(inputs(r#"[{"status": 503, "nth": 3}, {"drop": true, "times": 2}]"#)).unwrap();
    faults.add(inputs(r#"[{"operation": "check_create", "reset": true}]"#).remove(0)).unwrap();
    let headers = HeaderMap::new();
    let failures: Vec<Option<Failure>> =
        (0..5).map(|_| next(&faults, &Method::GET, PATH, &headers).unwrap()?.failure).collect();
    let status = Failure::Status(StatusCode::SERVICE_UNAVAILABLE);
    let drop = Some(Failure::Drop);
    assert_eq!(failures, [drop.clone(), drop, Some(status), None, None]);
    let counts = |plans: Vec<PlannedFault>| -> Vec<(String, u64, u64)> {
        plans.into_iter().map(|plan| (plan.id, plan.matched, plan.injected)).collect()
    };
    let third = ("fault-3".to_owned(), 0, 0);
    assert_eq!(
        counts(faults.plans(None)),
        [("fault-1".into(), 5, 1), ("fault-2".into(), 4, 2), third.clone()]
    );
    assert_eq!(counts(faults.plans(Some(false))), [third]);
    faults.remove("fault-3").unwrap();
    assert!(matches!(faults.remove("fault-3"), Err(Error::NotFound(_))));
    assert_eq!(faults.plans(None).len(), 2);
}

#[test]
fn errors_state_what_to_change() {
    let faults = injector();
    for (input, message) in [
        (
            r#"{"operation": "check_creat", "drop": true}"#,
            "did you mean one of check_list, check_create?",
        ),
        (r#"{"status": 200}"#, "400 to 599"),
        (r#"{"status": 200, "body": "x", "drop": true}"#, "only one of"),
        (r#"{"method": "get", "drop": true}"#, "in capitals"),
        (r#"{"nth": 0, "drop": true}"#, "counted from 1"),
        (r#"{"delay": "2h"}"#, "at most 60s"),
        (r#"{"drop": true, "content_type": "text/html"}"#, "without body"),
    ] {
        let input = serde_json::from_str(input).unwrap();
        let error = faults.add(input).unwrap_err();
        assert!(error.message().contains(message), "{error:?}");
    }
}
