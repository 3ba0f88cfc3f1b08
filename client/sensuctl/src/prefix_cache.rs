//! Which prefix servers have, remembered from one run to the next: released Sensu backends would be
//! asked twice otherwise, each time.

use std::fs;
use std::path::PathBuf;

use sensu_client::ApiPrefix;
use serde_json::{Map, Value, json};

/// A file in the cache directory: addresses of servers that have `/api`. It is only a hint: without
/// it everything works, and takes longer.
#[derive(Debug)]
pub(crate) struct PrefixCache {
    file: PathBuf,
}

impl PrefixCache {
    /// The memory in a cache directory.
    pub(crate) fn within(folder: PathBuf) -> Self {
        Self { file: folder.join("prefixes") }
    }

    /// The prefix of a server, if it is the one that is not tried first.
    pub(crate) fn of(&self, address: &str) -> Option<ApiPrefix> {
        (self.known().get(address)? == "/api").then_some(ApiPrefix::Api)
    }

    /// Remembers the prefix of a server.
    pub(crate) fn keep(&self, address: &str, prefix: Option<ApiPrefix>) {
        if prefix != Some(ApiPrefix::Api) || self.of(address).is_some() {
            return;
        }
        let mut known = self.known();
        known.insert(address.to_owned(), json!("/api"));
        // A hint that cannot be kept is no reason to fail.
        let _ = self.file.parent().map(fs::create_dir_all);
        let _ = fs::write(&self.file, Value::Object(known).to_string());
    }

    fn known(&self) -> Map<String, Value> {
        let text = fs::read_to_string(&self.file).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_tried_second_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let memory = PrefixCache::within(folder.path().join("cache"));
        memory.keep("http://a", Some(ApiPrefix::Api));
        memory.keep("http://b", Some(ApiPrefix::Apis));
        memory.keep("http://c", None);
        assert_eq!(memory.of("http://a"), Some(ApiPrefix::Api));
        assert_eq!((memory.of("http://b"), memory.of("http://c")), (None, None));
        fs::write(folder.path().join("cache/prefixes"), "broken").unwrap();
        assert_eq!(memory.of("http://a"), None);
    }
}
