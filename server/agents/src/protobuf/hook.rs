//! Messages for hooks: configurations, and results, which contain a configuration.

use sensu_types::{event, hook};

use super::convert::{Convert, message};
use super::parts::ObjectMeta;

message! {
    HookConfig for hook::HookConfig {
        #[prost(message, optional, tag = "1")]
        metadata: Option<ObjectMeta>,
        #[prost(bytes = "vec", tag = "2")]
        command: Vec<u8>,
        #[prost(uint32, tag = "3")]
        timeout: u32,
        #[prost(bool, tag = "4")]
        stdin: bool,
        #[prost(bytes = "vec", repeated, tag = "5")]
        runtime_assets: Vec<Vec<u8>>,
    }
}

/// The result of a hook.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Hook {
    #[prost(message, optional, tag = "1")]
    config: Option<HookConfig>,
    #[prost(double, tag = "2")]
    duration: f64,
    #[prost(int64, tag = "3")]
    executed: i64,
    #[prost(int64, tag = "4")]
    issued: i64,
    #[prost(bytes = "vec", tag = "5")]
    output: Vec<u8>,
    #[prost(uint32, tag = "6")]
    status: u32,
}

/// In JSON, and in `sensu-types`, the fields of the configuration are fields of the result. Results have no
/// `runtime_assets`.
impl Convert<event::Hook> for Hook {
    fn encode(value: event::Hook) -> Self {
        let event::Hook {
            metadata,
            command,
            timeout,
            stdin,
            duration,
            executed,
            issued,
            output,
            status,
        } = value;
        let config =
            hook::HookConfig { metadata, command, timeout, stdin, runtime_assets: Vec::new() };
        let (config, output) = (Option::encode(config), Vec::encode(output));
        Self { config, duration, executed, issued, output, status }
    }

    fn decode(self) -> event::Hook {
        let Self { config, duration, executed, issued, output, status } = self;
        let hook::HookConfig { metadata, command, timeout, stdin, runtime_assets: _ } =
            config.decode();
        let output = output.decode();
        event::Hook {
            metadata,
            command,
            timeout,
            stdin,
            duration,
            executed,
            issued,
            output,
            status,
        }
    }
}
