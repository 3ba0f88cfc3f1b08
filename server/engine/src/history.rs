//! The last results of a check on an entity (D31).

use sensu_types::event::{Check, CheckHistory};

/// Number of results in a full history.
pub const HISTORY_LENGTH: usize = 21;

/// Adds a result to the history: sorted by time of execution, results of the same second in order of
/// arrival, without the oldest results beyond [`HISTORY_LENGTH`].
pub(crate) fn extend(before: Option<&Check>, status: u32, executed: i64) -> Vec<CheckHistory> {
    let mut history = before.map(|check| check.history.clone()).unwrap_or_default();
    history.push(CheckHistory { status, executed });
    history.sort_by_key(|result| result.executed);
    let excess = history.len().saturating_sub(HISTORY_LENGTH);
    history.drain(..excess);
    history
}

/// Whether the last result has status 0 and the previous one has not.
pub(crate) fn is_resolution(history: &[CheckHistory]) -> bool {
    matches!(history, [.., before, last] if before.status != 0 && last.status == 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn results(history: &[CheckHistory]) -> Vec<(u32, i64)> {
        history.iter().map(|result| (result.status, result.executed)).collect()
    }

    #[test]
    fn the_history_begins_with_the_first_result_and_keeps_the_order_of_ties() {
        let mut check = Check { history: extend(None, 1, 5), ..Check::default() };
        check.history = extend(Some(&check), 2, 5);
        check.history = extend(Some(&check), 0, 3);
        assert_eq!(results(&check.history), [(0, 3), (1, 5), (2, 5)]);
    }

    #[test]
    fn a_result_older_than_a_full_history_is_dropped() {
        let full = (0..21).map(|n| CheckHistory { status: 0, executed: 100 + n }).collect();
        let check = Check { history: full, ..Check::default() };
        let after = extend(Some(&check), 2, 1);
        assert_eq!(after, check.history);
    }

    proptest! {
        #[test]
        fn a_history_is_sorted_and_has_at_most_21_results(results in prop::collection::vec((0u32..4, 0i64..50), 1..60)) {
            let mut check = Check::default();
            for (status, executed) in &results {
                check.history = extend(Some(&check), *status, *executed);
            }
            prop_assert_eq!(check.history.len(), results.len().min(HISTORY_LENGTH));
            prop_assert!(check.history.is_sorted_by_key(|result| result.executed));
            let latest = results.iter().map(|(_, executed)| *executed).max();
            prop_assert_eq!(check.history.last().map(|result| result.executed), latest);
        }
    }
}
