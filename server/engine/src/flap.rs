//! Total state change, and the state derived from it (D33).

use sensu_types::event::{Check, CheckHistory};

use crate::HISTORY_LENGTH;

/// State: the last result has status 0.
pub const PASSING: &str = "passing";
/// State: the last result has another status.
pub const FAILING: &str = "failing";
/// State: the status changes too often.
pub const FLAPPING: &str = "flapping";

/// Weighted share of status changes in a full history, in percent, from 0 to 100. Recent changes weigh
/// more. 0 until the history is full.
pub(crate) fn total_state_change(history: &[CheckHistory]) -> u32 {
    if history.len() < HISTORY_LENGTH {
        return 0;
    }
    // Change number i of 20 weighs 0.80 + 0.02 i. Counted in hundredths, so that the sum is exact.
    let weights = (1_u32..).map(|number| 80 + 2 * number);
    let changes = history.iter().zip(history.iter().skip(1)).zip(weights);
    let changed = changes.filter(|((before, after), _)| before.status != after.status);
    let sum: u32 = changed.map(|(_, weight)| weight).sum();
    (sum / 20).min(100)
}

/// The state of a check whose total state change is computed. Flapping begins at the high threshold, and
/// ends at the low one if the stored state is flapping.
pub(crate) fn state(before: Option<&Check>, check: &Check) -> &'static str {
    let (low, high) = (check.low_flap_threshold, check.high_flap_threshold);
    let total = check.total_state_change;
    let was_flapping = before.is_some_and(|check| check.state == FLAPPING);
    if low > 0 && high > 0 && (total >= high || was_flapping && total > low) {
        return FLAPPING;
    }
    if check.status == 0 { PASSING } else { FAILING }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn history(statuses: &[u32]) -> Vec<CheckHistory> {
        let executed = 0..;
        statuses
            .iter()
            .zip(executed)
            .map(|(status, executed)| CheckHistory { status: *status, executed })
            .collect()
    }

    #[test]
    fn total_state_change_is_0_until_the_history_is_full() {
        let alternating: Vec<u32> = (0..21).map(|n| n % 2).collect();
        assert_eq!(total_state_change(&history(&alternating[..20])), 0);
        // 101 in Sensu Go: the weights add up to more than 20.
        assert_eq!(total_state_change(&history(&alternating)), 100);
    }

    #[test]
    fn recent_changes_weigh_more() {
        let mut late = [0; 21];
        late[20] = 1;
        let mut early = [1; 21];
        early[0] = 0;
        assert_eq!(total_state_change(&history(&late)), 6);
        assert_eq!(total_state_change(&history(&early)), 4);
    }

    #[test]
    fn flapping_ends_at_the_low_threshold() {
        let check = |total, status| Check {
            total_state_change: total,
            status,
            low_flap_threshold: 10,
            high_flap_threshold: 30,
            ..Check::default()
        };
        let flapping = Check { state: FLAPPING.into(), ..Check::default() };
        assert_eq!(state(None, &check(30, 0)), FLAPPING);
        assert_eq!(state(None, &check(29, 0)), PASSING);
        assert_eq!(state(Some(&flapping), &check(11, 0)), FLAPPING);
        assert_eq!(state(Some(&flapping), &check(10, 1)), FAILING);
        let unset = Check { low_flap_threshold: 0, ..check(90, 1) };
        assert_eq!(state(Some(&flapping), &unset), FAILING);
    }

    proptest! {
        #[test]
        fn total_state_change_is_at_most_100(statuses in prop::collection::vec(0u32..4, 0..40)) {
            prop_assert!(total_state_change(&history(&statuses)) <= 100);
        }

        #[test]
        fn total_state_change_is_0_without_changes(status in 0u32..4) {
            prop_assert_eq!(total_state_change(&history(&[status; 21])), 0);
        }
    }
}
