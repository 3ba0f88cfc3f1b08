//! Tests that JSON and protobuf carry the same values, for every field of every type.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot continue has failed"
)]

mod random;
mod wire;

use sensu_agents::message::{CheckRequest, EntityConfig};
use sensu_agents::protobuf::Protobuf;
use sensu_types::check::HookList;
use sensu_types::event::Event;
use serde::Serialize;
use serde::de::DeserializeOwned;

use random::Random;
use wire::{bytes, join, text, varint};

/// Number of values of each type.
const VALUES: u64 = 200;

fn assert_encodings_agree<T>(value: &T)
where
    T: Clone + std::fmt::Debug + PartialEq + Serialize + DeserializeOwned + Protobuf,
{
    let json = serde_json::to_vec(value).unwrap();
    assert_eq!(&sensu_decode::from_slice::<T>(&json).unwrap().value, value);
    assert_eq!(&T::from_protobuf(value.clone().to_protobuf()).unwrap(), value);
}

/// In protobuf, each list has one type of results.
fn with_one_type(lists: &mut [HookList]) {
    for list in lists {
        list.0 = std::mem::take(&mut list.0).into_iter().take(1).collect();
    }
}

#[test]
fn every_field_of_an_event_is_the_same_in_both_encodings() {
    for seed in 0..VALUES {
        let mut event: Event = Random::new(seed).value();
        event.id = format!("3a5948f3-6ffd-4ea2-a41e-{seed:012x}");
        with_one_type(&mut event.check.as_mut().unwrap().check_hooks);
        assert_encodings_agree(&event);
    }
    assert_encodings_agree(&Event::default());
}

#[test]
fn every_field_of_a_check_request_is_the_same_in_both_encodings() {
    for seed in 0..VALUES {
        let mut request: CheckRequest = Random::new(seed).value();
        with_one_type(&mut request.config.check_hooks);
        assert_encodings_agree(&request);
    }
    assert_encodings_agree(&CheckRequest::default());
}

#[test]
fn every_field_of_an_entity_configuration_is_the_same_in_both_encodings() {
    for seed in 0..VALUES {
        assert_encodings_agree(&Random::new(seed).value::<EntityConfig>());
    }
    assert_encodings_agree(&EntityConfig::default());
}

#[test]
fn hooks_of_several_types_are_several_lists_in_protobuf() {
    let list = |kinds: &[&str]| {
        HookList(kinds.iter().map(|kind| ((*kind).to_owned(), vec!["h".to_owned()])).collect())
    };
    let mut request = CheckRequest::default();
    request.config.check_hooks = vec![list(&["critical", "warning"]), list(&["ok"])];
    let read = CheckRequest::from_protobuf(request.to_protobuf()).unwrap();
    assert_eq!(read.config.check_hooks, [list(&["critical"]), list(&["warning"]), list(&["ok"])]);
}

/// Encoded by hand from the numbers of the reference, part 2.7.
#[test]
fn field_numbers_are_those_of_sensu_go() {
    let metadata = |name: &str| {
        join([text(1, name), text(2, "default"), bytes(3, &join([text(1, "a"), text(2, "b")]))])
    };
    let network = bytes(1, &join([text(1, "eth0"), text(2, "00:16:3e"), text(3, "10.0.0.1/8")]));
    let entity = join([
        text(1, "agent"),
        bytes(
            3,
            &join([text(1, "host"), bytes(6, &network), varint(8, 7), bytes(14, &text(1, "init"))]),
        ),
        text(4, "linux"),
        varint(5, 1_600_000_000),
        varint(6, 1),
        bytes(7, &text(1, "d")),
        text(11, "agent"),
        text(13, "pin"),
        bytes(14, &metadata("web")),
        text(15, "6.7.3"),
        text(16, "k"),
    ]);
    let hook = join([
        bytes(1, &join([bytes(1, &text(1, "ps")), text(2, "ps aux"), varint(3, 9)])),
        varint(3, 5),
        text(5, "out"),
        varint(6, 1),
    ]);
    let check = join([
        text(1, "true"),
        varint(5, 60),
        bytes(14, &join([text(1, "ps"), text(2, "critical")])),
        varint(18, 90),
        varint(23, 1_600_000_001),
        bytes(24, &join([varint(1, 2), varint(2, 3), varint(3, 1)])),
        text(26, "a\nb"),
        varint(28, 4_294_967_295),
        varint(31, u64::MAX),
        bytes(34, &hook),
        bytes(38, &metadata("cpu")),
        varint(42, 1),
        text(45, "web"),
        bytes(
            47,
            &join([
                text(1, "m"),
                bytes(3, &join([text(1, "0"), text(2, "9"), varint(3, 2)])),
                varint(4, 3),
            ]),
        ),
        bytes(48, &join([text(1, "b"), text(2, "e"), text(3, "daily")])),
        varint(50, 2),
        text(99, "unknown"),
    ]);
    let id: Vec<u8> = (0..16).collect();
    let event = join([
        varint(1, 1_600_000_002),
        bytes(2, &entity),
        bytes(3, &check),
        bytes(6, &id),
        varint(7, 3),
        varint(1000, 1),
    ]);
    let event = Event::from_protobuf(&event[..]).unwrap();
    let expected = r#"{"timestamp":1600000002,"entity":{"entity_class":"agent","system":{"hostname":"host","network":{"interfaces":[{"name":"eth0","mac":"00:16:3e","addresses":["10.0.0.1/8"]}]},"arm_version":7,"processes":[{"name":"init"}]},"subscriptions":["linux"],"last_seen":1600000000,"deregister":true,"deregistration":{"handler":"d"},"user":"agent","redact":["pin"],"metadata":{"name":"web","namespace":"default","labels":{"a":"b"}},"sensu_agent_version":"6.7.3","keepalive_handlers":["k"]},"check":{"command":"true","handlers":[],"high_flap_threshold":0,"interval":60,"low_flap_threshold":0,"publish":false,"runtime_assets":[],"subscriptions":[],"proxy_entity_name":"","check_hooks":[{"critical":["ps"]}],"stdin":false,"subdue":null,"ttl":90,"timeout":0,"round_robin":false,"executed":1600000001,"history":[{"status":2,"executed":3}],"issued":0,"output":"a\nb","status":4294967295,"total_state_change":0,"last_ok":0,"occurrences":-1,"occurrences_watermark":0,"hooks":[{"metadata":{"name":"ps"},"command":"ps aux","timeout":9,"stdin":false,"executed":5,"issued":0,"output":"out","status":1}],"output_metric_format":"","output_metric_handlers":[],"env_vars":[],"metadata":{"name":"cpu","namespace":"default","labels":{"a":"b"}},"is_silenced":true,"processed_by":"web","output_metric_thresholds":[{"name":"m","tags":[],"null_status":3,"thresholds":[{"min":"0","max":"9","status":2}]}],"subdues":[{"begin":"b","end":"e","repeat":["daily"]}],"ttl_status":2},"metadata":{},"id":"00010203-0405-0607-0809-0a0b0c0d0e0f","sequence":3}"#;
    assert_eq!(serde_json::to_string(&event).unwrap(), expected);
}

#[test]
fn texts_that_are_not_unicode_are_accepted() {
    let check = bytes(26, b"a\xff\nb");
    let event = Event::from_protobuf(&bytes(3, &check)[..]).unwrap();
    assert_eq!(event.check.unwrap().output, "a\u{fffd}\nb");
}

#[test]
fn identifiers_that_are_not_uuids_are_absent() {
    assert_eq!(Event::from_protobuf(&bytes(6, b"short")[..]).unwrap().id, "");
    let event = Event { id: "x".to_owned(), ..Event::default() };
    assert_eq!(Event::from_protobuf(event.to_protobuf()).unwrap().id, "");
}

#[test]
fn bytes_that_are_not_protobuf_are_an_error() {
    for body in [&b"{}"[..], &[0x12, 0x05, 0x00], &bytes(1, b"x"), &[0xff; 20]] {
        assert!(Event::from_protobuf(body).is_err(), "{body:?}");
    }
}
