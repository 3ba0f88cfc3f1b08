//! Selects the objects of a list by label selector and field selector (D35).

use std::borrow::Cow;

use crate::grammar::selector::{Field, Selector, pattern};
use crate::{Invalid, Resource, Scope};

/// A label selector and a field selector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    labels: Selector,
    fields: Selector,
}

impl Selection {
    /// Parses the values of the query parameters `labelSelector` and `fieldSelector` for a list of objects
    /// of type `T`. `None` selects every object.
    ///
    /// # Errors
    /// [`Invalid`] with the parameter, the column, and the token expected there; or with an unknown field
    /// and the known ones.
    pub fn parse<T: Resource>(labels: Option<&str>, fields: Option<&str>) -> Result<Self, Invalid> {
        let labels = parse("labelSelector", labels)?;
        let fields = parse("fieldSelector", fields)?;
        if let Some(name) = fields.unknown_name(|name| find::<T>(name).is_some()) {
            return Err(Invalid::new(format!(
                "failed to parse fieldSelector: unknown field {name:?}; the fields are {}",
                selectable_fields::<T>().join(", ")
            )));
        }
        Ok(Self { labels, fields })
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
        if !self.labels.matches(|key| object.label(key).map(Cow::Borrowed)) {
            return false;
        }
        self.fields.matches(|name| match find::<T>(name)? {
            Known::Name => Some(Cow::Borrowed(object.name())),
            Known::Namespace => Some(Cow::Borrowed(object.namespace())),
            Known::Label(key) => object.label(key).map(Cow::Borrowed),
            Known::Field(field) => Some((field.value)(object)),
        })
    }
}

/// A field that a selector for objects of type `T` can use.
enum Known<'a, T: 'static> {
    Name,
    Namespace,
    Label(&'a str),
    Field(&'static Field<T>),
}

/// The field with this name, which begins with the singular of the kind.
fn find<T: Resource>(name: &str) -> Option<Known<'_, T>> {
    let name = name.strip_prefix(T::SINGULAR)?.strip_prefix('.')?;
    match name {
        "name" => Some(Known::Name),
        "namespace" if T::Scope::NAMESPACED => Some(Known::Namespace),
        _ => match name.strip_prefix("labels.") {
            Some(key) => Some(Known::Label(key)),
            None => T::FIELDS.iter().find(|field| field.name == name).map(Known::Field),
        },
    }
}

/// The names of all fields of a kind that field selectors can use.
#[must_use]
pub fn selectable_fields<T: Resource>() -> Vec<String> {
    unprefixed_fields::<T>().map(|name| format!("{}.{name}", T::SINGULAR)).collect()
}

/// A regular expression for the field selectors of a kind.
#[must_use]
pub fn field_selectors<T: Resource>() -> String {
    pattern::fields(T::SINGULAR, &unprefixed_fields::<T>().collect::<Vec<_>>())
}

fn unprefixed_fields<T: Resource>() -> impl Iterator<Item = &'static str> {
    let namespace = T::Scope::NAMESPACED.then_some("namespace");
    let labels = T::HAS_LABELS.then_some("labels.KEY");
    let common = std::iter::once("name").chain(namespace).chain(labels);
    common.chain(T::FIELDS.iter().map(|field| field.name))
}

fn parse(parameter: &str, text: Option<&str>) -> Result<Selector, Invalid> {
    Selector::parse(text.unwrap_or_default())
        .map_err(|error| Invalid::new(format!("failed to parse {parameter}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::check::CheckConfig;
    use crate::resources::event::Event;
    use crate::resources::namespace::Namespace;

    fn fields_of<T: Resource>(selector: &str) -> Selection {
        let selection = Selection::parse::<T>(None, Some(selector));
        selection.unwrap_or_else(|error| panic!("{selector}: {error}"))
    }

    fn fields(selector: &str) -> Selection {
        fields_of::<CheckConfig>(selector)
    }

    fn labels(selector: &str) -> Selection {
        let selection = Selection::parse::<CheckConfig>(Some(selector), None);
        selection.unwrap_or_else(|error| panic!("{selector}: {error}"))
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
            "check.labels.unknown != anything",
            "check.labels.unknown notin [anything]",
            "check.interval == 60 && check.interval != 30 && check.timeout in [0, 1]",
            "check.ttl != -1",
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
            "check.labels.unknown == anything",
            "check.labels.unknown matches anything",
            "check.labels.unknown in [anything, more]",
            "check.interval == 30",
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
        let both = |field| {
            Selection::parse::<CheckConfig>(Some("region matches eu"), Some(field)).unwrap()
        };
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
            "event.check.occurrences in [0, 1] && event.timestamp == 1",
        ] {
            assert!(fields_of::<Event>(selector).matches(&event), "{selector}");
        }
        assert!(labels("tier == check && rack == \"7\" && rack == 7").matches(&event));
        event.check = None;
        assert!(fields_of::<Event>("event.is_silenced == false").matches(&event));
        assert!(fields_of::<Event>("event.check.name != cpu").matches(&event));
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
        let Err(Invalid { message, .. }) = Selection::parse::<Event>(None, Some("a")) else {
            panic!("accepted")
        };
        assert!(message.starts_with("failed to parse fieldSelector: column 2: "), "{message}");
    }

    #[test]
    fn an_unknown_field_is_rejected_with_the_known_ones() {
        let error = |selector: &str| match Selection::parse::<Namespace>(None, Some(selector)) {
            Err(Invalid { message, .. }) => message,
            Ok(_) => panic!("{selector} is accepted"),
        };
        let known = "the fields are namespace.name";
        for (selector, unknown) in [
            ("namespace.nme == a", "namespace.nme"),
            ("namespace.name == a && namespace.namespace != b", "namespace.namespace"),
            ("check.name == a", "check.name"),
            ("name == a", "name"),
            ("namespacename == a", "namespacename"),
            ("namespace.nme in [a, b]", "namespace.nme"),
            ("namespace.nme in [a]", "namespace.nme"),
            ("a in namespace.groups", "namespace.groups"),
            ("\"a\" notin namespace.groups", "namespace.groups"),
        ] {
            let expected =
                format!("failed to parse fieldSelector: unknown field {unknown:?}; {known}");
            assert_eq!(error(selector), expected, "{selector}");
        }
        fields_of::<Namespace>(
            "a in namespace.name && namespace.name in [b] && c in [namespace.name]",
        );
    }
}
