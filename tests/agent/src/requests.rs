//! Which check requests an agent executes.

use std::collections::{HashMap, HashSet};

use sensu_agents::message::CheckRequest;

use crate::Release;

/// The check requests of an agent so far.
#[derive(Debug)]
pub(crate) struct Requests {
    release: Release,
    last_issued: HashMap<String, i64>,
    running: HashSet<String>,
}

/// Why a request is not executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ignored {
    /// `issued` is that of the last request, or earlier.
    NotNewer,
    /// The check is still running.
    Running,
}

impl Requests {
    pub(crate) fn new(release: Release) -> Self {
        Self { release, last_issued: HashMap::new(), running: HashSet::new() }
    }

    /// Starts a request.
    pub(crate) fn start(&mut self, request: &CheckRequest) -> Result<(), Ignored> {
        let key = key(request);
        if self.release >= Release::V6_7_3 {
            let last = self.last_issued.entry(key.clone()).or_default();
            if request.issued <= *last {
                return Err(Ignored::NotNewer);
            }
            *last = request.issued;
        }
        match self.running.insert(key) {
            true => Ok(()),
            false => Err(Ignored::Running),
        }
    }

    /// Ends a request.
    pub(crate) fn end(&mut self, request: &CheckRequest) {
        self.running.remove(&key(request));
    }
}

fn key(request: &CheckRequest) -> String {
    let config = &request.config;
    format!("{}/{}", config.metadata.name, config.proxy_entity_name)
}

#[cfg(test)]
mod tests {
    use sensu_types::ObjectMeta;
    use sensu_types::check::CheckConfig;

    use super::*;

    fn request(proxy: &str, issued: i64) -> CheckRequest {
        let config = CheckConfig {
            metadata: ObjectMeta::new("default", "cpu"),
            proxy_entity_name: proxy.to_owned(),
            ..CheckConfig::default()
        };
        CheckRequest { config, issued, ..CheckRequest::default() }
    }

    #[test]
    fn a_running_check_is_not_started_again() {
        for release in Release::ALL {
            let mut requests = Requests::new(release);
            assert_eq!(requests.start(&request("", 1)), Ok(()));
            assert_eq!(requests.start(&request("", 2)), Err(Ignored::Running));
            assert_eq!(requests.start(&request("proxy", 2)), Ok(()));
            requests.end(&request("", 1));
            assert_eq!(requests.start(&request("", 3)), Ok(()));
        }
    }

    #[test]
    fn agents_from_6_7_3_ignore_requests_that_are_not_newer() {
        for (release, expected) in
            [(Release::V6_0, Ok(())), (Release::V6_7_3, Err(Ignored::NotNewer))]
        {
            let mut requests = Requests::new(release);
            assert_eq!(requests.start(&request("", 7)), Ok(()));
            requests.end(&request("", 7));
            assert_eq!(requests.start(&request("", 7)), expected);
        }
        assert_eq!(Requests::new(Release::V6_7_3).start(&request("", 0)), Err(Ignored::NotNewer));
    }
}
