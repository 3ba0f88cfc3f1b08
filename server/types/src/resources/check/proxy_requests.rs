//! Proxy requests: running a check once for each of several proxy entities.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::grammar::expression;
use crate::invalid::Validated as _;

/// Executes the check once for each entity that expressions select. Each agent that executes the check does so for all
/// of these entities; with `round_robin` they are distributed over the agents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct ProxyRequests {
    /// JavaScript expressions about an entity. The check is executed for entities of its namespace for which all are
    /// true, and for none without expressions.
    /// At most %expressions% expressions, with %expression-bytes% bytes and %property-escapes% Unicode
    /// property escapes in all.
    pub entity_attributes: Vec<String>,
    /// Whether to distribute the executions over a part of the time to the next run.
    pub splay: bool,
    /// Part of the time to the next run over which the executions are distributed, in percent, from 0 to 100.
    /// Greater than 0 if `splay` is true.
    #[schemars(range(max = 100))]
    pub splay_coverage: u32,
}

impl ProxyRequests {
    pub(crate) fn has_expressions(&self) -> bool {
        !self.entity_attributes.is_empty()
    }

    pub(super) fn validate(&self) -> Result<(), Invalid> {
        if self.splay_coverage > 100 {
            let message = "proxy request splay coverage must be between 0 and 100";
            return Err(Invalid::new(message).at("/splay_coverage"));
        }
        if self.splay && self.splay_coverage == 0 {
            let message = "proxy request splay coverage must be greater than 0 if splay is enabled";
            return Err(Invalid::new(message).at("/splay_coverage"));
        }
        expression::Checker::default().check_all(&self.entity_attributes).at("/entity_attributes")
    }
}
