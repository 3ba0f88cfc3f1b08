//! Proxy requests: which entities a check with `proxy_requests` is executed for, and its definition for each.

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

/// Result of an expression of `entity_attributes` for an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The result is a value that counts as true in JavaScript.
    True,
    /// The result is any other value.
    False,
    /// The evaluation ended with an exception, or exceeded a limit.
    Failed,
    /// The expression has a syntax error.
    Unparsable,
}

/// Whether an entity matches, given the results of all expressions for it.
///
/// All must be true. Expressions that cannot be parsed are ignored, unless there are no others. Without expressions no
/// entity matches (Sensu Go 5.10.1 and later; in 5.0 every entity does).
#[must_use]
pub fn is_match(verdicts: &[Verdict]) -> bool {
    let mut parsed = verdicts.iter().filter(|verdict| **verdict != Verdict::Unparsable).peekable();
    parsed.peek().is_some() && parsed.all(|verdict| *verdict == Verdict::True)
}

/// The entities that match, in byte order of their names. `evaluate` returns the results of all expressions.
pub fn matching<'a>(
    entities: impl IntoIterator<Item = &'a Entity>,
    mut evaluate: impl FnMut(&Entity) -> Vec<Verdict>,
) -> Vec<&'a Entity> {
    let mut matching: Vec<_> =
        entities.into_iter().filter(|entity| is_match(&evaluate(entity))).collect();
    matching.sort_by(|one, other| one.metadata.name.cmp(&other.metadata.name));
    matching
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

    /// B10.
    #[test]
    fn all_expressions_must_be_true() {
        use Verdict::{Failed, False, True, Unparsable};
        for (verdicts, expected) in [
            (&[][..], false),
            (&[True], true),
            (&[True, True], true),
            (&[True, False], false),
            (&[True, Failed], false),
            (&[True, Unparsable], true),
            (&[False, Unparsable], false),
            (&[Unparsable, Unparsable], false),
        ] {
            assert_eq!(is_match(verdicts), expected, "{verdicts:?}");
        }
    }

    #[test]
    fn matching_entities_are_in_order_of_names() {
        let entities = ["c", "a", "B", "skipped"].map(Entity::fixture);
        let evaluate = |entity: &Entity| match entity.metadata.name.as_str() {
            "skipped" => vec![Verdict::False],
            _ => vec![Verdict::True],
        };
        let names: Vec<_> = matching(&entities, evaluate)
            .into_iter()
            .map(|entity| &*entity.metadata.name)
            .collect();
        assert_eq!(names, ["B", "a", "c"]);
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
