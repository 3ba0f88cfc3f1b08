//! Distribution of the proxy requests of one run over its period.

use chrono::{DateTime, TimeDelta, Utc};

use super::{from_nanos, nanos};

/// Part of the period if the check has none, in percent.
const DEFAULT_COVERAGE: u32 = 90;

/// Due times of the requests for the entities 1 to `count` of a run.
///
/// Request k is due k equal parts after the run, so that the last one is due after `coverage` percent of the period. A
/// coverage of 0 means 90, and more than 100 means 100. The times are absolute, so no request delays another one. Times
/// beyond the calendar are omitted.
pub fn due_times(
    run: DateTime<Utc>,
    period: TimeDelta,
    coverage: u32,
    count: usize,
) -> impl Iterator<Item = DateTime<Utc>> {
    let coverage = if coverage == 0 { DEFAULT_COVERAGE } else { coverage.min(100) };
    let period = i128::from(period.num_seconds()) * super::NANOS_PER_SECOND
        + i128::from(period.subsec_nanos());
    let span = period.max(0) * i128::from(coverage) / 100;
    let parts = i128::try_from(count).unwrap_or(i128::MAX).max(1);
    let start = nanos(run);
    (1..=count).filter_map(move |number| {
        let number = i128::try_from(number).ok()?;
        from_nanos(start.checked_add(span.checked_mul(number)? / parts)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets(period: TimeDelta, coverage: u32, count: usize) -> Vec<f64> {
        let run = DateTime::from_timestamp(1_700_000_017, 651_758_457).unwrap();
        let seconds = |due: DateTime<Utc>| (due - run).as_seconds_f64();
        due_times(run, period, coverage, count).map(seconds).collect()
    }

    /// B8.
    #[test]
    fn requests_are_distributed_over_the_coverage() {
        let minute = TimeDelta::seconds(60);
        assert_eq!(offsets(minute, 0, 3), [18.0, 36.0, 54.0]);
        assert_eq!(offsets(minute, 50, 3), [10.0, 20.0, 30.0]);
        assert_eq!(offsets(minute, 100, 1), [60.0]);
        assert_eq!(offsets(minute, 900, 1), [60.0]);
        assert_eq!(offsets(TimeDelta::seconds(1), 1, 4), [0.0025, 0.005, 0.0075, 0.01]);
        assert_eq!(offsets(minute, 90, 0), [0.0; 0]);
    }

    #[test]
    fn extreme_values_do_not_overflow() {
        assert_eq!(due_times(DateTime::<Utc>::MAX_UTC, TimeDelta::MAX, 100, 3).count(), 0);
        let year = TimeDelta::seconds(u32::MAX.into());
        assert_eq!(due_times(DateTime::UNIX_EPOCH, year, 100, 100_000).count(), 100_000);
        assert_eq!(due_times(DateTime::UNIX_EPOCH, TimeDelta::MIN, 100, 2).count(), 2);
    }
}
