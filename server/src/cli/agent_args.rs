//! Settings of agents, schedules and keepalives, and which parts of the server are disabled.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::{AgentSettings, Tls};

/// Parts of the server that can be disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Service {
    /// Agents cannot connect, and no checks are executed.
    Agents,
    /// Checks are not executed on their schedules.
    Scheduler,
    /// Silent agents are not reported.
    Keepalives,
    /// Handlers do not process events.
    Pipeline,
}

/// Settings of agents, schedules and keepalives.
#[derive(Clone, Debug, Args)]
pub(super) struct AgentArgs {
    /// Parts of the server to disable, separated by commas. With all four, the server only stores and returns
    /// resources.
    #[arg(long, env = "SENSU_DISABLE", value_name = "SERVICE", value_delimiter = ',', value_enum)]
    pub disable: Vec<Service>,
    /// Address that agents connect to.
    #[arg(long, env = "SENSU_AGENT_HOST", value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub agent_host: IpAddr,
    /// Port that agents connect to. 0 selects a free port [default: 8081; a free port if that of the API is free,
    /// too].
    #[arg(long, env = "SENSU_AGENT_PORT", value_name = "PORT")]
    pub agent_port: Option<u16>,
    /// PEM file with the certificate chain of the port for agents. With --agent-key-file, agents connect over TLS.
    #[arg(long, env = "SENSU_AGENT_CERT_FILE", value_name = "FILE", requires = "agent_key_file")]
    pub agent_cert_file: Option<PathBuf>,
    /// PEM file with the private key of --agent-cert-file, in PKCS #8.
    #[arg(long, env = "SENSU_AGENT_KEY_FILE", value_name = "FILE", requires = "agent_cert_file")]
    pub agent_key_file: Option<PathBuf>,
    /// Maximum time for an agent to accept a message, in seconds. Beyond it, its connection is closed.
    #[arg(long, env = "SENSU_AGENT_WRITE_TIMEOUT", value_name = "SECONDS",
          default_value_t = AgentSettings::WRITE_TIMEOUT.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub agent_write_timeout: u64,
    /// Maximum number of connected agents.
    #[arg(long, env = "SENSU_MAX_AGENTS", value_name = "NUMBER",
          default_value_t = AgentSettings::MAX_SESSIONS,
          value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=1_000_000))]
    pub max_agents: usize,
    /// Handler that gets the event when an entity is deregistered that names no handler itself.
    #[arg(long, env = "SENSU_DEREGISTRATION_HANDLER", value_name = "HANDLER")]
    pub deregistration_handler: Option<String>,
}

impl AgentArgs {
    /// Whether a part of the server runs.
    pub(super) fn is_enabled(&self, service: Service) -> bool {
        !self.disable.contains(&service)
    }

    /// Maximum number of connections of agents, including those whose handshake is not complete.
    pub(super) fn max_connections(&self) -> usize {
        match self.is_enabled(Service::Agents) {
            true => self.max_agents.saturating_add(AgentSettings::MAX_HANDSHAKES),
            false => 0,
        }
    }

    /// The settings of the port. `None` if agents cannot connect. `is_any_port`: whether the API has any free port.
    pub(super) fn settings(&self, is_any_port: bool) -> Option<AgentSettings> {
        if !self.is_enabled(Service::Agents) {
            return None;
        }
        let default = if is_any_port { 0 } else { AgentSettings::PORT };
        let files = self.agent_cert_file.clone().zip(self.agent_key_file.clone());
        Some(AgentSettings {
            address: SocketAddr::new(self.agent_host, self.agent_port.unwrap_or(default)),
            tls: files.map(|(cert_file, key_file)| Tls { cert_file, key_file }),
            write_timeout: Duration::from_secs(self.agent_write_timeout),
            max_sessions: self.max_agents,
            ..AgentSettings::default()
        })
    }
}
