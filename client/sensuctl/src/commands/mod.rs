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

use crate::resource::CustomCommand;

/// All of them, in the order of `sensuctl --help`.
pub(crate) const ALL: &[CustomCommand] = &[
    CustomCommand { command: configure::command, run: configure::run },
    CustomCommand { command: logout::command, run: logout::run },
    CustomCommand { command: config::command, run: config::run },
    CustomCommand { command: env::command, run: env::run },
    CustomCommand { command: token::command, run: token::run },
    CustomCommand { command: api::command, run: api::run },
    CustomCommand { command: create::command, run: create::run },
    CustomCommand { command: apply::command, run: apply::run },
    CustomCommand { command: diff::command, run: diff::run },
    CustomCommand { command: delete::command, run: delete::run },
    CustomCommand { command: edit::command, run: edit::run },
    CustomCommand { command: dump::command, run: dump::run },
    CustomCommand { command: describe_type::command, run: describe_type::run },
    CustomCommand { command: completion::command, run: completion::run },
    CustomCommand { command: man::command, run: man::run },
    CustomCommand { command: version::command, run: version::run },
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
