//! `cargo xtask soak`: mixed load on a server while clients try to exhaust it, and what that costs.
//!
//! Legitimate clients read, write and log in all the time; attackers repeat the requests that once
//! were cheap to send and expensive to serve. At the end the memory of the server must be what it was
//! after the first minutes, no legitimate request may have failed, and every acknowledged write must
//! be there.

mod attacks;
mod client;
mod http2;
mod load;
mod outcome;
mod samples;
mod setup;

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Args;

use crate::goals::Goals;
use crate::process::Process;
use attacks::{ATTACKS, Attack};
use load::Writes;
use outcome::Outcome;
use samples::Samples;
use setup::Setup;

/// Options of `soak`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Duration of the load, in minutes.
    #[arg(long, default_value_t = 30)]
    minutes: u64,
    /// Attacks to run [default: all].
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Run no attack.
    #[arg(long, conflicts_with = "only")]
    no_attacks: bool,
    /// Server to run, instead of the release build of the workspace.
    #[arg(long)]
    server: Option<PathBuf>,
}

/// The time after which memory is expected to be stable, if the run is long enough.
const SETTLED_AFTER: Duration = Duration::from_secs(300);

#[expect(clippy::print_stdout, reason = "a task prints its figures")]
pub(super) async fn run(options: &Options) -> anyhow::Result<()> {
    let chosen: Vec<&Attack> = ATTACKS.iter().filter(|attack| options.takes(attack.name)).collect();
    ensure!(options.no_attacks || !chosen.is_empty(), "attacks: {}", names());
    let program = match &options.server {
        Some(program) => program.clone(),
        None => crate::release_build(&xtask::root(), "sensu-server")?,
    };
    let folder = tempfile::tempdir_in(crate::target_dir()?)?;
    let (state, log) = (folder.path().join("state"), folder.path().join("log"));
    Process::init(&program, &state)?;
    let log_to = || anyhow::Ok(Stdio::from(std::fs::File::create(&log)?));
    let process = Arc::new(Process::start_logged(&program, &state, log_to()?)?);
    let setup = Arc::new(Setup::prepare(&process.address).await?);

    let span = Duration::from_secs(60 * options.minutes);
    let until = Instant::now() + span;
    let outcome = Arc::new(Outcome::new());
    let at_rest = (process.threads()?, process.descriptors()?);
    let load = load::start(&setup, &outcome, until);
    let attackers: Vec<_> =
        chosen.iter().map(|attack| attacks::repeat(attack, &setup, until)).collect();
    let samples = Samples::take(&process, until).await?;
    let writes: Writes = load::finish(load).await?;
    println!("{} minutes of load, attacks:", options.minutes);
    for (attack, task) in chosen.iter().zip(attackers) {
        println!("  {:<20} {}", attack.name, task.await?);
    }
    println!("legitimate requests:\n{outcome}");
    println!("{samples}");

    let mut goals = Goals::default();
    outcome.judge(&mut goals);
    samples.judge(SETTLED_AFTER.min(span / 3), &mut goals);
    let rest = samples::wait_for_rest(&process, at_rest).await?;
    goals.add("threads and descriptors return to those before the load", rest.text, rest.met);
    let process = Arc::into_inner(process).ok_or_else(|| anyhow::anyhow!("server in use"))?;
    process.stop()?;
    let log_bytes = std::fs::metadata(&log)?.len();
    println!("log: {:.1} MB per minute", megabytes(log_bytes) / (span.as_secs_f64() / 60.0));
    let process = Process::start(&program, &state)?;
    let lost = setup.lost_writes(&process.address, &writes).await?;
    goals.add("acknowledged writes are there after a restart", lost.text, lost.met);
    process.stop()?;
    println!("{goals}");
    ensure!(goals.all_met(), "the soak test failed");
    Ok(())
}

/// The result of one comparison.
struct Finding {
    text: String,
    met: bool,
}

impl Options {
    fn takes(&self, attack: &str) -> bool {
        !self.no_attacks && (self.only.is_empty() || self.only.iter().any(|name| name == attack))
    }
}

fn names() -> String {
    ATTACKS.iter().map(|attack| attack.name).collect::<Vec<_>>().join(", ")
}

#[expect(clippy::cast_precision_loss, reason = "sizes are approximate")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
