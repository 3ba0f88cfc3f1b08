//! Commands that are about no single resource.

mod api;
mod apply;
mod completion;
mod config;
mod configure;
mod create;
mod delete;
mod describe_type;
mod diff;
mod dump;
mod edit;
mod env;
mod files;
mod logout;
mod man;
mod token;
mod version;

use crate::resource::Irregular;

/// All of them, in the order of `sensuctl --help`.
pub(crate) const ALL: &[Irregular] = &[
    Irregular { command: configure::command, run: configure::run },
    Irregular { command: logout::command, run: logout::run },
    Irregular { command: config::command, run: config::run },
    Irregular { command: env::command, run: env::run },
    Irregular { command: token::command, run: token::run },
    Irregular { command: api::command, run: api::run },
    Irregular { command: create::command, run: create::run },
    Irregular { command: apply::command, run: apply::run },
    Irregular { command: diff::command, run: diff::run },
    Irregular { command: delete::command, run: delete::run },
    Irregular { command: edit::command, run: edit::run },
    Irregular { command: dump::command, run: dump::run },
    Irregular { command: describe_type::command, run: describe_type::run },
    Irregular { command: completion::command, run: completion::run },
    Irregular { command: man::command, run: man::run },
    Irregular { command: version::command, run: version::run },
];

/// Those that need no configuration, so that a broken one does not stop them.
pub(crate) const WITHOUT_CONFIGURATION: &[&str] =
    &["configure", "describe-type", "completion", "man", "version"];

/// A bar for work that takes long; shown only in a terminal, and only for much work.
fn progress(steps: usize) -> indicatif::ProgressBar {
    if steps < 10 {
        return indicatif::ProgressBar::hidden();
    }
    let bar = indicatif::ProgressBar::new(steps as u64);
    match indicatif::ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
