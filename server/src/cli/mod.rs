//! The program: arguments in, an exit code out.
//!
//! Here and not in `main.rs`, so that tests of other packages can be the program too.

mod commands;
mod config;
mod import;
mod maintenance;
mod migrate;
mod store_location;

use std::io::Write as _;
use std::process::ExitCode;

use config::{Cli, Command};

/// Does what the process was started for; says on standard error why it could not.
#[must_use]
pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell if standard error is gone.
            let _ = writeln!(std::io::stderr(), "sensu-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let cli = Cli::of_process()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match cli.command {
            Command::Start(start) => commands::start(&start).await,
            Command::Init(init) => commands::init(&init).await,
            Command::Backup(backup) => maintenance::backup(&backup).await,
            Command::Restore(restore) => maintenance::restore(&restore).await,
            Command::Verify(verify) => maintenance::verify(&verify).await,
            Command::Compact(compact) => maintenance::compact(&compact).await,
            Command::Migrate(settings) => migrate::migrate(&settings).await,
            Command::Import(settings) => import::import(&settings).await,
            Command::Openapi => {
                let document = crate::openapi()?;
                Ok(std::io::stdout().lock().write_all(document.as_bytes())?)
            }
        }
    })
}
