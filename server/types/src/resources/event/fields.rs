//! The fields of an event, its check and its entity that field selectors can use.

use std::borrow::Cow;

use super::{Check, Event};
use crate::grammar::selector::{Field, fields};
use crate::resources::entity::Entity;

/// Values of an event without check or entity are empty.
pub(super) const FIELDS: &[Field<Event>] = &[
    Field::new("timestamp", |event| fields::number(event.timestamp)),
    Field::new("is_silenced", is_silenced),
    Field::new("entity.name", |event| entity(event, |entity| fields::text(&entity.metadata.name))),
    Field::new("entity.entity_class", |event| {
        entity(event, |entity| fields::text(&entity.entity_class))
    }),
    Field::new("entity.deregister", |event| {
        entity(event, |entity| fields::flag(entity.deregister))
    }),
    Field::new("entity.subscriptions", |event| {
        entity(event, |entity| fields::list(&entity.subscriptions))
    }),
    Field::new("check.name", |event| check(event, |check| fields::text(&check.metadata.name))),
    Field::new("check.executed", |event| check(event, |check| fields::number(check.executed))),
    Field::new("check.handlers", |event| check(event, |check| fields::list(&check.handlers))),
    Field::new("check.interval", |event| check(event, |check| fields::number(check.interval))),
    Field::new("check.is_silenced", is_silenced),
    Field::new("check.last_ok", |event| check(event, |check| fields::number(check.last_ok))),
    Field::new("check.occurrences", |event| {
        check(event, |check| fields::number(check.occurrences))
    }),
    Field::new("check.publish", |event| check(event, |check| fields::flag(check.publish))),
    Field::new("check.round_robin", |event| check(event, |check| fields::flag(check.round_robin))),
    Field::new("check.runtime_assets", |event| {
        check(event, |check| fields::list(&check.runtime_assets))
    }),
    Field::new("check.state", |event| check(event, |check| fields::text(&check.state))),
    Field::new("check.status", |event| check(event, |check| fields::number(check.status))),
    Field::new("check.subscriptions", |event| {
        check(event, |check| fields::list(&check.subscriptions))
    }),
    Field::new("check.total_state_change", |event| {
        check(event, |check| fields::number(check.total_state_change))
    }),
];

fn is_silenced(event: &Event) -> Cow<'_, str> {
    let check = event.check.as_ref();
    fields::flag(check.is_some_and(|check| check.is_silenced.unwrap_or(!check.silenced.is_empty())))
}

fn check<'a>(event: &'a Event, value: fn(&'a Check) -> Cow<'a, str>) -> Cow<'a, str> {
    event.check.as_ref().map_or(Cow::Borrowed(""), value)
}

fn entity<'a>(event: &'a Event, value: fn(&'a Entity) -> Cow<'a, str>) -> Cow<'a, str> {
    event.entity.as_ref().map_or(Cow::Borrowed(""), value)
}
