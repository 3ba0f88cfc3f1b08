//! External tools, run on the OpenAPI document and on live servers: linters, a fuzzer, generators of
//! clients, third-party clients, a browser.
//!
//! Each task runs one kind of tool and ends with a line that holds a figure. The versions of the tools are
//! pinned in `tests/external/`; the tools are installed into `target/external/` and nowhere else.

#![expect(clippy::indexing_slicing, reason = "reports of the pinned tools have a known shape")]

mod classification;
mod clients;
mod compat;
mod docs_browser;
mod docs_browsers;
mod docs_ui;
mod fuzz;
mod kit;
mod lint;
mod named_parameters;
mod newman;
mod packages;
mod pact;
mod proxy;
mod removed_fields;
mod report;
mod reverse_proxies;
mod self_test;
mod served;
mod slow_faults;
mod third_party;
mod tools;
mod workflows;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use fuzz::{Depth, WithoutHooks};
use xtask::tool::Tool;

/// External tools, run on the OpenAPI document and on live servers.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Run all external tools that CI runs.
    External,
    /// Run all external tools, including the slow ones: about 50 minutes.
    Deep,
    /// Lint the document with Redocly and Spectral, and validate its examples.
    Lint {
        /// Document to lint [default: openapi/sensu-core-v2.json].
        document: Option<PathBuf>,
    },
    /// Send generated requests to a fresh server, and check the responses against the document.
    Fuzz {
        /// Document to generate requests from [default: openapi/sensu-core-v2.json].
        document: Option<PathBuf>,
        /// Also send random requests and sequences: about 10 minutes.
        #[arg(long)]
        everything: bool,
        /// Send only random requests, without the rules of the project, and print what the server rejects.
        #[arg(long, conflicts_with_all = ["document", "everything"])]
        without_hooks: bool,
        /// Seed of the requests.
        #[arg(long, default_value_t = 1, requires = "without_hooks")]
        seed: u32,
        /// Duration.
        #[arg(long, value_name = "SECONDS", default_value_t = 330, requires = "without_hooks")]
        seconds: u32,
        /// Also without the settings in `tests/external/schemathesis-without-hooks.toml`.
        #[arg(long, requires = "without_hooks")]
        without_configuration: bool,
    },
    /// Generate clients, compile or type-check them, and use them on a live server.
    Clients {
        /// Document to generate clients from [default: openapi/sensu-core-v2.json].
        document: Option<PathBuf>,
        /// Also Go, Java, Kotlin, Ruby, Rust, and another TypeScript client.
        #[arg(long)]
        all: bool,
        /// Build and test the Python and npm packages instead.
        #[arg(long, conflicts_with = "all")]
        package: bool,
    },
    /// Test the helpers for Go and TypeScript in tests/kit, and the guide to testing.
    Kit,
    /// Run the Arazzo workflows on a fresh server.
    Workflows {
        /// Workflows to run [default: openapi/workflows.arazzo.yaml].
        workflows: Option<PathBuf>,
    },
    /// Open the served documentation in Chromium, with all other hosts blocked.
    DocsBrowser,
    /// Open the document in `RapiDoc`, Redoc, Swagger UI and Stoplight Elements.
    DocsBrowsers {
        /// Document to open [default: openapi/sensu-core-v2.json].
        document: Option<PathBuf>,
    },
    /// Run the document as a Postman collection, in its order, on a fresh server.
    Newman {
        /// Document to run [default: openapi/sensu-core-v2.json].
        document: Option<PathBuf>,
    },
    /// Compare the requests and responses of such a run, as a Pact file, with the document.
    Pact {
        /// Document to compare with [default: openapi/sensu-core-v2.json].
        document: Option<PathBuf>,
    },
    /// Verify the vendored docs browser against its checksum.
    DocsUi {
        /// Download the npm package, and compare the vendored file with the published one.
        #[arg(long, conflicts_with = "update")]
        check: bool,
        /// Download the npm package, and replace the vendored file.
        #[arg(long)]
        update: bool,
    },
    /// Compare the document with the last release, and verify the changelog.
    Compat {
        /// Document to compare [default: openapi/sensu-core-v2.json].
        document: Option<PathBuf>,
        /// Write the changelog instead of verifying it.
        #[arg(long)]
        write: bool,
        /// Record the document as the release of its version, and write the changelog.
        #[arg(long, conflicts_with_all = ["document", "write"])]
        release: bool,
    },
    /// Verify that api-smart-diff reports removed fields of responses as breaking changes.
    RemovedFields,
    /// Test the configurations of nginx and `HAProxy` in docs/proxy on a fresh server.
    ReverseProxies,
    /// Use third-party clients of Sensu Go on fresh servers: Ansible collection, Python SDK, hinoki.
    ThirdParty {
        /// Run only this client.
        #[arg(long, value_name = "CLIENT")]
        only: Option<third_party::Client>,
    },
    /// Verify that these tasks fail when they should.
    SelfTest {
        /// The tasks that only `deep` runs.
        #[arg(long)]
        slow: bool,
    },
}

/// A task and its name.
type Step = (&'static str, fn() -> anyhow::Result<()>);

const FAST: &[Step] = &[
    ("lint", || lint::run(None)),
    ("lint (test kit)", lint::testkit),
    ("compat", || compat::run(None, false)),
    ("self-test", self_test::run),
    ("reverse-proxies", reverse_proxies::run),
    ("workflows", || workflows::run(None)),
    ("docs-browser", docs_browser::run),
    ("clients", || clients::run_all(None, false)),
    ("clients --package", || packages::run_all(None)),
    ("kit", kit::run_all),
    ("fuzz", || fuzz::run(None, Depth::Bounds)),
];

const SLOW: &[Step] = &[
    ("docs-ui --check", || docs_ui::run(docs_ui::Mode::Check)),
    ("package crates", xtask::package::run),
    ("package --test", || Tool::Package.run(None, &["--test".into()])),
    ("third-party", || third_party::run(None)),
    ("removed-fields", removed_fields::run),
    ("newman", || newman::run(None)),
    ("pact", || pact::run(None)),
    ("docs-browsers", || docs_browsers::run(None)),
    ("self-test --slow", slow_faults::run),
    ("clients --all", || clients::run_all(None, true)),
    ("fuzz --everything", || fuzz::run(None, Depth::Everything)),
    ("soak --minutes 3", || Tool::Bench.run(Some("soak"), &["--minutes".into(), "3".into()])),
];

#[expect(clippy::print_stderr, reason = "a task talks to the person who runs it")]
fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("start") {
        // The server of tests that start one, see `kit::server_program`.
        return sensu_server::cli::main();
    }
    let result = match Task::parse() {
        Task::External => run_steps("fast part", FAST),
        Task::Deep => run_steps("fast part", FAST).and_then(|()| run_steps("slow part", SLOW)),
        Task::Lint { document: None } => lint::run(None).and_then(|()| lint::testkit()),
        Task::Lint { document } => lint::run(document),
        Task::Fuzz { without_hooks: true, seed, seconds, without_configuration, .. } => {
            fuzz::run_without_hooks(WithoutHooks {
                seed,
                seconds,
                is_configured: !without_configuration,
            })
        }
        Task::Fuzz { document, everything: true, .. } => fuzz::run(document, Depth::Everything),
        Task::Fuzz { document, .. } => fuzz::run(document, Depth::Bounds),
        Task::Clients { document, package: true, .. } => packages::run_all(document),
        Task::Clients { document, all, .. } => clients::run_all(document, all),
        Task::Kit => kit::run_all(),
        Task::Workflows { workflows } => workflows::run(workflows),
        Task::DocsBrowser => docs_browser::run(),
        Task::DocsBrowsers { document } => docs_browsers::run(document),
        Task::Newman { document } => newman::run(document),
        Task::Pact { document } => pact::run(document),
        Task::DocsUi { update: true, .. } => docs_ui::run(docs_ui::Mode::Update),
        Task::DocsUi { check: true, .. } => docs_ui::run(docs_ui::Mode::Check),
        Task::DocsUi { .. } => docs_ui::run(docs_ui::Mode::Verify),
        Task::Compat { release: true, .. } => compat::release(),
        Task::Compat { document, write, .. } => compat::run(document, write),
        Task::RemovedFields => removed_fields::run(),
        Task::ReverseProxies => reverse_proxies::run(),
        Task::ThirdParty { only } => third_party::run(only),
        Task::SelfTest { slow: true } => slow_faults::run(),
        Task::SelfTest { slow: false } => self_test::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
fn run_steps(part: &str, steps: &[Step]) -> anyhow::Result<()> {
    let started = Instant::now();
    for (name, step) in steps {
        println!("-- {name} ({} s)", started.elapsed().as_secs());
        step()?;
    }
    println!("{part}: {} s, {} tasks passed", started.elapsed().as_secs(), steps.len());
    Ok(())
}

/// The committed document.
fn committed_document() -> PathBuf {
    xtask::root().join("openapi/sensu-core-v2.json")
}

/// The committed Arazzo workflows.
fn committed_workflows() -> PathBuf {
    xtask::root().join("openapi/workflows.arazzo.yaml")
}
