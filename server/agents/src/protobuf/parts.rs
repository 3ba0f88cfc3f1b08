//! Messages that several others contain: metadata, references, secrets, metric tags and thresholds, time windows.

use sensu_types::metric;
use sensu_types::reference;
use sensu_types::secret;
use sensu_types::time_window;

use super::convert::{TextEntry, message};

message! {
    ObjectMeta for sensu_types::ObjectMeta {
        #[prost(bytes = "vec", tag = "1")]
        name: Vec<u8>,
        #[prost(bytes = "vec", tag = "2")]
        namespace: Vec<u8>,
        #[prost(message, repeated, tag = "3")]
        labels: Vec<TextEntry>,
        #[prost(message, repeated, tag = "4")]
        annotations: Vec<TextEntry>,
        #[prost(bytes = "vec", tag = "5")]
        created_by: Vec<u8>,
    }
}

message! {
    ResourceReference for reference::ResourceReference {
        #[prost(bytes = "vec", tag = "1")]
        name: Vec<u8>,
        #[prost(bytes = "vec", tag = "2")]
        kind: Vec<u8>,
        #[prost(bytes = "vec", tag = "3")]
        api_version: Vec<u8>,
    }
}

message! {
    Secret for secret::Secret {
        #[prost(bytes = "vec", tag = "1")]
        name: Vec<u8>,
        #[prost(bytes = "vec", tag = "2")]
        secret: Vec<u8>,
    }
}

message! {
    MetricTag for metric::MetricTag {
        #[prost(bytes = "vec", tag = "1")]
        name: Vec<u8>,
        #[prost(bytes = "vec", tag = "2")]
        value: Vec<u8>,
    }
}

message! {
    MetricThreshold for metric::MetricThreshold {
        #[prost(bytes = "vec", tag = "1")]
        name: Vec<u8>,
        #[prost(message, repeated, tag = "2")]
        tags: Vec<MetricTag>,
        #[prost(message, repeated, tag = "3")]
        thresholds: Vec<MetricThresholdRule>,
        #[prost(uint32, tag = "4")]
        null_status: u32,
    }
}

message! {
    MetricThresholdRule for metric::MetricThresholdRule {
        #[prost(bytes = "vec", tag = "1")]
        min: Vec<u8>,
        #[prost(bytes = "vec", tag = "2")]
        max: Vec<u8>,
        #[prost(uint32, tag = "3")]
        status: u32,
    }
}

message! {
    TimeWindowWhen for time_window::TimeWindowWhen {
        #[prost(message, optional, tag = "1")]
        days: Option<TimeWindowDays>,
    }
}

message! {
    TimeWindowDays for time_window::TimeWindowDays {
        #[prost(message, repeated, tag = "1")]
        all: Vec<TimeWindow>,
        #[prost(message, repeated, tag = "2")]
        sunday: Vec<TimeWindow>,
        #[prost(message, repeated, tag = "3")]
        monday: Vec<TimeWindow>,
        #[prost(message, repeated, tag = "4")]
        tuesday: Vec<TimeWindow>,
        #[prost(message, repeated, tag = "5")]
        wednesday: Vec<TimeWindow>,
        #[prost(message, repeated, tag = "6")]
        thursday: Vec<TimeWindow>,
        #[prost(message, repeated, tag = "7")]
        friday: Vec<TimeWindow>,
        #[prost(message, repeated, tag = "8")]
        saturday: Vec<TimeWindow>,
    }
}

message! {
    TimeWindow for time_window::TimeWindow {
        #[prost(bytes = "vec", tag = "1")]
        begin: Vec<u8>,
        #[prost(bytes = "vec", tag = "2")]
        end: Vec<u8>,
    }
}

message! {
    TimeWindowRepeated for time_window::TimeWindowRepeated {
        #[prost(bytes = "vec", tag = "1")]
        begin: Vec<u8>,
        #[prost(bytes = "vec", tag = "2")]
        end: Vec<u8>,
        #[prost(bytes = "vec", repeated, tag = "3")]
        repeat: Vec<Vec<u8>>,
    }
}
