//! What happens without anybody asking: expired entries are swept, missed deadlines fire.

use std::time::Duration;

use crate::error::Error;
use crate::resources::events;
use crate::runtime::context::{Context, Cx};

/// How often it looks. What has expired is not served even before it is swept.
const PAUSE: Duration = Duration::from_millis(500);

/// Expired entries removed in one go.
const BATCH: usize = 1_000;

/// Keeps the house in order until it is aborted.
pub(crate) async fn keep(cx: Cx) {
    let mut ticks = tokio::time::interval(PAUSE);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = round(&cx).await {
            tracing::warn!(?error, "housekeeping failed; trying again");
        }
    }
}

/// Sweeps and fires until nothing is left to do now.
async fn round(cx: &Context) -> Result<(), Error> {
    while events::fire(cx).await? > 0 {}
    while cx.store.sweep(BATCH).await? == BATCH {}
    Ok(())
}
