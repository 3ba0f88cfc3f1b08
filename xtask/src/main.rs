//! `cargo xtask <task>`: the entry point to all tasks of this workspace.
//!
//! Checks that read text run in this program. Tasks that need more dependencies are programs of their own
//! below `xtask/`; this program builds them and hands over.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use xtask::tool::Tool;
use xtask::{check, store, tidy};

/// Tasks of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run the checks of CI that need only a Rust toolchain, in the same order.
    Check,
    /// Check the rules of the source tree that the compiler does not know.
    Tidy(tidy::Options),
    /// Write the generated files: OpenAPI document, operations, examples, client, schemas.
    Generate(Forwarded),
    /// Run benchmarks, as ratios within one run, in release mode.
    Bench(Forwarded),
    /// Run a server under mixed load with attacks, and check its memory, threads and responses.
    Soak(Forwarded),
    /// Run the store's conformance and crash tests on every engine.
    Store {
        /// Number of times that a writing process is killed.
        #[arg(long, default_value_t = 200)]
        kills: u32,
    },
    /// Build packages into target/packages: Debian packages, Python wheel, archive, OCI image (--test: test them);
    /// `crates`: those of the client library and sensuctl.
    Package(Forwarded),
    /// Run an agent that executes the checks of a server; `--help` lists its options.
    Agent(Forwarded),
    /// Run all external tools that CI runs: lint, compat, self-test, workflows, docs-browser, clients, kit,
    /// fuzz, reverse-proxies.
    External(Forwarded),
    /// Run all external tools, including the slow ones: about 50 minutes.
    Deep(Forwarded),
    /// Lint the document with Redocly and Spectral, and validate its examples.
    Lint(Forwarded),
    /// Send generated requests to a fresh server, and check the responses against the document.
    Fuzz(Forwarded),
    /// Generate clients, compile or type-check them, and use them on a live server.
    Clients(Forwarded),
    /// Test the helpers for Go and TypeScript in tests/kit, and the guide to testing.
    Kit(Forwarded),
    /// Run the Arazzo workflows on a fresh server.
    Workflows(Forwarded),
    /// Open the served documentation in Chromium, with all other hosts blocked.
    DocsBrowser(Forwarded),
    /// Test the configurations of nginx and `HAProxy` in docs/proxy on a fresh server.
    ReverseProxies(Forwarded),
    /// Open the document in `RapiDoc`, Redoc, Swagger UI and Stoplight Elements.
    DocsBrowsers(Forwarded),
    /// Run the document as a Postman collection, in its order, on a fresh server.
    Newman(Forwarded),
    /// Compare the requests and responses of such a run, as a Pact file, with the document.
    Pact(Forwarded),
    /// Verify that api-smart-diff reports removed fields of responses as breaking changes.
    RemovedFields(Forwarded),
    /// Use third-party clients of Sensu Go on fresh servers: Ansible collection, Python SDK, hinoki.
    ThirdParty(Forwarded),
    /// Verify the vendored docs browser; --check compares it with the npm package, --update replaces it.
    DocsUi(Forwarded),
    /// Compare the document with the last release, and verify the changelog.
    Compat(Forwarded),
    /// Verify that the external tools fail when they should.
    SelfTest(Forwarded),
}

/// Arguments of a tool. `--help` shows them.
#[derive(Args)]
#[command(disable_help_flag = true)]
struct Forwarded {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    arguments: Vec<OsString>,
}

#[expect(clippy::print_stderr, reason = "a task talks to the person who runs it")]
fn main() -> ExitCode {
    match run(Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<()> {
    match task {
        Task::Check => check::run(),
        Task::Tidy(options) => tidy::run(&options),
        Task::Store { kills } => store::run(kills),
        Task::Package(tool) => Tool::Package.run(None, &tool.arguments),
        Task::Generate(tool) => Tool::Generate.run(None, &tool.arguments),
        Task::Bench(tool) => Tool::Bench.run(None, &tool.arguments),
        Task::Soak(tool) => Tool::Bench.run(Some("soak"), &tool.arguments),
        Task::Agent(tool) => Tool::Agent.run(None, &tool.arguments),
        Task::External(tool) => Tool::External.run(Some("external"), &tool.arguments),
        Task::Deep(tool) => Tool::External.run(Some("deep"), &tool.arguments),
        Task::Lint(tool) => Tool::External.run(Some("lint"), &tool.arguments),
        Task::Fuzz(tool) => Tool::External.run(Some("fuzz"), &tool.arguments),
        Task::RemovedFields(tool) => Tool::External.run(Some("removed-fields"), &tool.arguments),
        Task::Clients(tool) => Tool::External.run(Some("clients"), &tool.arguments),
        Task::Kit(tool) => Tool::External.run(Some("kit"), &tool.arguments),
        Task::Workflows(tool) => Tool::External.run(Some("workflows"), &tool.arguments),
        Task::DocsBrowser(tool) => Tool::External.run(Some("docs-browser"), &tool.arguments),
        Task::DocsBrowsers(tool) => Tool::External.run(Some("docs-browsers"), &tool.arguments),
        Task::Newman(tool) => Tool::External.run(Some("newman"), &tool.arguments),
        Task::Pact(tool) => Tool::External.run(Some("pact"), &tool.arguments),
        Task::ReverseProxies(tool) => Tool::External.run(Some("reverse-proxies"), &tool.arguments),
        Task::ThirdParty(tool) => Tool::External.run(Some("third-party"), &tool.arguments),
        Task::DocsUi(tool) => Tool::External.run(Some("docs-ui"), &tool.arguments),
        Task::Compat(tool) => Tool::External.run(Some("compat"), &tool.arguments),
        Task::SelfTest(tool) => Tool::External.run(Some("self-test"), &tool.arguments),
    }
}
