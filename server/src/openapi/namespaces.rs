//! The path parameter of operations on a namespace itself.
//!
//! Dropshot's router needs one name for the variable in `/namespaces/{…}` of every path. In operations
//! on a namespace, it is the name of the object, and is called `name` as for every other kind.
//! Generators would otherwise have a parameter `namespace` beside a body `Namespace`.

use serde_json::{Map, Value};

/// The parameter that all paths have in the router.
const ROUTED: &str = "{namespace}";
/// The parameter of a path that ends with it.
const PUBLISHED: &str = "{name}";

/// The path under which a route is published.
pub(super) fn published_path(route: &str) -> String {
    match route.strip_suffix(ROUTED) {
        Some(collection) => format!("{collection}{PUBLISHED}"),
        None => route.to_owned(),
    }
}

/// Renames the parameter of operations on namespaces.
pub(super) fn rename_parameter(document: &mut Value) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    let routes: Map<String, Value> = std::mem::take(paths);
    for (route, mut item) in routes {
        let path = published_path(&route);
        if path != route {
            let operations = item.as_object_mut().into_iter().flat_map(Map::values_mut);
            let parameters =
                operations.filter_map(|operation| operation["parameters"].as_array_mut());
            for parameter in parameters.flatten().filter(|parameter| parameter["in"] == "path") {
                parameter["name"] = "name".into();
            }
        }
        paths.insert(path, item);
    }
}
