//! Questions, in a terminal.

use std::io::{self, IsTerminal as _};

use anyhow::{Result, anyhow};
use inquire::error::InquireError;
use inquire::validator::Validation;
use inquire::{Confirm, Password, PasswordDisplayMode, Select, Text};

use crate::field::{Field, Shape};

/// Whether there is somebody to ask.
pub(crate) fn is_possible() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Asks for a text.
pub(crate) fn text(question: &str, default: &str, required: bool) -> Result<String> {
    let prompt = Text::new(question);
    let prompt = if default.is_empty() { prompt } else { prompt.with_default(default) };
    let prompt = prompt.with_validator(move |text: &str| {
        Ok(match required && text.trim().is_empty() {
            true => Validation::Invalid("Value is required".into()),
            false => Validation::Valid,
        })
    });
    answered(prompt.prompt())
}

/// Asks for a password, which is not shown.
pub(crate) fn password(question: &str) -> Result<String> {
    let prompt = Password::new(question)
        .without_confirmation()
        .with_display_mode(PasswordDisplayMode::Hidden);
    answered(prompt.prompt())
}

/// Asks for one of several texts.
pub(crate) fn choice(question: &str, choices: &[&str], default: &str) -> Result<String> {
    let start = choices.iter().position(|choice| *choice == default).unwrap_or(0);
    let choices = choices.iter().map(|choice| (*choice).to_owned()).collect();
    answered(Select::new(question, choices).with_starting_cursor(start).prompt())
}

/// Asks for yes or no.
pub(crate) fn confirm(question: &str) -> Result<bool> {
    answered(Confirm::new(question).with_default(false).prompt())
}

/// Asks for the value of a field.
pub(crate) fn field(field: &'static Field, default: &str) -> Result<String> {
    if let Shape::Choice(choices) = field.shape {
        // What is not set is the choice `none`.
        let default = if default.is_empty() { "none" } else { default };
        return choice(field.question, choices, default);
    }
    let prompt = Text::new(field.question);
    let prompt = if default.is_empty() { prompt } else { prompt.with_default(default) };
    let prompt = prompt.with_help_message(field.help).with_validator(|text: &str| {
        Ok(match field.parse(text) {
            _ if field.required && text.trim().is_empty() => {
                Validation::Invalid("Value is required".into())
            }
            Ok(_) => Validation::Valid,
            Err(error) => Validation::Invalid(error.to_string().into()),
        })
    });
    answered(prompt.prompt())
}

fn answered<T>(answer: Result<T, InquireError>) -> Result<T> {
    answer.map_err(|error| match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => {
            anyhow!("interrupted")
        }
        InquireError::NotTTY => anyhow!("there is no terminal to ask in"),
        error => error.into(),
    })
}
