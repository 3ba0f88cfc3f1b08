//! Selectors: what they take, what they refuse, and what they hold for.

use super::*;
use crate::check::CheckConfig;
use crate::entity::Entity;
use crate::event::Event;

fn fields(selector: &str) -> Selection {
    Selection::parse([], [selector]).unwrap_or_else(|Invalid(why)| panic!("{selector}: {why}"))
}

fn labels(selector: &str) -> Selection {
    Selection::parse([selector], []).unwrap_or_else(|Invalid(why)| panic!("{selector}: {why}"))
}

fn check() -> CheckConfig {
    let mut check = CheckConfig::fixture("cpu");
    check.subscriptions = vec!["linux".into(), "web".into()];
    check.publish = true;
    check.metadata.labels.insert("region".into(), "eu-west".into());
    check
}

#[test]
fn fields_are_compared_as_text() {
    for holds in [
        "",
        "  ",
        "check.name == cpu",
        "check.name == \"cpu\" && check.namespace == 'default'",
        "check.name!=mem",
        "check.publish == true",
        "check.publish != FALSE",
        "check.name in [mem, cpu]",
        "check.name NOTIN [mem, \"disk\"]",
        "check.name matches pu",
        "linux in check.subscriptions",
        "\"web\" in check.subscriptions",
        "windows notin check.subscriptions",
        "linux in [check.subscriptions]",
        "check.labels.region == 'eu-west'",
        "check.unknown != anything",
        "check.unknown notin [anything]",
    ] {
        assert!(fields(holds).admits(&check()), "{holds}");
    }
    for fails in [
        "check.name == CPU",
        "check.name == mem",
        "check.name == cpu && check.publish == false",
        "check.name in [mem]",
        "check.name matches cpus",
        "lin in check.subscriptions",
        "linux notin check.subscriptions",
        "check.unknown == anything",
        "check.unknown matches anything",
        "check.unknown in [anything, more]",
        // Another kind's word, and a longer word that begins like this kind's.
        "entity.name == cpu",
        "checkname == cpu",
    ] {
        assert!(!fields(fails).admits(&check()), "{fails}");
    }
}

#[test]
fn labels_are_compared_by_their_own_names() {
    assert!(labels("region == 'eu-west'").admits(&check()));
    assert!(labels("region matches eu && other != x").admits(&check()));
    assert!(!labels("region == eu").admits(&check()));
    assert!(!labels("check.labels.region == 'eu-west'").admits(&check()));
    let both = Selection::parse(["region matches eu"], ["check.name == mem"]).unwrap();
    assert!(!both.admits(&check()), "both have to hold");
    let twice = Selection::parse(["region matches eu", "region matches us"], []).unwrap();
    assert!(!twice.admits(&check()), "each has to hold");
}

#[test]
fn a_list_of_one_means_the_same_whatever_labels_there_are() {
    let mut check = check();
    check.metadata.labels.insert("eu-west".into(), "something".into());
    assert!(labels("region in ['eu-west']").admits(&check));
}

#[test]
fn events_are_selected_by_check_and_entity() {
    let mut event = Event::with_status("web", "cpu", 2);
    let part = event.check.as_mut().unwrap();
    part.silenced = vec!["*:cpu".into()];
    part.metadata.labels.insert("tier".into(), "check".into());
    let entity = event.entity.as_mut().unwrap();
    entity.metadata.labels.insert("tier".into(), "entity".into());
    entity.metadata.labels.insert("rack".into(), "7".into());
    for holds in [
        "event.name == cpu && event.entity.name == web && event.check.name == cpu",
        "event.check.status == \"2\"",
        "event.is_silenced == true && event.check.is_silenced == true",
        "event.entity.entity_class == proxy",
        // There is no such field, and what is not there is not equal.
        "event.entity.status != \"0\"",
    ] {
        assert!(fields(holds).admits(&event), "{holds}");
    }
    assert!(labels("tier == check && rack == \"7\"").admits(&event));
    event.check = None;
    assert!(fields("event.is_silenced == false").admits(&event));
    assert!(fields("event.check.name != cpu").admits(&event));
}

#[test]
fn nobody_finds_out_what_is_redacted() {
    let mut entity = Entity::fixture("web");
    entity.metadata.labels.insert("password".into(), "secret".into());
    assert!(!labels("password == secret").admits(&entity));
    assert!(labels("password == REDACTED").admits(&entity));
}

#[test]
fn what_is_no_selector_is_refused_with_the_place() {
    for (text, why) in [
        ("a", "column 2: found the end, expected ==, !=, matches, in or notin"),
        ("a ==", "column 5: "),
        ("a==b", "column 1: write a space before =="),
        ("a = b", "column 3: a single ="),
        ("a == b c == d", "column 8: found \"c\", expected && or the end"),
        ("a == b &&", "column 10: "),
        ("a in", "column 5: found the end, expected [ or the name of a field"),
        ("a in [b", "column 8: found the end, expected , or ]"),
        ("a in [b c]", "column 9: "),
        ("a in []", "column 7: "),
        ("== b", "column 1: "),
        ("2 == b", "column 1: words begin with"),
        ("a == b-c", "column 6: a word cannot have '-' in it"),
        ("a. == b", "column 1: after a . comes"),
        ("a == \"b", "column 6: the quote has no end"),
        ("é == ü && a == 1", "column 16: words begin with"),
    ] {
        let Err(Invalid(found)) = Selector::parse(text) else { panic!("{text} is accepted") };
        assert!(found.starts_with(why), "{text}: {found}");
    }
    let long = vec!["a == b"; MAX_OPERATIONS + 1].join(" && ");
    assert!(Selector::parse(&long).is_err());
    let Err(Invalid(why)) = Selection::parse([], ["a"]) else { panic!("accepted") };
    assert!(why.starts_with("failed to parse fieldSelector: column 2: "), "{why}");
}

proptest::proptest! {
    #[test]
    fn no_text_is_too_strange(text in "\\PC{0,40}", word in "[a-z\\[\\]!=&,\"' .]{0,30}") {
        for text in [text, word] {
            if let Ok(selector) = Selector::parse(&text) {
                selector.matches(|_| None);
            }
        }
    }
}
