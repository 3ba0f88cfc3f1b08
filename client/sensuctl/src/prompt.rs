//! Prompts in a terminal.

use std::io::{self, IsTerminal as _};

use anyhow::{Result, anyhow};
use inquire::error::InquireError;
use inquire::validator::Validation;
use inquire::{Confirm, Password, PasswordDisplayMode, Select, Text};

use crate::field::{Field, ValueType};

const VALUE_REQUIRED: &str = "Value is required";

/// Whether standard input and output are terminals.
pub(crate) fn is_possible() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Asks for a text.
pub(crate) fn text(prompt: &str, default: &str, required: bool) -> Result<String> {
    let text = Text::new(prompt);
    let text = if default.is_empty() { text } else { text.with_default(default) };
    let text = text.with_validator(move |answer: &str| {
        Ok(match required && answer.trim().is_empty() {
            true => Validation::Invalid(VALUE_REQUIRED.into()),
            false => Validation::Valid,
        })
    });
    answer(text.prompt())
}

/// Asks for a password, without echo.
pub(crate) fn password(prompt: &str) -> Result<String> {
    let password =
        Password::new(prompt).without_confirmation().with_display_mode(PasswordDisplayMode::Hidden);
    answer(password.prompt())
}

/// Asks for one of several texts.
pub(crate) fn choice(prompt: &str, choices: &[&str], default: &str) -> Result<String> {
    let start = choices.iter().position(|choice| *choice == default).unwrap_or(0);
    let choices = choices.iter().map(|choice| (*choice).to_owned()).collect();
    answer(Select::new(prompt, choices).with_starting_cursor(start).prompt())
}

/// Asks yes or no; no is the default.
pub(crate) fn confirm(prompt: &str) -> Result<bool> {
    answer(Confirm::new(prompt).with_default(false).prompt())
}

/// Asks for the value of a field.
pub(crate) fn field(field: &'static Field, prompt: &str, default: &str) -> Result<String> {
    if let ValueType::Choice(choices) = field.value_type {
        let default = if default.is_empty() { "none" } else { default };
        return choice(prompt, choices, default);
    }
    let text = Text::new(prompt);
    let text = if default.is_empty() { text } else { text.with_default(default) };
    let text = text.with_help_message(field.help).with_validator(|answer: &str| {
        Ok(match field.parse(answer) {
            _ if field.required && answer.trim().is_empty() => {
                Validation::Invalid(VALUE_REQUIRED.into())
            }
            Ok(_) => Validation::Valid,
            Err(error) => Validation::Invalid(error.to_string().into()),
        })
    });
    answer(text.prompt())
}

fn answer<T>(answer: Result<T, InquireError>) -> Result<T> {
    answer.map_err(|error| match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => {
            anyhow!("interrupted")
        }
        InquireError::NotTTY => anyhow!("prompts need a terminal"),
        error => error.into(),
    })
}
