//! Reports of scripts: the last line of their output, as JSON, with a list of findings.

use std::process::Command;

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::tools;

/// The report of a script.
pub(crate) struct Report(Value);

impl Report {
    /// Runs a script.
    ///
    /// # Errors
    /// With its output, if it prints no report.
    pub(crate) fn of(script: &mut Command) -> anyhow::Result<Self> {
        let ran = tools::try_run(script)?;
        let line = ran.out.lines().last().unwrap_or_default();
        let report = serde_json::from_str(line)
            .with_context(|| format!("no report of {script:?}\n{}{}", ran.out, ran.err))?;
        Ok(Self(report))
    }

    /// A number of the report. 0 if there is none.
    pub(crate) fn number(&self, field: &str) -> u64 {
        self.0[field].as_u64().unwrap_or(0)
    }

    /// A list of texts of the report.
    pub(crate) fn texts(&self, field: &str) -> Vec<&str> {
        self.0[field].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Prints the figures of a task.
    ///
    /// # Errors
    /// With findings and figures, if there are findings or `is_complete` is false.
    #[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
    pub(crate) fn conclude(&self, is_complete: bool, figures: &str) -> anyhow::Result<()> {
        let findings = self.texts("findings");
        if !findings.is_empty() || !is_complete {
            bail!("{}\n{figures}", findings.join("\n"));
        }
        println!("{figures}");
        Ok(())
    }
}
