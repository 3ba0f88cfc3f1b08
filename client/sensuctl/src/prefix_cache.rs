//! Cache of API prefixes. Without it, each run against a released Sensu backend needs a second
//! request to find out that the backend serves `/api`, not `/apis`.

use std::fs;
use std::path::PathBuf;

use sensu_client::ApiPrefix;
use serde_json::{Map, Value, json};

/// The file `prefixes` in the cache directory: URLs of servers with the prefix `/api`. A file that is
/// missing, broken or read-only costs time and nothing else.
#[derive(Debug)]
pub(crate) struct PrefixCache {
    file: PathBuf,
}

impl PrefixCache {
    /// The cache in this directory.
    pub(crate) fn in_directory(directory: PathBuf) -> Self {
        Self { file: directory.join("prefixes") }
    }

    /// The cached prefix of a server.
    pub(crate) fn get(&self, url: &str) -> Option<ApiPrefix> {
        (self.entries().get(url)? == "/api").then_some(ApiPrefix::Api)
    }

    /// Caches the prefix of a server, unless it is `/apis`, which clients try first.
    pub(crate) fn insert(&self, url: &str, prefix: Option<ApiPrefix>) {
        if prefix != Some(ApiPrefix::Api) || self.get(url).is_some() {
            return;
        }
        let mut entries = self.entries();
        entries.insert(url.to_owned(), json!("/api"));
        let _ = self.file.parent().map(fs::create_dir_all);
        let _ = fs::write(&self.file, Value::Object(entries).to_string());
    }

    fn entries(&self) -> Map<String, Value> {
        let text = fs::read_to_string(&self.file).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_prefix_that_is_tried_second_is_cached() {
        let folder = tempfile::tempdir().unwrap();
        let cache = PrefixCache::in_directory(folder.path().join("cache"));
        cache.insert("http://a", Some(ApiPrefix::Api));
        cache.insert("http://b", Some(ApiPrefix::Apis));
        cache.insert("http://c", None);
        assert_eq!(cache.get("http://a"), Some(ApiPrefix::Api));
        assert_eq!((cache.get("http://b"), cache.get("http://c")), (None, None));
        fs::write(folder.path().join("cache/prefixes"), "broken").unwrap();
        assert_eq!(cache.get("http://a"), None);
    }
}
