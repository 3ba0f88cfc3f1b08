//! Proxy requests: the definition of a check for each entity that it is executed for.

use sensu_types::check::CheckConfig;
use sensu_types::entity::Entity;
use serde_json::{Map, Value};

use super::tokens::{self, TokenError};

/// The entity as the data of tokens: its JSON with the members of `metadata` beside the others (`name`, `labels.x`,
/// `system.os`). `labels` and `annotations` are present even if they are empty.
///
/// # Errors
/// If the entity cannot be represented in JSON.
pub fn entity_view(entity: &Entity) -> Result<Value, serde_json::Error> {
    let mut view = serde_json::to_value(entity)?;
    if let Some(object) = view.as_object_mut() {
        if let Some(Value::Object(metadata)) = object.shift_remove("metadata") {
            object.extend(metadata);
        }
        for name in ["labels", "annotations"] {
            object.entry(name).or_insert_with(|| Value::Object(Map::new()));
        }
    }
    Ok(view)
}

/// The definition of a check for a proxy entity: with substituted tokens, and the name of the entity.
///
/// Where it fails, only the request for this entity is omitted. The agent substitutes tokens once more, with its own
/// entity.
///
/// # Errors
/// [`TokenError`] if a token has no value or is invalid, or if the entity cannot be represented in JSON.
pub fn check_for(check: &CheckConfig, entity: &Entity) -> Result<CheckConfig, TokenError> {
    let json = |error: serde_json::Error| TokenError::other(&error);
    let data = entity_view(entity).map_err(json)?;
    let definition = serde_json::to_value(check).map_err(json)?;
    let definition = tokens::substitute(&definition, &data)?;
    let mut substituted: CheckConfig = serde_json::from_value(definition).map_err(json)?;
    entity.metadata.name.clone_into(&mut substituted.proxy_entity_name);
    Ok(substituted)
}

#[cfg(test)]
mod tests {
    use sensu_types::Resource as _;
    use serde_json::json;

    use super::*;

    fn entity(name: &str, labels: &[(&str, &str)]) -> Entity {
        let mut entity = Entity::fixture(name);
        let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        entity.metadata.labels = labels.collect();
        entity
    }

    /// B11.
    #[test]
    fn the_view_of_an_entity_has_the_members_of_metadata() {
        let mut entity = entity("web", &[("a", "b")]);
        entity.system.os = "linux".into();
        let view = entity_view(&entity).unwrap();
        assert_eq!((&view["name"], &view["namespace"]), (&json!("web"), &json!("default")));
        assert_eq!((&view["labels"]["a"], &view["annotations"]), (&json!("b"), &json!({})));
        assert_eq!((&view["system"]["os"], view.get("metadata")), (&json!("linux"), None));
    }

    /// B12.
    #[test]
    fn a_missing_label_concerns_only_the_entity_without_it() {
        let mut check = CheckConfig::fixture("ping");
        check.command = "ping -c 1 {{ .labels.address }}".into();
        check.env_vars = vec!["NAME={{ .name }}".into()];
        let found = check_for(&check, &entity("a", &[("address", "say \"hi\"\n")])).unwrap();
        assert_eq!(found.command, "ping -c 1 say \"hi\"\n");
        assert_eq!((found.proxy_entity_name.as_str(), &*found.env_vars[0]), ("a", "NAME=a"));
        assert_eq!(found.interval, check.interval);
        let error = check_for(&check, &entity("b", &[])).unwrap_err().to_string();
        assert_eq!(
            error,
            "error while substituting check tokens: command: unmatched token: template: command:1:20: \
             executing \"command\" at <.labels.address>: map has no entry for key \"address\""
        );
    }
}
