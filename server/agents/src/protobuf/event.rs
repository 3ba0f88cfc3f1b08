//! Messages for events, results of checks, and metrics.

use bytes::Bytes;
use sensu_types::event;

use super::check::{HookList, ProxyRequests};
use super::convert::message;
use super::entity::Entity;
use super::hook::Hook;
use super::parts::{
    MetricTag, MetricThreshold, ObjectMeta, ResourceReference, Secret, TimeWindowRepeated,
    TimeWindowWhen,
};

message! {
    Event for event::Event {
        #[prost(int64, tag = "1")]
        timestamp: i64,
        #[prost(message, optional, tag = "2")]
        entity: Option<Entity>,
        #[prost(message, optional, tag = "3")]
        check: Option<Check>,
        #[prost(message, optional, tag = "4")]
        metrics: Option<Metrics>,
        #[prost(message, optional, tag = "5")]
        metadata: Option<ObjectMeta>,
        #[prost(bytes = "bytes", tag = "6")]
        id: Bytes,
        #[prost(int64, tag = "7")]
        sequence: i64,
        #[prost(message, repeated, tag = "8")]
        pipelines: Vec<ResourceReference>,
        #[prost(message, optional, tag = "9")]
        fallback_pipeline: Option<ResourceReference>,
    }
}

message! {
    Check for event::Check {
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
        #[prost(double, tag = "22")]
        duration: f64,
        #[prost(int64, tag = "23")]
        executed: i64,
        #[prost(message, repeated, tag = "24")]
        history: Vec<CheckHistory>,
        #[prost(int64, tag = "25")]
        issued: i64,
        #[prost(bytes = "vec", tag = "26")]
        output: Vec<u8>,
        #[prost(bytes = "vec", tag = "27")]
        state: Vec<u8>,
        #[prost(uint32, tag = "28")]
        status: u32,
        #[prost(uint32, tag = "29")]
        total_state_change: u32,
        #[prost(int64, tag = "30")]
        last_ok: i64,
        #[prost(int64, tag = "31")]
        occurrences: i64,
        #[prost(int64, tag = "32")]
        occurrences_watermark: i64,
        #[prost(bytes = "vec", repeated, tag = "33")]
        silenced: Vec<Vec<u8>>,
        #[prost(message, repeated, tag = "34")]
        hooks: Vec<Hook>,
        #[prost(bytes = "vec", tag = "35")]
        output_metric_format: Vec<u8>,
        #[prost(bytes = "vec", repeated, tag = "36")]
        output_metric_handlers: Vec<Vec<u8>>,
        #[prost(bytes = "vec", repeated, tag = "37")]
        env_vars: Vec<Vec<u8>>,
        #[prost(message, optional, tag = "38")]
        metadata: Option<ObjectMeta>,
        #[prost(int64, tag = "39")]
        max_output_size: i64,
        #[prost(bool, tag = "40")]
        discard_output: bool,
        #[prost(message, repeated, tag = "41")]
        secrets: Vec<Secret>,
        #[prost(bool, optional, tag = "42")]
        is_silenced: Option<bool>,
        #[prost(message, repeated, tag = "43")]
        output_metric_tags: Vec<MetricTag>,
        #[prost(bytes = "vec", tag = "44")]
        scheduler: Vec<u8>,
        #[prost(bytes = "vec", tag = "45")]
        processed_by: Vec<u8>,
        #[prost(message, repeated, tag = "46")]
        pipelines: Vec<ResourceReference>,
        #[prost(message, repeated, tag = "47")]
        output_metric_thresholds: Vec<MetricThreshold>,
        #[prost(message, repeated, tag = "48")]
        subdues: Vec<TimeWindowRepeated>,
        #[prost(message, optional, tag = "49")]
        fallback_pipeline: Option<ResourceReference>,
        #[prost(uint32, tag = "50")]
        ttl_status: u32,
        #[prost(uint32, tag = "51")]
        asset_status: u32,
    }
}

message! {
    CheckHistory for event::CheckHistory {
        #[prost(uint32, tag = "1")]
        status: u32,
        #[prost(int64, tag = "2")]
        executed: i64,
    }
}

message! {
    Metrics for event::Metrics {
        #[prost(bytes = "vec", repeated, tag = "1")]
        handlers: Vec<Vec<u8>>,
        #[prost(message, repeated, tag = "2")]
        points: Vec<MetricPoint>,
    }
}

message! {
    MetricPoint for event::MetricPoint {
        #[prost(bytes = "vec", tag = "1")]
        name: Vec<u8>,
        #[prost(double, tag = "2")]
        value: f64,
        #[prost(int64, tag = "3")]
        timestamp: i64,
        #[prost(message, repeated, tag = "4")]
        tags: Vec<MetricTag>,
    }
}
