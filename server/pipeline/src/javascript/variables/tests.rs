//! Tests of the variable `event`.

use sensu_types::entity::NetworkInterface;
use sensu_types::event::{CheckHistory, Hook, MetricPoint, Metrics};

use super::*;

fn complete_event() -> Event {
    let mut event = Event::with_status("web", "cpu", 0);
    event.metrics = Some(Metrics { points: vec![MetricPoint::default()], ..Metrics::default() });
    event.check.as_mut().unwrap().hooks = vec![Hook::default()];
    let network = &mut event.entity.as_mut().unwrap().system.network;
    network.interfaces = vec![NetworkInterface::default()];
    event
}

fn variable(source: &Event, previous_state: Option<&str>) -> Value {
    event(flat_event(source).unwrap(), source, previous_state)
}

#[test]
fn every_field_of_the_types_is_present() {
    let value = variable(&complete_event(), None);
    let schema = schemars::schema_for!(Event);
    let properties = |name: &str| {
        let definition = match name {
            "Event" => schema.schema.clone(),
            name => schema.definitions[name].clone().into_object(),
        };
        definition.object.unwrap().properties.into_keys().collect::<Vec<_>>()
    };
    for (pointer, definition) in [
        ("", "Event"),
        ("", "ObjectMeta"),
        ("/check", "Check"),
        ("/check", "ObjectMeta"),
        ("/check/hooks/0", "Hook"),
        ("/entity", "Entity"),
        ("/entity", "ObjectMeta"),
        ("/entity/system", "System"),
        ("/entity/system/network/interfaces/0", "NetworkInterface"),
        ("/entity/deregistration", "Deregistration"),
        ("/metrics", "Metrics"),
        ("/metrics/points/0", "MetricPoint"),
    ] {
        let object = value.pointer(pointer).unwrap().as_object().unwrap();
        for name in properties(definition) {
            let is_moved = name == "metadata" && !pointer.contains("hooks");
            assert_ne!(
                object.contains_key(&name),
                is_moved,
                "{name} of {definition} at {pointer:?}"
            );
        }
    }
}

#[test]
fn moving_the_metadata_is_reversible() {
    let mut event = complete_event();
    event.check.as_mut().unwrap().metadata.labels.insert("a".into(), "b".into());
    let mut value = flat_event(&event).unwrap();
    assert_eq!(value.pointer("/check/labels/a"), Some(&Value::from("b")));
    unflatten_event(&mut value);
    assert_eq!(serde_json::from_value::<Event>(value).unwrap(), event);
}

#[test]
fn properties_describe_the_event() {
    let with = |status: u32, before: &[u32], state: &str, previous: Option<&str>| {
        let mut event = Event::with_status("web", "cpu", status);
        let check = event.check.as_mut().unwrap();
        let history = before.iter().chain([&status]);
        check.history =
            history.map(|status| CheckHistory { status: *status, executed: 1 }).collect();
        check.state = state.into();
        let value = variable(&event, previous);
        let names = ["is_incident", "is_resolution", "is_flapping_start", "is_flapping_end"];
        names.map(|name| value[name].as_bool().unwrap())
    };
    assert_eq!(with(1, &[], "failing", None), [true, false, false, false]);
    assert_eq!(with(0, &[], "passing", None), [false, false, false, false]);
    assert_eq!(with(0, &[1], "passing", Some("failing")), [false, true, false, false]);
    assert_eq!(with(0, &[0], "passing", Some("passing")), [false, false, false, false]);
    assert_eq!(with(1, &[0], "flapping", Some("failing")), [true, false, true, false]);
    assert_eq!(with(1, &[0], "flapping", Some("flapping")), [true, false, false, false]);
    assert_eq!(with(1, &[1], "failing", Some("flapping")), [true, false, false, true]);
    assert_eq!(with(1, &[1], "flapping", None), [true, false, false, false], "unknown");
}

#[test]
fn silences_and_parts_are_described() {
    let mut event = Event::with_status("web", "cpu", 1);
    let value = variable(&event, None);
    assert_eq!((&value["has_check"], &value["has_metrics"]), (&true.into(), &false.into()));
    assert_eq!(value["is_silenced"], false);
    event.check.as_mut().unwrap().silenced = vec!["entity:web:*".into()];
    let value = variable(&event, None);
    assert_eq!(
        (&value["is_silenced"], &value["check"]["is_silenced"]),
        (&true.into(), &true.into())
    );
    event.check = None;
    event.metrics = Some(Metrics::default());
    let value = variable(&event, None);
    assert_eq!((&value["has_check"], &value["has_metrics"]), (&false.into(), &true.into()));
    assert_eq!(value.get("check"), None);
}
