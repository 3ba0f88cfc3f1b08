//! Messages for check requests, and the assets and hooks in them.

use std::collections::BTreeMap;

use sensu_types::asset;

use super::check::CheckConfig;
use super::convert::{Convert, TextEntry, message};
use super::hook::HookConfig;
use super::parts::ObjectMeta;
use crate::message;

message! {
    CheckRequest for message::CheckRequest {
        #[prost(message, optional, tag = "1")]
        config: Option<CheckConfig>,
        #[prost(message, repeated, tag = "2")]
        assets: Vec<Asset>,
        #[prost(message, repeated, tag = "3")]
        hooks: Vec<HookConfig>,
        #[prost(int64, tag = "4")]
        issued: i64,
        #[prost(message, repeated, tag = "5")]
        hook_assets: Vec<HookAssets>,
        #[prost(bytes = "vec", repeated, tag = "6")]
        secrets: Vec<Vec<u8>>,
    }
}

message! {
    AssetList for message::AssetList {
        #[prost(message, repeated, tag = "1")]
        assets: Vec<Asset>,
    }
}

message! {
    Asset for asset::Asset {
        #[prost(bytes = "vec", tag = "2")]
        url: Vec<u8>,
        #[prost(bytes = "vec", tag = "3")]
        sha512: Vec<u8>,
        #[prost(bytes = "vec", repeated, tag = "5")]
        filters: Vec<Vec<u8>>,
        #[prost(message, repeated, tag = "6")]
        builds: Vec<AssetBuild>,
        #[prost(message, optional, tag = "8")]
        metadata: Option<ObjectMeta>,
        #[prost(message, repeated, tag = "9")]
        headers: Vec<TextEntry>,
    }
}

message! {
    AssetBuild for asset::AssetBuild {
        #[prost(bytes = "vec", tag = "2")]
        url: Vec<u8>,
        #[prost(bytes = "vec", tag = "3")]
        sha512: Vec<u8>,
        #[prost(bytes = "vec", repeated, tag = "5")]
        filters: Vec<Vec<u8>>,
        #[prost(message, repeated, tag = "9")]
        headers: Vec<TextEntry>,
    }
}

/// An entry of the map from hooks to their assets.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct HookAssets {
    #[prost(bytes = "vec", tag = "1")]
    key: Vec<u8>,
    #[prost(message, optional, tag = "2")]
    value: Option<AssetList>,
}

impl Convert<BTreeMap<String, message::AssetList>> for Vec<HookAssets> {
    fn encode(value: BTreeMap<String, message::AssetList>) -> Self {
        let entry =
            |(key, value)| HookAssets { key: Vec::encode(key), value: Option::encode(value) };
        value.into_iter().map(entry).collect()
    }

    fn decode(self) -> BTreeMap<String, message::AssetList> {
        self.into_iter().map(|HookAssets { key, value }| (key.decode(), value.decode())).collect()
    }
}
