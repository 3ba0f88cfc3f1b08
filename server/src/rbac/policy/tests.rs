//! Tests of [`super`]: which requests roles and bindings allow.

use serde_json::{Value, json};

use super::*;

/// The policies of the namespace `dev` and of the others: `dev` has one binding, and one is
/// cluster-wide.
async fn policies(namespaced: Value, cluster_wide: Value) -> (Policy, Policy) {
    let part = async |is_cluster_role: bool, binding: &Value| {
        let kind = if is_cluster_role { "ClusterRole" } else { "Role" };
        let role = RoleRef { kind: kind.into(), name: "role".into() };
        let rules = serde_json::from_value(binding["rules"].clone()).unwrap();
        let subjects = serde_json::from_value(binding["subjects"].clone()).unwrap();
        let objects = [Object::role("role".into(), rules), Object::binding(subjects, role)];
        Part::build(objects.into_iter().map(Arc::new).collect()).await
    };
    let cluster_wide = Arc::new(ClusterWide(part(true, &cluster_wide).await));
    let dev = Some(Arc::new(OneNamespace(part(false, &namespaced).await)));
    let other = Policy { cluster_wide: Arc::clone(&cluster_wide), namespaced: None };
    (Policy { cluster_wide, namespaced: dev }, other)
}

fn request<'a>(
    verb: Verb,
    resource: &'a str,
    namespace: &'a str,
    name: &'a str,
) -> AccessRequest<'a> {
    AccessRequest { verb, resource, namespace, name }
}

async fn example() -> (Policy, Policy) {
    policies(
        json!({
            "subjects": [{ "type": "User", "name": "bob" }, { "type": "Group", "name": "ops" }],
            "rules": [
                { "verbs": ["get", "list"], "resources": ["checks"] },
                { "verbs": ["*"], "resources": ["hooks"], "resource_names": ["dump"] },
            ],
        }),
        json!({
            "subjects": [{ "type": "Group", "name": "all" }, { "type": "Robot", "name": "bob" }],
            "rules": [{ "verbs": ["get"], "resources": ["*"] }],
        }),
    )
    .await
}

#[tokio::test]
async fn a_rule_allows_requests_whose_verb_resource_and_name_match() {
    let (policy, _) = example().await;
    let bob = async |request: AccessRequest<'_>| policy.allows("bob", &[], &request).await;
    assert!(bob(request(Verb::Get, "checks", "dev", "a")).await);
    assert!(bob(request(Verb::List, "checks", "dev", "")).await);
    assert!(!bob(request(Verb::Create, "checks", "dev", "")).await);
    assert!(!bob(request(Verb::Get, "entities", "dev", "a")).await);
    assert!(bob(request(Verb::Delete, "hooks", "dev", "dump")).await);
    assert!(!bob(request(Verb::Get, "hooks", "dev", "other")).await);
    assert!(!bob(request(Verb::List, "hooks", "dev", "")).await, "a list has no name");
}

#[tokio::test]
async fn bindings_apply_in_their_own_namespace() {
    let (_, policy) = example().await;
    for namespace in ["prod", ""] {
        let request = request(Verb::Get, "checks", namespace, "a");
        assert!(!policy.allows("bob", &[], &request).await, "{namespace:?}");
    }
    let all = ["all".to_owned()];
    let get = request(Verb::Get, "anything", "prod", "a");
    assert!(policy.allows("eve", &all, &get).await);
    let list = request(Verb::List, "anything", "prod", "");
    assert!(!policy.allows("eve", &all, &list).await);
}

#[tokio::test]
async fn other_subjects_than_users_and_groups_match_nothing() {
    let (policy, other) = example().await;
    let check = request(Verb::Get, "checks", "dev", "a");
    assert!(policy.allows("eve", &["ops".to_owned()], &check).await);
    assert!(!policy.allows("Bob", &[], &check).await, "names are case-sensitive");
    let users = request(Verb::Get, "users", "", "a");
    assert!(!other.allows("bob", &[], &users).await, "a Robot is neither user nor group");
}
