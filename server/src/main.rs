//! `sensu-server start | init | openapi`

use std::io::Write as _;
use std::process::ExitCode;

use sensu_server::commands;
use sensu_server::config::{Cli, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
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
            Command::Openapi => {
                let document = sensu_server::openapi()?;
                Ok(std::io::stdout().lock().write_all(document.as_bytes())?)
            }
        }
    })
}
