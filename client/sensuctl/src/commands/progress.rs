//! Progress bars.

use indicatif::{ProgressBar, ProgressStyle};

/// Fewer steps than this show no bar.
const MIN_STEPS: usize = 10;

/// A progress bar on standard error, in a terminal only.
pub(super) fn bar(steps: usize) -> ProgressBar {
    if steps < MIN_STEPS {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(steps as u64);
    match ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
