//! Background work of a running server: fires missed deadlines, and sweeps expired and leftover entries.

use std::time::Duration;

use crate::error::Error;
use crate::resources::events;
use crate::runtime::context::{Context, Cx};

/// Interval between two runs. Expired entries are not served even before they are swept.
const INTERVAL: Duration = Duration::from_millis(500);

/// Maximum number of expired entries removed in one transaction.
const BATCH: usize = 1_000;

/// Runs until the task is aborted.
pub(crate) async fn run(cx: Cx) {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut sweep = events::DeadlineSweep::default();
    let mut has_records = false;
    loop {
        ticks.tick().await;
        if !has_records {
            match cx.resources.redaction().create_records(&cx).await {
                Ok(()) => has_records = true,
                Err(error) => tracing::warn!(?error, "background work failed; retrying"),
            }
        }
        if let Err(error) = tick(&cx, &mut sweep).await {
            tracing::warn!(?error, "background work failed; retrying");
        }
    }
}

/// Fires and sweeps everything that is due.
async fn tick(cx: &Context, sweep: &mut events::DeadlineSweep) -> Result<(), Error> {
    while events::fire_deadlines(cx).await? > 0 {}
    while cx.sweep(BATCH).await? == BATCH {}
    events::sweep_deadlines(cx, sweep).await?;
    Ok(())
}
