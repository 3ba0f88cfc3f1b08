//! Targets, and whether they were met: the last lines of a measurement.

use std::fmt::{Display, Formatter};

/// What was asked for, and what came out.
#[derive(Debug, Default)]
pub(super) struct Goals(Vec<Goal>);

#[derive(Debug)]
struct Goal {
    target: String,
    found: String,
    met: bool,
}

impl Goals {
    pub(super) fn add(&mut self, target: &str, found: impl Into<String>, met: bool) {
        self.0.push(Goal { target: target.to_owned(), found: found.into(), met });
    }
}

impl Display for Goals {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        for Goal { target, found, met } in &self.0 {
            writeln!(f, "{:<6} {target}: {found}", if *met { "met" } else { "MISSED" })?;
        }
        let met = self.0.iter().filter(|goal| goal.met).count();
        write!(f, "targets: {met} met, {} missed", self.0.len() - met)
    }
}
