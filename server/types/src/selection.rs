//! Selects the objects of a list by label selector and field selector (D35).

use std::borrow::Cow;

use crate::grammar::selector::Selector;
use crate::{Invalid, Resource, Scope};

/// A label selector and a field selector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    labels: Selector,
    fields: Selector,
}

impl Selection {
    /// Parses the values of the query parameters `labelSelector` and `fieldSelector`. `None` selects
    /// every object.
    ///
    /// # Errors
    /// [`Invalid`] with the parameter, the column, and the token expected there.
    pub fn parse(labels: Option<&str>, fields: Option<&str>) -> Result<Self, Invalid> {
        let labels = parse("labelSelector", labels)?;
        Ok(Self { labels, fields: parse("fieldSelector", fields)? })
    }

    /// Whether every object is selected.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// Whether the object is selected. `object` is the object as responses contain it, so that selectors
    /// cannot be used to guess redacted values (D25).
    #[must_use]
    pub fn matches<T: Resource>(&self, object: &T) -> bool {
        if self.is_everything() {
            return true;
        }
        let label = |key: &str| object.label(key).map(Cow::Borrowed);
        if !self.labels.matches(label) {
            return false;
        }
        if self.fields.is_empty() {
            return true;
        }
        let fields = object.fields();
        self.fields.matches(|key| {
            let field = key.strip_prefix(T::SINGULAR)?.strip_prefix('.')?;
            if let Some(key) = field.strip_prefix("labels.") {
                return label(key);
            }
            match field {
                "name" => Some(Cow::Borrowed(object.name())),
                "namespace" if T::Scope::NAMESPACED => Some(Cow::Borrowed(object.namespace())),
                _ => fields.get(field).map(Cow::Borrowed),
            }
        })
    }
}

fn parse(parameter: &str, text: Option<&str>) -> Result<Selector, Invalid> {
    Selector::parse(text.unwrap_or_default())
        .map_err(|error| Invalid(format!("failed to parse {parameter}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::check::CheckConfig;
    use crate::resources::event::Event;

    fn fields(selector: &str) -> Selection {
        Selection::parse(None, Some(selector)).unwrap_or_else(|error| panic!("{selector}: {error}"))
    }

    fn labels(selector: &str) -> Selection {
        Selection::parse(Some(selector), None).unwrap_or_else(|error| panic!("{selector}: {error}"))
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
        for selector in [
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
            assert!(fields(selector).matches(&check()), "{selector}");
        }
        for selector in [
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
            // The prefix of another kind, and a word that begins with this kind's prefix.
            "entity.name == cpu",
            "checkname == cpu",
        ] {
            assert!(!fields(selector).matches(&check()), "{selector}");
        }
    }

    #[test]
    fn labels_are_named_without_a_prefix() {
        assert!(labels("region == 'eu-west'").matches(&check()));
        assert!(labels("region matches eu && other != x").matches(&check()));
        assert!(!labels("region == eu").matches(&check()));
        assert!(!labels("check.labels.region == 'eu-west'").matches(&check()));
    }

    #[test]
    fn both_selectors_must_be_true() {
        let both = |field| Selection::parse(Some("region matches eu"), Some(field)).unwrap();
        assert!(both("check.name == cpu").matches(&check()));
        assert!(!both("check.name == mem").matches(&check()));
    }

    #[test]
    fn a_label_does_not_change_the_meaning_of_a_list_with_one_item() {
        let mut check = check();
        check.metadata.labels.insert("eu-west".into(), "something".into());
        assert!(labels("region in ['eu-west']").matches(&check));
    }

    #[test]
    fn events_are_selected_by_check_and_entity() {
        let mut event = Event::with_status("web", "cpu", 2);
        let check = event.check.as_mut().unwrap();
        check.silenced = vec!["*:cpu".into()];
        check.metadata.labels.insert("tier".into(), "check".into());
        let entity = event.entity.as_mut().unwrap();
        entity.metadata.labels.insert("tier".into(), "entity".into());
        entity.metadata.labels.insert("rack".into(), "7".into());
        for selector in [
            "event.name == cpu && event.entity.name == web && event.check.name == cpu",
            "event.check.status == \"2\"",
            "event.check.status == 2 && event.check.status != -2",
            "event.check.status in [1, 2]",
            "event.check.publish == false",
            "event.is_silenced == true && event.check.is_silenced == true",
            "event.entity.entity_class == proxy",
            "event.entity.no_such_field != \"0\"",
        ] {
            assert!(fields(selector).matches(&event), "{selector}");
        }
        assert!(labels("tier == check && rack == \"7\" && rack == 7").matches(&event));
        event.check = None;
        assert!(fields("event.is_silenced == false").matches(&event));
        assert!(fields("event.check.name != cpu").matches(&event));
    }

    /// Compared one by one with each object, these values would take hours.
    #[test]
    fn many_values_of_a_list_are_not_compared_one_by_one() {
        let values: Vec<String> = (0..200_000).map(|n| format!("a{n}")).collect();
        let selection = fields(&format!("check.name in [{}]", values.join(",")));
        let check = check();
        assert!((0..200_000).all(|_| !selection.matches(&check)));
    }

    #[test]
    fn an_error_names_the_parameter() {
        let Err(Invalid(message)) = Selection::parse(None, Some("a")) else { panic!("accepted") };
        assert!(message.starts_with("failed to parse fieldSelector: column 2: "), "{message}");
    }
}
