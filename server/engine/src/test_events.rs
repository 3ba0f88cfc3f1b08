//! Events for tests.

use sensu_types::event::Event;

use crate::apply;

/// The event after these results, one per second.
pub(crate) fn event_after(statuses: &[u32], thresholds: (u32, u32)) -> Event {
    let mut stored = None;
    for (status, second) in statuses.iter().zip(1..) {
        let mut event = Event { timestamp: second, ..Event::with_status("web", "cpu", *status) };
        let check = event.check.as_mut().unwrap();
        check.executed = second;
        (check.low_flap_threshold, check.high_flap_threshold) = thresholds;
        stored = Some(apply(stored.as_ref(), event, &[], second).event);
    }
    stored.unwrap()
}
