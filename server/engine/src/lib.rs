//! What happens to an event between its arrival and the store: one pure function and its parts.
//!
//! [`apply`] takes the stored event (if there is one), the event that arrived, the silenced entries
//! of the namespace and the time, and gives the event to store. Everything that Sensu derives from
//! the results before is derived here, and only from what is stored: what a client sends in fields
//! that the server keeps is ignored (D33). The order is: timestamp, history, total state change,
//! state, occurrences, silences; each part reads only what the parts before it have settled.
//!
//! Redelivery: an event with an `id` (D40) that arrives once more, in no way changed, is the result
//! that is stored already and changes nothing but its deadline. Events without one carry no identity:
//! two equal ones are two results, as in the reference. Only the latest result is remembered as an
//! event, so one that arrives again after another did is counted again.

mod flap;
mod history;
mod occurrences;
mod redelivery;
mod rewind;
mod silence;
pub mod ttl;

use sensu_types::Resource as _;
use sensu_types::WriteContext;
use sensu_types::event::{Check, Event};
use sensu_types::silenced::Silenced;

pub use flap::{FAILING, FLAPPING, PASSING};
pub use history::LENGTH as HISTORY_LENGTH;
pub use rewind::previous_event;

/// What is to be written because of an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The event to store.
    pub event: Event,
    /// Names of silenced entries that end because the event is resolved.
    pub ended: Vec<String>,
    /// When the event becomes a failure if no other follows, in seconds since 1970-01-01 UTC.
    pub deadline: Option<i64>,
}

/// The event to store, given what is stored.
///
/// An event without a check (metrics only) gets a timestamp and nothing else.
#[must_use]
pub fn apply(
    previous: Option<&Event>,
    incoming: Event,
    silences: &[Silenced],
    now: i64,
) -> Outcome {
    let mut event = incoming;
    if event.timestamp == 0 {
        let again = previous.filter(|stored| !event.id.is_empty() && stored.id == event.id);
        event.timestamp = again.map_or(now, |stored| stored.timestamp);
    }
    if let (Some(entity), Some(before)) =
        (&mut event.entity, previous.and_then(|event| event.entity.as_ref()))
    {
        // Values that are shown as redacted keep what is stored (D25).
        entity.prepare(&WriteContext { caller: "", now }, Some(before));
    }
    if let Some(check) = &mut event.check {
        cut_output(check);
    }
    if let Some(stored) = previous.filter(|stored| redelivery::is_known(stored, &event)) {
        let deadline = stored.check.as_ref().and_then(|check| ttl::deadline(check, now));
        return Outcome { event: stored.clone(), ended: Vec::new(), deadline };
    }
    let entity = event.entity.clone().unwrap_or_default();
    let Some(check) = &mut event.check else {
        return Outcome { event, ended: Vec::new(), deadline: None };
    };
    let before = previous.and_then(|event| event.check.as_ref());

    check.history = history::extended(before, check.status, check.executed);
    check.total_state_change = flap::total_state_change(&check.history);
    check.state = flap::state(before, check).to_owned();
    check.last_ok = match check.state.as_str() {
        PASSING => event.timestamp,
        _ => before.map_or(0, |check| check.last_ok),
    };
    check.occurrences = occurrences::count(before, check);
    check.occurrences_watermark = occurrences::watermark(before, check);

    let resolved = history::is_resolution(&check.history);
    let verdict = silence::judge(&entity, check, silences, resolved, now);
    check.silenced = verdict.applying;
    // Only for those who know the field (D40).
    if let Some(is_silenced) = &mut check.is_silenced {
        *is_silenced = !check.silenced.is_empty();
    }
    let deadline = ttl::deadline(check, now);
    Outcome { event, ended: verdict.ended, deadline }
}

/// Keeps as much of the output as the check says (D40), in whole characters.
fn cut_output(check: &mut Check) {
    let Ok(most) = usize::try_from(check.max_output_size) else { return };
    if most > 0 {
        check.output.truncate(check.output.floor_char_boundary(most));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_sends_in_kept_fields_is_ignored() {
        let mut sent = Event::with_status("web", "cpu", 0);
        let check = sent.check.as_mut().unwrap();
        check.state = FLAPPING.into();
        (check.occurrences, check.occurrences_watermark, check.total_state_change) = (7, 8, 50);
        (check.last_ok, check.silenced) = (9, vec!["x".into()]);
        check.history = vec![Default::default(); 3];
        let stored = apply(None, sent, &[], 100).event;
        let plain = apply(None, Event::with_status("web", "cpu", 0), &[], 100).event;
        assert_eq!(stored, plain);
    }

    #[test]
    fn a_missing_timestamp_is_now() {
        let sent = Event { timestamp: 0, ..Event::with_status("web", "cpu", 0) };
        let stored = apply(None, sent, &[], 100).event;
        assert_eq!((stored.timestamp, stored.check.unwrap().last_ok), (100, 100));
    }

    #[test]
    fn metrics_without_a_check_pass_through() {
        let sent = Event { check: None, timestamp: 0, ..Event::with_status("web", "cpu", 0) };
        let outcome = apply(None, sent.clone(), &[], 100);
        assert_eq!(outcome.event, Event { timestamp: 100, ..sent });
    }

    #[test]
    fn output_is_cut_between_characters() {
        let cut = |max_output_size| {
            let mut sent = Event::with_status("web", "cpu", 0);
            let check = sent.check.as_mut().unwrap();
            (check.output, check.max_output_size) = ("aéb".into(), max_output_size);
            apply(None, sent, &[], 1).event.check.unwrap().output
        };
        assert_eq!([-1, 0, 1, 2, 3, 4, 5].map(cut), ["aéb", "aéb", "a", "a", "aé", "aéb", "aéb"]);
    }

    #[test]
    fn is_silenced_is_answered_to_those_who_ask() {
        let entry = [Silenced::entry("", "cpu")];
        let answered = |sent, silences: &[Silenced]| {
            let mut event = Event::with_status("web", "cpu", 1);
            event.check.as_mut().unwrap().is_silenced = sent;
            apply(None, event, silences, 1).event.check.unwrap().is_silenced
        };
        assert_eq!(answered(None, &entry), None);
        assert_eq!(answered(Some(false), &entry), Some(true));
        assert_eq!(answered(Some(true), &[]), Some(false));
    }

    #[test]
    fn last_ok_stands_still_while_failing() {
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
    fn a_redacted_value_that_comes_back_keeps_what_is_stored() {
        let mut first = Event::with_status("web", "cpu", 0);
        let labels = &mut first.entity.as_mut().unwrap().metadata.labels;
        labels.insert("password".into(), "x".into());
        let stored = apply(None, first, &[], 0).event;
        let sent = stored.redacted().unwrap();
        let again = apply(Some(&stored), sent, &[], 0).event;
        assert_eq!(again.entity.unwrap().metadata.labels["password"], "x");
    }
}
