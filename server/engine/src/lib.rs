//! The rules of monitoring: events to store, workflows, schedules, check requests, keepalives. Pure functions, without
//! I/O or clock.
//!
//! | Module | Decides |
//! |---|---|
//! | this one | the event to store from an incoming event |
//! | [`ttl`] | whether a result is overdue, and the event about it |
//! | [`keepalive`] | whether an agent is overdue, and the events about it |
//! | [`schedule`] | when checks run, and which agents run them |
//! | [`requests`] | what a check request contains |
//! | [`pipeline`] | which workflows process an event |
//!
//! [`apply`] takes the stored event, if there is one, the incoming event, the silenced entries of the
//! namespace and the time, and returns the event to store. State that depends on previous results is
//! derived from the stored event only: values of server-set fields in the incoming event are ignored.
//! Only if there is no stored event, the history in the incoming one counts (D33). The steps are timestamp, history, total state change, state, occurrences, silences; each
//! depends only on the steps before it.
//!
//! Redelivery: an incoming event with an `id` that equals the stored event changes only the deadline
//! (D40). Events without an `id` have no identity, so two equal events are two results, as in Sensu Go.
//! Only the latest event is stored, so an older event that arrives again is counted again.

pub mod agent_entity;
mod flap;
mod history;
pub mod keepalive;
mod occurrences;
pub mod pipeline;
mod recorded;
mod redelivery;
pub mod requests;
mod rewind;
pub mod schedule;
mod silence;
#[cfg(test)]
mod test_events;
pub mod time_window;
pub mod ttl;

use sensu_types::Resource as _;
use sensu_types::WriteContext;
use sensu_types::event::{Check, Event};
use sensu_types::silenced::Silenced;

pub use flap::{FAILING, FLAPPING, PASSING};
pub use history::HISTORY_LENGTH;
pub use rewind::previous_event;

/// The changes to write for an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The event to store.
    pub event: Event,
    /// Whether the event is another result, and not one that is stored already (D40).
    pub is_new: bool,
    /// The output as it was sent, if that of the event is truncated.
    pub whole_output: Option<String>,
    /// Names of the silenced entries to delete, because the event is a resolution.
    pub expired_silences: Vec<String>,
    /// Time at which the next result is overdue, in seconds since 1970-01-01 UTC. `None` for never.
    pub deadline: Option<i64>,
}

/// Computes the event to store, given the stored event.
///
/// `silences` are the silenced entries of the namespace, sorted by name. `now` is in seconds since 1970-01-01 UTC. An
/// event without a check (metrics only) gets a timestamp, and is unchanged otherwise.
#[must_use]
pub fn apply(
    previous: Option<&Event>,
    incoming: Event,
    silences: &[Silenced],
    now: i64,
) -> Outcome {
    let mut event = incoming;
    if event.timestamp == 0 {
        let same = previous.filter(|stored| !event.id.is_empty() && stored.id == event.id);
        event.timestamp = same.map_or(now, |stored| stored.timestamp);
    }
    if let (Some(entity), Some(stored)) =
        (&mut event.entity, previous.and_then(|event| event.entity.as_ref()))
    {
        // Redacted values do not replace the stored ones (D25).
        entity.prepare(&WriteContext { caller: "", now }, Some(stored));
    }
    let whole_output = event.check.as_mut().and_then(truncate_output);
    if let Some(stored) = previous.filter(|stored| redelivery::is_redelivery(stored, &event)) {
        let deadline = stored.check.as_ref().and_then(|check| ttl::deadline(check, now));
        let event = stored.clone();
        let expired_silences = Vec::new();
        return Outcome { event, is_new: false, whole_output: None, expired_silences, deadline };
    }
    let entity = event.entity.clone().unwrap_or_default();
    let Some(check) = &mut event.check else {
        let expired_silences = Vec::new();
        return Outcome { event, is_new: true, whole_output, expired_silences, deadline: None };
    };
    let stored = previous.and_then(|event| event.check.as_ref());
    let recorded = match stored {
        Some(_) => None,
        None => recorded::recorded(check, now),
    };
    let before = stored.or(recorded.as_ref().map(|recorded| &recorded.before));

    check.history = history::extend(before, check.status, check.executed);
    check.total_state_change = flap::total_state_change(&check.history);
    check.state = flap::state(before, check).to_owned();
    check.last_ok = match check.state.as_str() {
        PASSING => event.timestamp,
        _ => before.map_or(0, |check| check.last_ok),
    };
    check.occurrences = occurrences::count(before, check);
    check.occurrences_watermark = occurrences::watermark(before, check);

    // A resolution in a dump has ended its silenced entries on the server that wrote the dump.
    let is_new = recorded.as_ref().is_none_or(|recorded| !recorded.contains_result);
    let resolved = is_new && history::is_resolution(&check.history);
    let silences = silence::evaluate(&entity, check, silences, resolved, now);
    check.silenced = silences.applying;
    // Only for clients that know the field (D40).
    if let Some(is_silenced) = &mut check.is_silenced {
        *is_silenced = !check.silenced.is_empty();
    }
    let deadline = ttl::deadline(check, now);
    Outcome { event, is_new: true, whole_output, expired_silences: silences.expired, deadline }
}

/// Truncates the output to `max_output_size` bytes (D40), at a character boundary. Returns the whole output if
/// it is longer.
fn truncate_output(check: &mut Check) -> Option<String> {
    let max = usize::try_from(check.max_output_size).ok().filter(|max| *max > 0)?;
    if check.output.len() <= max {
        return None;
    }
    let truncated = check.output.get(..check.output.floor_char_boundary(max))?.to_owned();
    Some(std::mem::replace(&mut check.output, truncated))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn incoming_values_of_server_set_fields_are_ignored() {
        let mut sent = Event::with_status("web", "cpu", 0);
        let check = sent.check.as_mut().unwrap();
        check.state = FLAPPING.into();
        (check.occurrences, check.occurrences_watermark, check.total_state_change) = (7, 8, 50);
        (check.last_ok, check.silenced) = (9, vec!["x".into()]);
        let stored = apply(None, sent, &[], 100).event;
        let plain = apply(None, Event::with_status("web", "cpu", 0), &[], 100).event;
        assert_eq!(stored, plain);
    }

    #[test]
    fn the_default_timestamp_is_now() {
        let sent = Event { timestamp: 0, ..Event::with_status("web", "cpu", 0) };
        let stored = apply(None, sent, &[], 100).event;
        assert_eq!((stored.timestamp, stored.check.unwrap().last_ok), (100, 100));
    }

    #[test]
    fn an_event_without_a_check_only_gets_a_timestamp() {
        let sent = Event { check: None, timestamp: 0, ..Event::with_status("web", "cpu", 0) };
        let outcome = apply(None, sent.clone(), &[], 100);
        assert_eq!(outcome.event, Event { timestamp: 100, ..sent });
    }

    #[test]
    fn output_is_truncated_between_characters() {
        let truncated = |max_output_size| {
            let mut sent = Event::with_status("web", "cpu", 0);
            let check = sent.check.as_mut().unwrap();
            (check.output, check.max_output_size) = ("aéb".into(), max_output_size);
            let outcome = apply(None, sent, &[], 1);
            let output = outcome.event.check.unwrap().output;
            assert_eq!(outcome.whole_output.unwrap_or(output.clone()), "aéb");
            output
        };
        assert_eq!(
            [-1, 0, 1, 2, 3, 4, 5].map(truncated),
            ["aéb", "aéb", "a", "a", "aé", "aéb", "aéb"]
        );
    }

    #[test]
    fn is_silenced_is_set_only_if_the_event_contains_it() {
        let entry = [Silenced::entry("", "cpu")];
        let is_silenced = |sent, silences: &[Silenced]| {
            let mut event = Event::with_status("web", "cpu", 1);
            event.check.as_mut().unwrap().is_silenced = sent;
            apply(None, event, silences, 1).event.check.unwrap().is_silenced
        };
        assert_eq!(is_silenced(None, &entry), None);
        assert_eq!(is_silenced(Some(false), &entry), Some(true));
        assert_eq!(is_silenced(Some(true), &[]), Some(false));
    }

    #[test]
    fn last_ok_does_not_change_while_failing() {
        let at = |timestamp, status, before: Option<&Event>| {
            let sent = Event { timestamp, ..Event::with_status("web", "cpu", status) };
            apply(before, sent, &[], 0).event
        };
        let good = at(10, 0, None);
        let bad = at(20, 2, Some(&good));
        assert_eq!(bad.check.as_ref().unwrap().last_ok, 10);
        assert_eq!(at(30, 0, Some(&bad)).check.unwrap().last_ok, 30);
        assert_eq!(at(5, 1, None).check.unwrap().last_ok, 0);
    }

    #[test]
    fn a_redacted_value_does_not_replace_the_stored_one() {
        let mut first = Event::with_status("web", "cpu", 0);
        let labels = &mut first.entity.as_mut().unwrap().metadata.labels;
        labels.insert("password".into(), "x".into());
        let stored = apply(None, first, &[], 0).event;
        let sent = stored.redacted().unwrap();
        let again = apply(Some(&stored), sent, &[], 0).event;
        assert_eq!(again.entity.unwrap().metadata.labels["password"], "x");
    }
}
