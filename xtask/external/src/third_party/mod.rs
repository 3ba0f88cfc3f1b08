//! `cargo xtask third-party`: clients of Sensu Go that others publish, used on fresh servers: the Ansible
//! collection, the Python SDK and hinoki.
//!
//! The clients and the scripts that use them are in `tests/external/third-party/`. Each script reports its
//! calls; a call that fails has to be listed, with its reason, in `expectations.toml`.

mod expectations;
mod fixtures;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use expectations::{Call, Expectations};
use fixtures::Fixtures;
use sensu_server::seed;

use crate::served::Served;
use crate::tools;

/// A published client of Sensu Go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Client {
    /// The modules of the Ansible collection `sensu.sensu_go`.
    Ansible,
    /// The Python SDK `sensu-go`.
    Sdk,
    /// The command line `hinoki`.
    Hinoki,
}

impl Client {
    const ALL: &[Self] = &[Self::Ansible, Self::Sdk, Self::Hinoki];

    fn name(self) -> &'static str {
        match self {
            Self::Ansible => "ansible",
            Self::Sdk => "sdk",
            Self::Hinoki => "hinoki",
        }
    }

    /// The command that makes all calls of the client.
    fn command(self, work: &Path) -> anyhow::Result<Command> {
        let scripts = tools::settings("third-party");
        match self {
            Self::Ansible => {
                let mut playbook = tools::third_party("ansible-playbook")?;
                playbook.args(["--inventory", "localhost,", "site.yml"]);
                playbook.env("ANSIBLE_HOME", work).env("ANSIBLE_LOCAL_TEMP", work.join("tmp"));
                playbook.env("ANSIBLE_REMOTE_TEMP", work.join("tmp"));
                playbook.current_dir(scripts.join("ansible"));
                Ok(playbook)
            }
            Self::Sdk => {
                let mut python = tools::third_party("python")?;
                python.arg(scripts.join("sdk.py"));
                Ok(python)
            }
            Self::Hinoki => {
                let mut python = tools::third_party("python")?;
                // It reads its configuration from the home directory.
                python.arg(scripts.join("hinoki_calls.py")).env("HOME", work);
                Ok(python)
            }
        }
    }

    /// Makes all calls of the client on a fresh server.
    fn calls(self) -> anyhow::Result<Vec<Call>> {
        let work = tools::fresh(&format!("third-party-{}", self.name()))?;
        let report = work.join("report.jsonl");
        let server = Served::start()?;
        let url = server.url();
        let Fixtures { api_key } = fixtures::create(&url)?;
        let mut command = self.command(&work)?;
        command.env("REPORT", &report).env("SENSU_URL", &url).env("API_KEY", api_key);
        command.env("SENSU_USER", "admin").env("SENSU_PASSWORD", seed::DEV_PASSWORD);
        let ran = tools::try_run(&mut command)?;
        server.stop()?;
        let output = || format!("{} failed\n{}{}", self.name(), ran.out, ran.err);
        if !ran.succeeded {
            bail!("{}", output());
        }
        let report = fs::read_to_string(&report).with_context(output)?;
        report.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
    }
}

/// Runs one client, by default all of them.
///
/// # Errors
/// If a client cannot be installed or run, and with every call whose result is not the expected one.
#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
pub(crate) fn run(only: Option<Client>) -> anyhow::Result<()> {
    let file = fs::read_to_string(tools::settings("third-party/expectations.toml"))?;
    let mut expectations: std::collections::BTreeMap<String, Expectations> = toml::from_str(&file)?;
    let mut figures = Vec::new();
    let mut findings = Vec::new();
    for &client in Client::ALL.iter().filter(|client| only.is_none_or(|only| only == **client)) {
        let name = client.name();
        let expected = expectations
            .remove(name)
            .with_context(|| format!("expectations.toml has no table {name}"))?;
        let result = expected.compare(&client.calls()?);
        for failure in &result.expected {
            println!("{name}: {failure}");
        }
        println!("{name}: {} of {} calls passed", result.passed, result.calls);
        figures.push(format!("{name} {} of {}", result.passed, result.calls));
        findings.extend(result.findings.iter().map(|finding| format!("{name}: {finding}")));
    }
    let figures =
        format!("third-party: {} calls passed, {} findings", figures.join(", "), findings.len());
    if !findings.is_empty() {
        bail!("{}\n{figures}", findings.join("\n"));
    }
    println!("{figures}");
    Ok(())
}
