//! Detects redelivery of an event that is already stored.

use sensu_types::event::{Check, Event};

/// Whether the incoming event is the stored one.
///
/// The `id` must be equal: two equal events without `id` are two results, as in Sensu Go. All other fields
/// that clients can set must be equal, too, because a client that reads an event, changes it and sends it
/// back does not change the `id`.
pub(crate) fn is_redelivery(previous: &Event, incoming: &Event) -> bool {
    if incoming.id.is_empty() || incoming.id != previous.id {
        return false;
    }
    let mut same = incoming.clone();
    if let (Some(check), Some(before)) = (&mut same.check, &previous.check) {
        copy_server_set_fields(check, before);
    }
    same == *previous
}

fn copy_server_set_fields(check: &mut Check, before: &Check) {
    check.history.clone_from(&before.history);
    check.state.clone_from(&before.state);
    check.silenced.clone_from(&before.silenced);
    check.total_state_change = before.total_state_change;
    check.last_ok = before.last_ok;
    check.occurrences = before.occurrences;
    check.occurrences_watermark = before.occurrences_watermark;
    if check.is_silenced.is_some() && before.is_silenced.is_some() {
        check.is_silenced = before.is_silenced;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::apply;

    fn event(id: &str, status: u32, executed: i64) -> Event {
        let mut event = Event { id: id.into(), ..Event::with_status("web", "cpu", status) };
        event.check.as_mut().unwrap().executed = executed;
        event
    }

    fn results(event: &Event) -> usize {
        event.check.as_ref().unwrap().history.len()
    }

    #[test]
    fn a_redelivered_event_changes_only_the_deadline() {
        let mut sent = event("a", 1, 10);
        sent.check.as_mut().unwrap().ttl = 60;
        let stored = apply(None, sent.clone(), &[], 100).event;
        let again = apply(Some(&stored), sent, &[], 200);
        assert_eq!((&again.event, again.deadline), (&stored, Some(260)));
        let read_back = apply(Some(&stored), stored.clone(), &[], 200).event;
        assert_eq!(read_back, stored);
        // The stored timestamp of an event without one is the time of arrival.
        let without_timestamp = Event { timestamp: 0, ..event("b", 1, 10) };
        let stored = apply(None, without_timestamp.clone(), &[], 100).event;
        assert_eq!(apply(Some(&stored), without_timestamp, &[], 200).event, stored);
    }

    #[test]
    fn an_event_without_an_id_is_counted_again() {
        let stored = apply(None, event("", 1, 10), &[], 100).event;
        assert_eq!(results(&apply(Some(&stored), event("", 1, 10), &[], 100).event), 2);
    }

    #[test]
    fn a_changed_event_is_a_new_result() {
        let stored = apply(None, event("a", 1, 10), &[], 100).event;
        let mut resolved = stored.clone();
        resolved.check.as_mut().unwrap().status = 0;
        let resolved = apply(Some(&stored), resolved, &[], 100).event;
        assert_eq!((results(&resolved), resolved.check.unwrap().state.as_str()), (2, "passing"));
    }

    proptest! {
        #[test]
        fn delivering_each_event_twice_has_no_effect(
            statuses in prop::collection::vec((0u32..3, 0i64..30), 1..50),
        ) {
            let run = |times: usize| {
                let mut stored: Option<Event> = None;
                for (number, (status, executed)) in statuses.iter().enumerate() {
                    for _ in 0..times {
                        let sent = event(&number.to_string(), *status, *executed);
                        stored = Some(apply(stored.as_ref(), sent, &[], 100).event);
                    }
                }
                stored
            };
            prop_assert_eq!(run(1), run(2));
        }
    }
}
