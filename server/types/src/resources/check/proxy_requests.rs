//! Proxy requests: running a check once for each of several proxy entities.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::grammar::expression;

/// Run the check for each of a number of proxy entities. Absent when not used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct ProxyRequests {
    /// JavaScript expressions about the entity; all must be true.
    pub entity_attributes: Vec<String>,
    /// Whether to spread the runs over a part of the interval.
    pub splay: bool,
    /// The part of the interval to spread the runs over, in percent: 0 to 100, greater than 0 if
    /// `splay` is true.
    #[schemars(range(max = 100))]
    pub splay_coverage: u32,
}

impl ProxyRequests {
    pub(super) fn validate(&self) -> Result<(), Invalid> {
        if self.splay_coverage > 100 {
            return Err(Invalid::new("proxy request splay coverage must be between 0 and 100"));
        }
        if self.splay && self.splay_coverage == 0 {
            return Err(Invalid::new(
                "proxy request splay coverage must be greater than 0 if splay is enabled",
            ));
        }
        expression::check_all(&self.entity_attributes)
    }
}
