//! Background work of a running server: fires missed deadlines, and sweeps expired and leftover entries.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::resources::events;
use crate::runtime::context::{Context, Cx};

/// Interval between two runs. Expired entries are not served even before they are swept.
const INTERVAL: Duration = Duration::from_millis(500);

/// Shortest failure of the store after which silent agents get another period.
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
    loop {
        ticks.tick().await;
        if !has_records {
            match cx.resources.redaction().create_records(&cx).await {
                Ok(()) => has_records = true,
                Err(error) => tracing::warn!(?error, "background work failed; retrying"),
            }
        }
        match tick(&cx, &mut sweep, failing).await {
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
) -> Result<(), Error> {
    if failing.is_some_and(|since| since.elapsed() >= OUTAGE) {
        // Keepalives could not be stored: agents have one period to send them.
        cx.resumed.store(cx.clock.now(), Ordering::Relaxed);
    }
    while events::fire_deadlines(cx).await? > 0 {}
    while cx.sweep(BATCH).await? == BATCH {}
    events::sweep_deadlines(cx, sweep).await?;
    Ok(())
}
