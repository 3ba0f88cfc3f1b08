//! Goals of a measurement, and whether they were met: the last lines of its output.

use std::fmt::{Display, Formatter};

/// Goals with their results.
#[derive(Debug, Default)]
pub(super) struct Goals(Vec<Goal>);

#[derive(Debug)]
struct Goal {
    name: String,
    result: String,
    met: bool,
    depends: bool,
}

impl Goals {
    pub(super) fn add(&mut self, name: &str, result: impl Into<String>, met: bool) {
        self.0.push(Goal { name: name.to_owned(), result: result.into(), met, depends: false });
    }

    /// A goal that depends on the speed of the machine, and so does not count in
    /// [`Goals::all_met`].
    pub(super) fn advise(&mut self, name: &str, result: impl Into<String>, met: bool) {
        self.0.push(Goal { name: name.to_owned(), result: result.into(), met, depends: true });
    }

    /// Whether all goals were met that do not depend on the speed of the machine.
    pub(super) fn all_met(&self) -> bool {
        self.0.iter().all(|goal| goal.met || goal.depends)
    }
}

impl Display for Goals {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        for Goal { name, result, met, .. } in &self.0 {
            writeln!(f, "{:<6} {name}: {result}", if *met { "met" } else { "MISSED" })?;
        }
        let met = self.0.iter().filter(|goal| goal.met).count();
        write!(f, "goals: {met} met, {} missed", self.0.len() - met)
    }
}
