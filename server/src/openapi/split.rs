//! Routes that are one to the router and several to everybody else.

use serde_json::{Map, Value};

/// The one route with a word that the router takes for a variable.
const JOINED: &str = "/apis/core/v2/namespaces/{namespace}/silenced/{name}/{value}";

/// The paths it is published as: the word, the parameter, operation id, summary.
const PUBLISHED: [(&str, &str, &str, &str); 2] = [
    ("checks", "check", "silenced_list_check", "List the silenced entries of a check"),
    (
        "subscriptions",
        "subscription",
        "silenced_list_subscription",
        "List the silenced entries of a subscription",
    ),
];

/// Publishes the joined route as the paths it stands for.
pub(super) fn silenced(document: &mut Value) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    let mut published = Map::new();
    for (path, item) in std::mem::take(paths) {
        if path != JOINED {
            published.insert(path, item);
            continue;
        }
        for (word, parameter, id, summary) in PUBLISHED {
            let path =
                JOINED.replace("{name}", word).replace("{value}", &format!("{{{parameter}}}"));
            published.insert(path, one(&item, word, parameter, id, summary));
        }
    }
    *paths = published;
    // Only the joined route had a parameter of this type.
    if let Some(schemas) = document.pointer_mut("/components/schemas") {
        schemas.as_object_mut().map(|schemas| schemas.shift_remove("By"));
    }
}

fn one(item: &Value, word: &str, parameter: &str, id: &str, summary: &str) -> Value {
    let mut item = item.clone();
    let operation = &mut item["get"];
    operation["operationId"] = id.into();
    operation["summary"] = summary.into();
    let one = word.trim_end_matches('s');
    operation["description"] = format!(
        "Entries whose {one} is exactly the one in the URL, in byte order of their names. An answer \
         holds at most 512,000 bytes: if more entries exist, it carries `Sensu-Continue`."
    )
    .into();
    if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
        parameters.retain(|parameter| parameter["name"] != "name");
        for found in parameters.iter_mut().filter(|found| found["name"] == "value") {
            found["name"] = parameter.into();
            found["description"] = format!("The {one}, matched exactly.").into();
        }
    }
    item
}
