//! Messages for the configuration of checks.

use std::collections::BTreeMap;

use sensu_types::check;

use super::convert::{Convert, message};
use super::parts::{
    MetricTag, MetricThreshold, ObjectMeta, ResourceReference, Secret, TimeWindowRepeated,
    TimeWindowWhen,
};

message! {
    CheckConfig for check::CheckConfig {
        #[prost(bytes = "vec", tag = "1")]
        command: Vec<u8>,
        #[prost(bytes = "vec", repeated, tag = "3")]
        handlers: Vec<Vec<u8>>,
        #[prost(uint32, tag = "4")]
        high_flap_threshold: u32,
        #[prost(uint32, tag = "5")]
        interval: u32,
        #[prost(uint32, tag = "6")]
        low_flap_threshold: u32,
        #[prost(bool, tag = "9")]
        publish: bool,
        #[prost(bytes = "vec", repeated, tag = "10")]
        runtime_assets: Vec<Vec<u8>>,
        #[prost(bytes = "vec", repeated, tag = "11")]
        subscriptions: Vec<Vec<u8>>,
        #[prost(bytes = "vec", tag = "13")]
        proxy_entity_name: Vec<u8>,
        #[prost(message, repeated, tag = "14")]
        check_hooks: Vec<HookList>,
        #[prost(bool, tag = "15")]
        stdin: bool,
        #[prost(message, optional, tag = "16")]
        subdue: Option<TimeWindowWhen>,
        #[prost(bytes = "vec", tag = "17")]
        cron: Vec<u8>,
        #[prost(int64, tag = "18")]
        ttl: i64,
        #[prost(uint32, tag = "19")]
        timeout: u32,
        #[prost(message, optional, tag = "20")]
        proxy_requests: Option<ProxyRequests>,
        #[prost(bool, tag = "21")]
        round_robin: bool,
        #[prost(bytes = "vec", tag = "22")]
        output_metric_format: Vec<u8>,
        #[prost(bytes = "vec", repeated, tag = "23")]
        output_metric_handlers: Vec<Vec<u8>>,
        #[prost(bytes = "vec", repeated, tag = "24")]
        env_vars: Vec<Vec<u8>>,
        #[prost(message, optional, tag = "26")]
        metadata: Option<ObjectMeta>,
        #[prost(int64, tag = "27")]
        max_output_size: i64,
        #[prost(bool, tag = "28")]
        discard_output: bool,
        #[prost(message, repeated, tag = "29")]
        secrets: Vec<Secret>,
        #[prost(message, repeated, tag = "30")]
        output_metric_tags: Vec<MetricTag>,
        #[prost(message, repeated, tag = "32")]
        pipelines: Vec<ResourceReference>,
        #[prost(message, repeated, tag = "33")]
        output_metric_thresholds: Vec<MetricThreshold>,
        #[prost(message, repeated, tag = "34")]
        subdues: Vec<TimeWindowRepeated>,
        #[prost(message, optional, tag = "35")]
        fallback_pipeline: Option<ResourceReference>,
        #[prost(uint32, tag = "36")]
        ttl_status: u32,
        #[prost(uint32, tag = "37")]
        asset_status: u32,
    }
}

message! {
    ProxyRequests for check::ProxyRequests {
        #[prost(bytes = "vec", repeated, tag = "1")]
        entity_attributes: Vec<Vec<u8>>,
        #[prost(bool, tag = "2")]
        splay: bool,
        #[prost(uint32, tag = "3")]
        splay_coverage: u32,
    }
}

/// The hooks of one type of result.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct HookList {
    #[prost(bytes = "vec", repeated, tag = "1")]
    hooks: Vec<Vec<u8>>,
    #[prost(bytes = "vec", tag = "2")]
    kind: Vec<u8>,
}

/// A list in JSON can have several types of results. In protobuf each type is a list of its own.
impl Convert<Vec<check::HookList>> for Vec<HookList> {
    fn encode(value: Vec<check::HookList>) -> Self {
        let types = value.into_iter().flat_map(|list| list.0);
        types
            .map(|(kind, hooks)| HookList { hooks: Vec::encode(hooks), kind: Vec::encode(kind) })
            .collect()
    }

    fn decode(self) -> Vec<check::HookList> {
        let list = |HookList { hooks, kind }| BTreeMap::from([(kind.decode(), hooks.decode())]);
        self.into_iter().map(|wire| check::HookList(list(wire))).collect()
    }
}
