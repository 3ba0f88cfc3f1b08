//! Runs mutators.

use std::time::Duration;

use bytes::Bytes;
use sensu_types::event::Event;
use sensu_types::mutator::Mutator;

use super::{Executor, RunContext, limit, load};
use crate::command::ExcessOutput;
use crate::handlers::excerpt;
use crate::javascript::ScriptError;
use crate::payload;

/// Why a mutator failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct MutatorError {
    /// The reason, for operators.
    pub reason: String,
    /// Exit status of the command, 128 plus the number of the signal that ended it. `None` if no command
    /// ended.
    pub status: Option<i32>,
    /// The first [`crate::handlers::OUTPUT`] bytes of the output of the command.
    pub output: String,
}

impl Executor {
    /// Runs a mutator of type `pipe` or `javascript`. For `json` and `only_check_output` see [`payload`].
    ///
    /// # Errors
    /// [`MutatorError`] if commands are not allowed, the command fails or exceeds a limit, or the script throws,
    /// exceeds a limit or returns neither text nor nothing.
    pub async fn mutate(
        &self,
        mutator: &Mutator,
        event: &Event,
        context: &RunContext,
    ) -> Result<Bytes, MutatorError> {
        let time = limit(mutator.timeout);
        if mutator.kind == "javascript" {
            let result = self.mutate_with_script(mutator, event, context, time).await;
            return result.map_err(|error| failed(error.to_string()));
        }
        let input = payload::json(event).map_err(|error| failed(error.to_string()))?;
        let excess = ExcessOutput::Kill;
        let run = self.run(&mutator.command, &mutator.env_vars, context, input, time, excess);
        let result = run.await.map_err(failed)?;
        let reason = if result.is_timed_out {
            "pipe mutator timed out"
        } else if result.is_truncated {
            "the output of the pipe mutator exceeds the limit"
        } else if result.status != 0 {
            "pipe mutator execution returned non-zero exit status"
        } else {
            return Ok(result.output.into());
        };
        let output = excerpt(&result.output);
        Err(MutatorError { reason: reason.to_owned(), status: Some(result.status), output })
    }

    async fn mutate_with_script(
        &self,
        mutator: &Mutator,
        event: &Event,
        context: &RunContext,
        time: Option<Duration>,
    ) -> Result<Bytes, ScriptError> {
        let settings = &self.0.settings;
        let libraries = load(&context.assets).await?;
        // A name without a value stands for the value of the server, if commands receive that.
        let inherited = |name: &str| settings.commands.as_ref()?.environment().get(name);
        let variable = |text: &String| match text.split_once('=') {
            Some((name, value)) => Some((name.to_owned(), value.to_owned())),
            None => Some((text.clone(), inherited(text)?.to_owned())),
        };
        let variables = mutator.env_vars.iter().filter_map(variable).collect();
        settings.javascript.mutate(&mutator.eval, event, variables, &libraries, time).await
    }
}

fn failed(reason: String) -> MutatorError {
    MutatorError { reason, ..MutatorError::default() }
}
