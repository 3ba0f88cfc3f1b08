//! The command line of the server: arguments, environment and configuration file in, exit code out.
//!
//! In the library rather than in `main.rs`, so that binaries of the test suite can run it too.

mod agent_args;
mod args;
mod completion;
mod config_file;
mod first_start;
mod healthcheck;
mod import;
mod init;
mod log_fields;
mod logging;
mod maintenance;
mod man;
mod migrate;
mod pipeline_args;
mod ready_file;
mod rotate_secret;
mod settings;
mod start;
mod store_location;

use std::io::Write as _;
use std::num::NonZero;
use std::process::ExitCode;

use args::Command;

/// Threads for blocking work in addition to one per processor, which can all be hashing passwords: for
/// the readers of the store, compilers, and rare work such as backups. Tokio starts a thread when no other
/// is idle at that instant, so without a limit their number slowly grows under load.
const MORE_BLOCKING_THREADS: usize = 16;

/// Runs the command of this process and reports a failure on standard error.
#[must_use]
pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A closed standard error leaves no place to report to.
            let _ = writeln!(std::io::stderr(), "sensu-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let invocation = config_file::Invocation::of_process()?;
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .max_blocking_threads(MORE_BLOCKING_THREADS.saturating_add(processors))
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match invocation.cli()?.command {
            Command::Start(args) => start::start(&args).await,
            Command::Init(args) => init::init(&args).await,
            Command::Backup(args) => maintenance::backup(&args).await,
            Command::Restore(args) => maintenance::restore(&args).await,
            Command::Verify(args) => maintenance::verify(&args).await,
            Command::Compact(args) => maintenance::compact(&args).await,
            Command::RotateSecret(args) => rotate_secret::rotate_secret(&args).await,
            Command::Migrate(args) => migrate::migrate(&args).await,
            Command::Import(args) => import::import(&args).await,
            Command::Settings(_) => settings::print(&invocation),
            Command::Healthcheck(args) => healthcheck::healthcheck(&args).await,
            Command::Completion(args) => completion::print(&args),
            Command::Man(args) => man::write(&args),
            Command::Openapi => {
                let document = crate::openapi()?;
                Ok(std::io::stdout().lock().write_all(document.as_bytes())?)
            }
        }
    })
}
