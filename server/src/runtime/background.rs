//! Background work of a running server: fires missed deadlines, and sweeps expired and leftover entries.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use sensu_store::{Clock as _, SystemClock};

use crate::error::Error;
use crate::resources::events;
use crate::runtime::context::{Context, Cx};

/// Interval between two runs. Expired entries are not served even before they are swept.
const INTERVAL: Duration = Duration::from_millis(500);

/// Shortest failure of the store, or suspension of the machine or the process, after which silent agents get another
/// period.
const OUTAGE: Duration = Duration::from_secs(4);

/// Maximum number of expired entries removed in one transaction.
const BATCH: usize = 1_000;

/// Runs until the task is aborted.
pub(crate) async fn run(cx: Cx) {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut sweep = events::DeadlineSweep::default();
    let mut has_records = false;
    // Since when the store fails.
    let mut failing: Option<Instant> = None;
    let mut suspensions = Suspensions::new(SystemClock.now_millis());
    loop {
        ticks.tick().await;
        if !has_records {
            match cx.resources.redaction().create_records(&cx).await {
                Ok(()) => has_records = true,
                Err(error) => tracing::warn!(?error, "background work failed; retrying"),
            }
        }
        match tick(&cx, &mut sweep, failing, &mut suspensions).await {
            Ok(()) => failing = None,
            Err(error) => {
                if matches!(error, Error::Unavailable(_)) {
                    failing.get_or_insert_with(Instant::now);
                }
                tracing::warn!(?error, "background work failed; retrying");
            }
        }
    }
}

/// Fires and sweeps everything that is due.
async fn tick(
    cx: &Context,
    sweep: &mut events::DeadlineSweep,
    failing: Option<Instant>,
    suspensions: &mut Suspensions,
) -> Result<(), Error> {
    let mut could_not_store = failing.is_some_and(|since| since.elapsed() >= OUTAGE);
    loop {
        could_not_store |= suspensions.has_ended(SystemClock.now_millis());
        if could_not_store {
            // Keepalives could not be stored: agents have one period to send them.
            cx.resumed.store(cx.clock.now(), Ordering::Relaxed);
        }
        if events::fire_deadlines(cx).await? == 0 {
            break;
        }
    }
    while cx.sweep(BATCH).await? == BATCH {}
    events::sweep_deadlines(cx, sweep).await?;
    Ok(())
}

/// Detects that the machine or the process was suspended, or that the clock of the machine was set forward: deadlines
/// have passed during which nothing could arrive. It compares times of the machine, not of the clock of the server,
/// which tests set.
struct Suspensions {
    /// When the work ran last, in milliseconds since 1970-01-01 UTC.
    last: i64,
}

impl Suspensions {
    fn new(now_millis: i64) -> Self {
        Self { last: now_millis }
    }

    /// Whether the time since the last call is too long for a server that runs.
    fn has_ended(&mut self, now_millis: i64) -> bool {
        let since = now_millis.saturating_sub(std::mem::replace(&mut self.last, now_millis));
        u64::try_from(since).is_ok_and(|since| Duration::from_millis(since) >= OUTAGE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_between_two_runs_is_a_suspension() {
        let mut suspensions = Suspensions::new(10_000);
        assert!(!suspensions.has_ended(10_500));
        assert!(suspensions.has_ended(14_500));
        assert!(!suspensions.has_ended(15_000));
        // The clock was set back.
        assert!(!suspensions.has_ended(1_000));
        assert!(!suspensions.has_ended(1_500));
    }
}
