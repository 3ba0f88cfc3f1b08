//! Rules that concern several kinds.

use serde_json::json;

use super::{asset, check, event, filter, mutator};
use crate::resource::Resource;

#[test]
fn objects_in_which_an_expression_is_checked_have_expressions() {
    fn rejected<T: Resource>(at: &str, value: serde_json::Value) {
        let mut body = T::example("a");
        assert!(
            !serde_json::from_value::<T>(body.clone()).unwrap().has_expressions()
                || at == "/expressions"
        );
        let (parent, field) = at.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[field] = value;
        let mut object: T = serde_json::from_value(body).unwrap();
        object.fill_identity("default", "a");
        let error = object.validate().expect_err(at).message;
        assert!(error.contains("syntax error"), "{at}: {error}");
        assert!(object.has_expressions(), "{at}");
    }

    let requests = json!({ "entity_attributes": ["("] });
    rejected::<filter::EventFilter>("/expressions", json!(["("]));
    rejected::<asset::Asset>("/filters", json!(["("]));
    let build = json!({ "url": "http://x/y", "sha512": "0".repeat(128), "filters": ["("] });
    rejected::<asset::Asset>("/builds", json!([build]));
    rejected::<check::CheckConfig>("/proxy_requests", requests.clone());
    rejected::<event::Event>("/check/proxy_requests", requests);
    let mut mutator = mutator::Mutator::fixture("a");
    (mutator.command, mutator.kind, mutator.eval) =
        (String::new(), "javascript".into(), "(".into());
    assert!(mutator.validate().is_err() && mutator.has_expressions());
}
