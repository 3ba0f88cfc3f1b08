//! The environment variables of commands.

use std::collections::BTreeMap;

use crate::assets::InstalledAsset;

/// Variables of the server that commands receive. No others: they can contain passwords.
const FROM_PROCESS: [&str; 4] = ["PATH", "HOME", "LANG", "TZ"];
/// Variables with lists of directories, and the directory of an asset that is prepended to each.
const PATHS: [(&str, &str); 3] =
    [("PATH", "bin"), ("LD_LIBRARY_PATH", "lib"), ("CPATH", "include")];

/// Environment variables by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables of this process that commands receive, if set: PATH, HOME, LANG and TZ.
    #[must_use]
    pub fn from_process() -> Self {
        let value = |name: &str| std::env::var_os(name)?.into_string().ok();
        let variables = FROM_PROCESS.iter().filter_map(|name| Some(((*name).into(), value(name)?)));
        Self(variables.collect())
    }

    /// Adds the directories of assets, `env_vars` (each `NAME=value`; others are ignored) and further variables, in this
    /// order. Values of `PATH`, `LD_LIBRARY_PATH` and `CPATH` are prepended to earlier ones, others replace them.
    #[must_use]
    pub fn with(
        mut self,
        assets: &[InstalledAsset],
        env_vars: &[String],
        variables: &[(String, String)],
    ) -> Self {
        // Backwards, so that the first asset comes first.
        for asset in assets.iter().rev() {
            for (name, subdirectory) in PATHS {
                self.add(name, &asset.directory().join(subdirectory).to_string_lossy());
            }
            self.add(&path_variable(asset.name()), &asset.directory().to_string_lossy());
        }
        for (name, value) in env_vars.iter().filter_map(|variable| variable.split_once('=')) {
            self.add(name, value);
        }
        for (name, value) in variables {
            self.add(name, value);
        }
        self
    }

    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Names and values, in order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn add(&mut self, name: &str, value: &str) {
        // The operating system has no variable without a name.
        if name.is_empty() {
            return;
        }
        let is_path = PATHS.iter().any(|(path, _)| *path == name);
        // An empty element of a path is the working directory, so there is no separator without elements.
        let value = match self.0.get(name).filter(|before| is_path && !before.is_empty()) {
            Some(before) if value.is_empty() => before.clone(),
            Some(before) => format!("{value}:{before}"),
            None => value.to_owned(),
        };
        self.0.insert(name.to_owned(), value);
    }
}

/// `SENSU_CHECK_HTTP_PATH` for the asset `sensu/check-http`.
fn path_variable(asset: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    asset.chars().map(letter).chain("_PATH".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        Environment(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    /// E15
    #[test]
    fn paths_are_prepended_and_other_values_replaced() {
        let base = environment(&[("PATH", "/usr/bin"), ("HOME", "/root")]);
        let env_vars =
            ["PATH=/x", "HOME=/y", "A=b=c", "IGNORED", "=z", "CPATH=/i"].map(String::from);
        let variables = [("SENSU_EVENT_REVISION".to_owned(), "7".to_owned())];
        let expected = environment(&[
            ("PATH", "/x:/usr/bin"),
            ("HOME", "/y"),
            ("A", "b=c"),
            ("CPATH", "/i"),
            ("SENSU_EVENT_REVISION", "7"),
        ]);
        assert_eq!(base.with(&[], &env_vars, &variables), expected);
    }

    #[test]
    fn directories_of_assets_are_in_the_paths_in_order() {
        let assets = [InstalledAsset::test("a/b-c", "/c/1"), InstalledAsset::test("d", "/c/2")];
        let result = environment(&[("PATH", "/bin")]).with(&assets, &["PATH=/x".into()], &[]);
        let expected = environment(&[
            ("PATH", "/x:/c/1/bin:/c/2/bin:/bin"),
            ("LD_LIBRARY_PATH", "/c/1/lib:/c/2/lib"),
            ("CPATH", "/c/1/include:/c/2/include"),
            ("A_B_C_PATH", "/c/1"),
            ("D_PATH", "/c/2"),
        ]);
        assert_eq!(result, expected);
    }

    #[test]
    fn only_four_variables_of_the_process_are_passed_on() {
        let environment = Environment::from_process();
        assert!(environment.get("PATH").is_some());
        assert!(environment.iter().all(|(name, _)| FROM_PROCESS.contains(&name)));
    }
}
