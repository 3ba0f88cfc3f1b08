//! The events of keepalives: passing, failing, registration, deregistration.
//!
//! None has an `id`; the caller that stores or handles an event assigns it.

use sensu_types::ObjectMeta;
use sensu_types::entity::Entity;
use sensu_types::event::{Check, Event};
use sensu_types::silenced::Silenced;

use super::{CHECK, DEFAULT_INTERVAL, Deadlines, failing_output, passing_output};
use crate::apply;

/// Creates the passing event for a keepalive, to be applied to the stored event. `None` if the keepalive has no
/// entity.
///
/// `last_seen` of the entity is the timestamp of the keepalive, from the clock of the agent, or `now` if there is
/// none. `timeout` and `ttl` of the check are the effective deadlines. Labels, annotations, pipelines and sequence
/// number are copied. `now` is the time of receipt, in seconds since 1970-01-01 UTC.
#[must_use]
pub fn passing_event(keepalive: &Event, now: i64) -> Option<Event> {
    let mut entity = keepalive.entity.clone()?;
    entity.last_seen = if keepalive.timestamp > 0 { keepalive.timestamp } else { now };
    let sent = keepalive.check.as_ref();
    let deadlines = Deadlines::of(sent);
    let interval = sent.map(|check| check.interval).filter(|interval| *interval > 0);
    let handlers = match entity.keepalive_handlers.as_slice() {
        [] => vec![CHECK.to_owned()],
        handlers => handlers.to_vec(),
    };
    let metadata = |copied: Option<&ObjectMeta>, name: &str| ObjectMeta {
        name: name.to_owned(),
        namespace: entity.metadata.namespace.clone(),
        ..copied.cloned().unwrap_or_default()
    };
    let check = Check {
        metadata: metadata(sent.map(|check| &check.metadata), CHECK),
        interval: interval.unwrap_or(DEFAULT_INTERVAL),
        timeout: deadlines.warning.map_or(0, |warning| u32::try_from(warning).unwrap_or(u32::MAX)),
        ttl: deadlines.critical.unwrap_or(0),
        handlers,
        pipelines: sent.map(|check| check.pipelines.clone()).unwrap_or_default(),
        executed: now,
        issued: now,
        output: passing_output(&entity.metadata.name, entity.last_seen),
        ..Check::default()
    };
    Some(Event {
        timestamp: now,
        metadata: metadata(Some(&keepalive.metadata), ""),
        sequence: keepalive.sequence,
        pipelines: keepalive.pipelines.clone(),
        fallback_pipeline: keepalive.fallback_pipeline.clone(),
        entity: Some(entity),
        check: Some(check),
        ..Event::default()
    })
}

/// Creates the failing event for an overdue keepalive, to be applied to the stored event. `None` if no deadline has
/// passed, or if the event has no entity or check.
///
/// `received` is the time of receipt of the last keepalive. Times are in seconds since 1970-01-01 UTC.
#[must_use]
pub fn failing_event(stored: &Event, received: i64, now: i64) -> Option<Event> {
    let mut event = stored.clone();
    let entity = event.entity.as_ref()?.metadata.name.as_str();
    let check = event.check.as_mut()?;
    let (status, deadline) = Deadlines::of(Some(check)).status_at(received, now)?;
    check.status = status;
    check.output = failing_output(entity, now.saturating_sub(received), deadline);
    (check.executed, check.issued, event.timestamp) = (now, now, now);
    // The failing event is not a redelivery of the stored event.
    event.id.clear();
    event.sequence = 0;
    Some(event)
}

/// Creates the event for a new entity of an agent, for the handler `registration`. It is not stored.
#[must_use]
pub fn registration_event(entity: Entity, now: i64) -> Event {
    announcement(entity, "registration", "registration", now)
}

/// Creates the event for an entity that was deleted because its agent stopped sending keepalives, for the handler in
/// `deregistration.handler`. `None` if there is no handler. It is not stored.
#[must_use]
pub fn deregistration_event(entity: Entity, now: i64) -> Option<Event> {
    let handler = entity.deregistration.handler.clone();
    (!handler.is_empty()).then(|| announcement(entity, "deregistration", &handler, now))
}

/// Creates the last event of a check, to be handled when the event is deleted together with its entity. `None` for an
/// event without a check.
///
/// The history is kept, so that the event of a failing check is a resolution. In Sensu Go the history is empty, and
/// the filter `is_incident` drops the event.
#[must_use]
pub fn resolving_event(stored: &Event, silences: &[Silenced], now: i64) -> Option<Event> {
    let mut event = stored.clone();
    let check = event.check.as_mut()?;
    check.status = 0;
    check.output = "Resolving due to entity deregistering".to_owned();
    // The history is in order of time, and must end with this result.
    check.executed = now.max(check.executed);
    event.timestamp = now;
    event.id.clear();
    event.sequence = 0;
    Some(apply(Some(stored), event, silences, now).event)
}

fn announcement(entity: Entity, name: &str, handler: &str, now: i64) -> Event {
    let namespace = entity.metadata.namespace.clone();
    let check = Check {
        metadata: ObjectMeta::new(&namespace, name),
        interval: 1,
        handlers: vec![handler.to_owned()],
        status: 1,
        ..Check::default()
    };
    Event {
        timestamp: now,
        metadata: ObjectMeta::new(&namespace, ""),
        entity: Some(entity),
        check: Some(check),
        ..Event::default()
    }
}

#[cfg(test)]
mod tests {
    use sensu_types::Resource as _;
    use sensu_types::entity::Deregistration;

    use super::*;

    fn keepalive(interval: u32, timeout: u32, ttl: i64) -> Event {
        let mut event = Event::with_status("web", "keepalive", 0);
        event.check = Some(Check { interval, timeout, ttl, ..Check::default() });
        event.timestamp = 990;
        event
    }

    /// D1.
    #[test]
    fn failures_repeat_and_the_next_keepalive_resolves_them() {
        let mut stored = apply(None, passing_event(&keepalive(5, 10, 0), 1000).unwrap(), &[], 1000);
        for (now, occurrences) in [(1010, 1), (1020, 2), (1030, 3)] {
            let failing = failing_event(&stored.event, 1000, now).unwrap();
            stored = apply(Some(&stored.event), failing, &[], now);
            let check = stored.event.check.as_ref().unwrap();
            let age = now - 1000;
            let output = format!("No keepalive sent from web for {age} seconds (>= 10)");
            assert_eq!((&check.output, check.occurrences), (&output, occurrences));
            assert_eq!((check.status, check.executed, stored.event.timestamp), (1, now, now));
        }
        let passing = passing_event(&keepalive(5, 10, 0), 1031).unwrap();
        let resolved = apply(Some(&stored.event), passing, &[], 1031).event.check.unwrap();
        assert_eq!((resolved.state.as_str(), resolved.history.len()), ("passing", 5));
    }

    /// D2.
    #[test]
    fn the_critical_deadline_has_status_2() {
        let stored = passing_event(&keepalive(5, 10, 15), 1000).unwrap();
        let status =
            |now| failing_event(&stored, 1000, now).map(|event| event.check.unwrap().status);
        assert_eq!([1009, 1010, 1014, 1015].map(status), [None, Some(1), Some(1), Some(2)]);
    }

    /// D4.
    #[test]
    fn a_keepalive_without_a_check_has_defaults() {
        let event = Event { check: None, timestamp: 0, ..keepalive(0, 0, 0) };
        let passing = passing_event(&event, 1000).unwrap();
        assert_eq!(passing.validate(), Ok(()));
        assert_eq!(passing.entity.as_ref().unwrap().last_seen, 1000);
        let check = passing.check.unwrap();
        assert_eq!((check.interval, check.timeout, check.ttl), (20, 120, 0));
        assert_eq!(passing_event(&Event { entity: None, ..event }, 1), None);
    }

    #[test]
    fn a_passing_event_copies_what_the_agent_sends() {
        let mut sent = keepalive(20, 120, 240);
        (sent.id, sent.sequence) = ("a".into(), 7);
        sent.metadata.labels.insert("a".into(), "b".into());
        sent.check.as_mut().unwrap().metadata.annotations.insert("c".into(), "d".into());
        let passing = passing_event(&sent, 1000).unwrap();
        let output = "Keepalive last sent from web at 1970-01-01 00:16:30 +0000 UTC";
        assert_eq!((passing.id.as_str(), passing.sequence, passing.timestamp), ("", 7, 1000));
        assert_eq!(passing.metadata.labels["a"], "b");
        assert_eq!(passing.entity.unwrap().last_seen, 990);
        let check = passing.check.unwrap();
        assert_eq!((check.output.as_str(), check.executed, check.issued), (output, 1000, 1000));
        assert_eq!((check.metadata.namespace.as_str(), &*check.metadata.name), ("default", CHECK));
        assert_eq!((&*check.metadata.annotations["c"], check.ttl), ("d", 240));
    }

    /// D10.
    #[test]
    fn the_entity_can_have_other_handlers() {
        let mut sent = keepalive(20, 120, 0);
        let handlers = |sent: &Event| passing_event(sent, 1).unwrap().check.unwrap().handlers;
        assert_eq!(handlers(&sent), ["keepalive"]);
        sent.entity.as_mut().unwrap().keepalive_handlers = vec!["k".into()];
        assert_eq!(handlers(&sent), ["k"]);
        let stored = passing_event(&sent, 1).unwrap();
        assert_eq!(failing_event(&stored, 1, 500).unwrap().check.unwrap().handlers, ["k"]);
    }

    /// D9.
    #[test]
    fn a_new_entity_has_a_registration_event() {
        let event = registration_event(Entity::fixture("web"), 1000);
        assert_eq!((event.validate(), event.timestamp), (Ok(()), 1000));
        let check = event.check.unwrap();
        assert_eq!(
            (check.metadata.name.as_str(), check.metadata.namespace.as_str()),
            ("registration", "default")
        );
        assert_eq!(
            (check.interval, check.status, check.handlers),
            (1, 1, vec!["registration".into()])
        );
        assert!(check.output.is_empty() && check.history.is_empty());
    }

    /// D7.
    #[test]
    fn deregistration_resolves_events_and_has_its_handler() {
        let mut entity = Entity::fixture("web");
        assert_eq!(deregistration_event(entity.clone(), 1000), None);
        entity.deregistration = Deregistration { handler: "d".into() };
        let check = deregistration_event(entity, 1000).unwrap().check.unwrap();
        assert_eq!(
            (check.metadata.name.as_str(), check.status, check.handlers),
            ("deregistration", 1, vec!["d".into()])
        );

        let stored = apply(None, Event::with_status("web", "cpu", 2), &[], 900).event;
        let resolving = resolving_event(&stored, &[], 1000).unwrap().check.unwrap();
        assert_eq!(resolving.output, "Resolving due to entity deregistering");
        let statuses: Vec<_> = resolving.history.iter().map(|result| result.status).collect();
        assert_eq!((statuses, resolving.state.as_str()), (vec![2, 0], "passing"));
        let metrics = Event { check: None, ..stored };
        assert_eq!(resolving_event(&metrics, &[], 1), None);
    }
}
