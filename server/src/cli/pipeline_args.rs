//! Settings of the event pipeline.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use ipnet::IpNet;

use crate::PipelineSettings;

/// Settings of the event pipeline.
#[derive(Clone, Debug, Args)]
pub(super) struct PipelineArgs {
    /// Run the commands of handlers and mutators of type pipe. Users who may create handlers or mutators
    /// can then run any command as the user of the server.
    #[arg(long, env = "SENSU_ALLOW_COMMANDS")]
    pub allow_commands: bool,
    /// Maximum number of commands at the same time. A handler may run a quarter of them [default: 4 for each
    /// processor].
    #[arg(long, env = "SENSU_MAX_COMMANDS", value_name = "NUMBER",
          value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=10_000))]
    pub max_commands: Option<usize>,
    /// Maximum number of events that wait for handlers. Beyond it, events are stored and not handled.
    #[arg(long, env = "SENSU_OUTBOX_MAX_EVENTS", value_name = "NUMBER",
          default_value_t = PipelineSettings::MAX_ENTRIES)]
    pub outbox_max_events: usize,
    /// Maximum time that an event waits for handlers, in seconds, also while no server runs.
    #[arg(long, env = "SENSU_OUTBOX_MAX_AGE", value_name = "SECONDS",
          default_value_t = PipelineSettings::MAX_AGE.as_secs())]
    pub outbox_max_age: u64,
    /// Addresses or networks (CIDR) that handlers and downloads of assets may connect to, separated by
    /// commas [default: all]. Link-local addresses and metadata services of clouds are never allowed.
    #[arg(long, env = "SENSU_OUTBOUND_ALLOW", value_name = "CIDR", value_delimiter = ',',
          value_parser = network)]
    pub outbound_allow: Vec<IpNet>,
    /// Addresses or networks (CIDR) that handlers and downloads of assets may not connect to, separated by
    /// commas.
    #[arg(long, env = "SENSU_OUTBOUND_DENY", value_name = "CIDR", value_delimiter = ',',
          value_parser = network)]
    pub outbound_deny: Vec<IpNet>,
    /// Directory of installed assets. Created if missing [default: sensu.assets in --state-dir; none with
    /// --in-memory and --store].
    #[arg(long, env = "SENSU_CACHE_DIR", value_name = "DIR")]
    pub cache_dir: Option<PathBuf>,
    /// Maximum size of installed assets, in bytes. Beyond it, the ones that were not used for the longest
    /// time are removed.
    #[arg(long, env = "SENSU_CACHE_MAX_BYTES", value_name = "BYTES",
          default_value_t = PipelineSettings::CACHE_BYTES)]
    pub cache_max_bytes: u64,
}

impl PipelineArgs {
    /// The settings. `state_dir` is `None` if the store has no directory.
    pub(super) fn settings(&self, state_dir: Option<&Path>) -> PipelineSettings {
        PipelineSettings {
            allow_commands: self.allow_commands,
            max_commands: self.max_commands.unwrap_or_else(PipelineSettings::max_commands),
            max_entries: self.outbox_max_events,
            max_age: Duration::from_secs(self.outbox_max_age),
            outbound_allow: self.outbound_allow.clone(),
            outbound_deny: self.outbound_deny.clone(),
            cache_dir: self.cache_dir.clone().or_else(|| Some(state_dir?.join("sensu.assets"))),
            cache_bytes: self.cache_max_bytes,
        }
    }
}

fn network(text: &str) -> Result<IpNet, String> {
    let network = text.parse::<IpAddr>().map(IpNet::from).or_else(|_| text.parse::<IpNet>());
    network.map_err(|_| "expected an address or a network such as 10.0.0.0/8".into())
}
