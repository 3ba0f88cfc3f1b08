//! `sensu-server start | init | backup | restore | verify | compact | migrate | import | openapi`

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    sensu_server::cli::main()
}
