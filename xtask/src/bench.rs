//! Measurements, always as a ratio to something measured in the same run: machines are noisy.

mod http;

use clap::ValueEnum;

/// What to measure.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum What {
    /// Authorised GETs of one check, against a bare hyper server that answers the same bytes.
    Http,
}

/// Measures and prints.
///
/// # Errors
/// If a server cannot be started or does not answer as it should.
pub fn run(what: What) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match what {
        What::Http => runtime.block_on(http::run()),
    }
}
