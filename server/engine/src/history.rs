//! The last results of a check on an entity (D31).

use sensu_types::event::{Check, CheckHistory};

/// How many results are kept.
pub const LENGTH: usize = 21;

/// The history with this result in it: in order of execution, ties in order of arrival, the oldest
/// dropped.
pub(crate) fn extended(before: Option<&Check>, status: u32, executed: i64) -> Vec<CheckHistory> {
    let mut history = before.map(|check| check.history.clone()).unwrap_or_default();
    history.push(CheckHistory { status, executed });
    history.sort_by_key(|result| result.executed);
    let excess = history.len().saturating_sub(LENGTH);
    history.drain(..excess);
    history
}

/// Whether the last result is good and the one before was not.
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
    fn the_first_result_is_kept_and_ties_stay_in_order() {
        let mut check = Check { history: extended(None, 1, 5), ..Check::default() };
        check.history = extended(Some(&check), 2, 5);
        check.history = extended(Some(&check), 0, 3);
        assert_eq!(results(&check.history), [(0, 3), (1, 5), (2, 5)]);
    }

    #[test]
    fn a_late_result_older_than_all_is_not_kept() {
        let full = (0..21).map(|n| CheckHistory { status: 0, executed: 100 + n }).collect();
        let check = Check { history: full, ..Check::default() };
        let after = extended(Some(&check), 2, 1);
        assert_eq!(after, check.history);
    }

    proptest! {
        #[test]
        fn history_is_bounded_and_in_order(results in prop::collection::vec((0u32..4, 0i64..50), 1..60)) {
            let mut check = Check::default();
            for (status, executed) in &results {
                check.history = extended(Some(&check), *status, *executed);
            }
            prop_assert_eq!(check.history.len(), results.len().min(LENGTH));
            prop_assert!(check.history.is_sorted_by_key(|result| result.executed));
            let latest = results.iter().map(|(_, executed)| *executed).max();
            prop_assert_eq!(check.history.last().map(|result| result.executed), latest);
        }
    }
}
