//! Decisions of event filters, with the rules of Sensu Go 6.9 and later (D46).

use sensu_types::event::Event;
use sensu_types::filter::EventFilter;

use crate::{history, time_window};

/// Why a filter does not let an event pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// The expression that decided. Empty if none did.
    pub expression: String,
    /// The reason in words.
    pub reason: String,
}

impl Denial {
    fn new(reason: impl Into<String>) -> Self {
        Self { expression: String::new(), reason: reason.into() }
    }
}

/// A filter that every namespace has. Its name is reserved.
struct BuiltIn {
    name: &'static str,
    passes: fn(&Event) -> bool,
    denial: &'static str,
}

const BUILT_IN: [BuiltIn; 3] = [
    BuiltIn {
        name: "is_incident",
        passes: is_incident,
        denial: "the event is neither an incident nor its resolution",
    },
    BuiltIn {
        name: "not_silenced",
        passes: |event| event.check.as_ref().is_none_or(|check| check.silenced.is_empty()),
        denial: "the event is silenced",
    },
    BuiltIn {
        name: "has_metrics",
        passes: |event| event.metrics.is_some(),
        denial: "the event has no metrics",
    },
];

/// Whether the name is that of a built-in filter. Case matters.
#[must_use]
pub fn is_built_in(name: &str) -> bool {
    BUILT_IN.iter().any(|filter| filter.name == name)
}

/// Applies a built-in filter. `None` if there is none with this name.
#[must_use]
pub fn built_in(name: &str, event: &Event) -> Option<Result<(), Denial>> {
    let filter = BUILT_IN.iter().find(|filter| filter.name == name)?;
    Some(if (filter.passes)(event) { Ok(()) } else { Err(Denial::new(filter.denial)) })
}

/// A result other than 0, or the first 0 after one.
fn is_incident(event: &Event) -> bool {
    let is_incident = |check: &sensu_types::event::Check| {
        check.status != 0 || history::is_resolution(&check.history)
    };
    event.check.as_ref().is_some_and(is_incident)
}

/// Applies a filter of the namespace. `results` holds the value of each of its expressions, or why it has
/// none; `now` is in seconds since 1970-01-01 UTC.
///
/// An event passes a filter with the action `allow` within its windows if all expressions are true, and one
/// with the action `deny` outside of its windows if none is true. An expression that fails before the
/// decision denies the event (D44).
///
/// # Errors
/// [`Denial`] if the event does not pass.
pub fn custom(
    filter: &EventFilter,
    results: &[Result<bool, String>],
    now: i64,
) -> Result<(), Denial> {
    let denies = match filter.action.as_str() {
        "allow" => false,
        "deny" => true,
        other => return Err(Denial::new(format!("the filter has the unknown action {other:?}"))),
    };
    let within = filter.when.as_ref().map(|when| time_window::is_within(when, now));
    match (denies, within) {
        (false, Some(false)) => return Err(Denial::new("the time is outside of the windows")),
        (true, Some(true)) => return Err(Denial::new("the time is within the windows")),
        _ => {}
    }
    for (expression, result) in filter.expressions.iter().zip(results) {
        let reason = match result {
            Ok(value) if *value == denies => format!("the expression is {value}"),
            Ok(_) => continue,
            Err(error) => format!("the expression failed: {error}"),
        };
        return Err(Denial { expression: expression.clone(), reason });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use sensu_types::event::{Check, Metrics};
    use sensu_types::time_window::{TimeWindow, TimeWindowDays, TimeWindowWhen};

    use super::*;
    use crate::test_events::event_after;

    fn passes(name: &str, event: &Event) -> bool {
        built_in(name, event).unwrap().is_ok()
    }

    /// E2, E3.
    #[test]
    fn incidents_and_resolutions_pass_is_incident() {
        let statuses = [0, 0, 1, 1, 2, 0, 0];
        let passed: Vec<bool> = (1..=statuses.len())
            .map(|length| passes("is_incident", &event_after(&statuses[..length], (0, 0))))
            .collect();
        assert_eq!(passed, [false, false, true, true, true, true, false]);
        assert!(passes("is_incident", &event_after(&[1, 0], (0, 0))), "the first event was 1");
        assert!(!passes("is_incident", &Event::default()), "only metrics");
    }

    #[test]
    fn silenced_events_do_not_pass_not_silenced() {
        let check = Check { silenced: vec!["*:cpu".into()], ..Check::default() };
        let silenced = Event { check: Some(check), ..Event::default() };
        assert!(!passes("not_silenced", &silenced));
        assert!(passes("not_silenced", &event_after(&[1], (0, 0))));
        assert!(passes("not_silenced", &Event::default()), "only metrics");
    }

    #[test]
    fn metrics_without_points_pass_has_metrics() {
        let event = Event { metrics: Some(Metrics::default()), ..Event::default() };
        assert!(passes("has_metrics", &event) && !passes("has_metrics", &Event::default()));
    }

    #[test]
    fn other_names_are_not_built_in() {
        assert_eq!(built_in("Is_Incident", &Event::default()), None);
        assert!(is_built_in("is_incident") && !is_built_in("hourly"));
    }

    fn decide(action: &str, results: &[Result<bool, &str>]) -> Result<(), String> {
        let expressions = (0..results.len()).map(|number| format!("e{number}")).collect();
        let filter = EventFilter { action: action.into(), expressions, ..Default::default() };
        let results: Vec<_> = results.iter().map(|one| one.map_err(str::to_owned)).collect();
        custom(&filter, &results, 0)
            .map_err(|denial| format!("{} {}", denial.expression, denial.reason))
    }

    /// E4. The rows of reference 7.3, with failures as in D44.
    #[test]
    fn expressions_decide_by_the_action() {
        let (yes, no, fails) = (Ok(true), Ok(false), Err("x is not defined"));
        let failed = "the expression failed: x is not defined";
        type Row<'a> = (&'a str, &'a [Result<bool, &'a str>], Result<(), String>);
        let table: [Row<'_>; 13] = [
            ("allow", &[yes], Ok(())),
            ("allow", &[yes, yes], Ok(())),
            ("allow", &[no], Err("e0 the expression is false".into())),
            ("allow", &[yes, no], Err("e1 the expression is false".into())),
            ("allow", &[fails], Err(format!("e0 {failed}"))),
            ("allow", &[yes, fails], Err(format!("e1 {failed}"))),
            ("deny", &[yes], Err("e0 the expression is true".into())),
            ("deny", &[no], Ok(())),
            ("deny", &[no, yes], Err("e1 the expression is true".into())),
            ("deny", &[yes, no], Err("e0 the expression is true".into())),
            ("deny", &[no, no], Ok(())),
            ("deny", &[fails], Err(format!("e0 {failed}"))),
            ("other", &[yes], Err(" the filter has the unknown action \"other\"".into())),
        ];
        for (action, results, expected) in table {
            assert_eq!(decide(action, results), expected, "{action} {results:?}");
        }
    }

    /// E5. 1970-01-01 was a Thursday.
    #[test]
    fn windows_decide_before_expressions() {
        let window = TimeWindow { begin: "9:00AM".into(), end: "5:00PM".into() };
        let days = TimeWindowDays { thursday: vec![window], ..Default::default() };
        let (inside, outside) = (12 * 3600, 20 * 3600);
        let decide = |action: &str, now, value| {
            let filter = EventFilter {
                action: action.into(),
                expressions: vec!["e".into()],
                when: Some(TimeWindowWhen { days: days.clone() }),
                ..Default::default()
            };
            custom(&filter, &[Ok(value)], now).is_ok()
        };
        assert!(decide("allow", inside, true) && !decide("allow", inside, false));
        assert!(!decide("allow", outside, true));
        assert!(!decide("deny", inside, false));
        assert!(decide("deny", outside, false) && !decide("deny", outside, true));
    }
}
