//! Messages for entities: complete, and the configuration that servers send to agents.

use sensu_types::entity;

use super::convert::message;
use super::parts::ObjectMeta;
use crate::message;

message! {
    Entity for entity::Entity {
        #[prost(bytes = "vec", tag = "1")]
        entity_class: Vec<u8>,
        #[prost(message, optional, tag = "3")]
        system: Option<System>,
        #[prost(bytes = "vec", repeated, tag = "4")]
        subscriptions: Vec<Vec<u8>>,
        #[prost(int64, tag = "5")]
        last_seen: i64,
        #[prost(bool, tag = "6")]
        deregister: bool,
        #[prost(message, optional, tag = "7")]
        deregistration: Option<Deregistration>,
        #[prost(bytes = "vec", tag = "11")]
        user: Vec<u8>,
        #[prost(bytes = "vec", repeated, tag = "13")]
        redact: Vec<Vec<u8>>,
        #[prost(message, optional, tag = "14")]
        metadata: Option<ObjectMeta>,
        #[prost(bytes = "vec", tag = "15")]
        sensu_agent_version: Vec<u8>,
        #[prost(bytes = "vec", repeated, tag = "16")]
        keepalive_handlers: Vec<Vec<u8>>,
    }
}

message! {
    System for entity::System {
        #[prost(bytes = "vec", tag = "1")]
        hostname: Vec<u8>,
        #[prost(bytes = "vec", tag = "2")]
        os: Vec<u8>,
        #[prost(bytes = "vec", tag = "3")]
        platform: Vec<u8>,
        #[prost(bytes = "vec", tag = "4")]
        platform_family: Vec<u8>,
        #[prost(bytes = "vec", tag = "5")]
        platform_version: Vec<u8>,
        #[prost(message, optional, tag = "6")]
        network: Option<Network>,
        #[prost(bytes = "vec", tag = "7")]
        arch: Vec<u8>,
        #[prost(int32, tag = "8")]
        arm_version: i32,
        #[prost(bytes = "vec", tag = "9")]
        libc_type: Vec<u8>,
        #[prost(bytes = "vec", tag = "10")]
        vm_system: Vec<u8>,
        #[prost(bytes = "vec", tag = "11")]
        vm_role: Vec<u8>,
        #[prost(bytes = "vec", tag = "12")]
        cloud_provider: Vec<u8>,
        #[prost(bytes = "vec", tag = "13")]
        float_type: Vec<u8>,
        #[prost(message, repeated, tag = "14")]
        processes: Vec<Process>,
    }
}

message! {
    Process for entity::Process {
        #[prost(bytes = "vec", tag = "1")]
        name: Vec<u8>,
    }
}

message! {
    Network for entity::Network {
        #[prost(message, repeated, tag = "1")]
        interfaces: Vec<NetworkInterface>,
    }
}

message! {
    NetworkInterface for entity::NetworkInterface {
        #[prost(bytes = "vec", tag = "1")]
        name: Vec<u8>,
        #[prost(bytes = "vec", tag = "2")]
        mac: Vec<u8>,
        #[prost(bytes = "vec", repeated, tag = "3")]
        addresses: Vec<Vec<u8>>,
    }
}

message! {
    Deregistration for entity::Deregistration {
        #[prost(bytes = "vec", tag = "1")]
        handler: Vec<u8>,
    }
}

message! {
    EntityConfig for message::EntityConfig {
        #[prost(message, optional, tag = "1")]
        metadata: Option<ObjectMeta>,
        #[prost(bytes = "vec", tag = "2")]
        entity_class: Vec<u8>,
        #[prost(bytes = "vec", tag = "3")]
        user: Vec<u8>,
        #[prost(bytes = "vec", repeated, tag = "4")]
        subscriptions: Vec<Vec<u8>>,
        #[prost(bool, tag = "5")]
        deregister: bool,
        #[prost(message, optional, tag = "6")]
        deregistration: Option<Deregistration>,
        #[prost(bytes = "vec", repeated, tag = "7")]
        keepalive_handlers: Vec<Vec<u8>>,
        #[prost(bytes = "vec", repeated, tag = "8")]
        redact: Vec<Vec<u8>>,
    }
}
