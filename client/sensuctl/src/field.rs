//! Fields of a resource that users set with a flag or in a prompt.

use anyhow::{Result, bail};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches};
use serde_json::{Value, json};

use crate::args::{split_list, switch};
use crate::{pointer, time};

/// A field: its flag, its prompt, and its place in the object. Built from one of the constructors and
/// methods that add to it: `Field::text("command", "/command", "Command to run").required()`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    /// Long flag, without dashes.
    pub flag: &'static str,
    /// JSON pointer of the value.
    pub pointer: &'static str,
    /// Help text of the flag and the prompt.
    pub help: &'static str,
    /// Type of the value.
    pub value_type: ValueType,
    /// Text of the prompt; `None` if `create --interactive` does not ask for the field.
    pub prompt: Option<&'static str>,
    /// Value of `create` without flag or answer.
    pub default: Option<&'static str>,
    /// Whether `create` fails without a value.
    pub required: bool,
    /// The `set-FLAG` and `remove-FLAG` commands that the field has.
    pub setter: Setter,
    short: Option<char>,
    value_name: Option<&'static str>,
    prompt_if: Option<(&'static str, &'static [&'static str])>,
}

/// Type of the values of a field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ValueType {
    Text,
    /// A whole number.
    Number,
    Bool,
    /// Texts, separated by commas.
    List,
    /// One of these texts. `none`, if it is among them, stands for no value.
    Choice(&'static [&'static str]),
    /// A time in one of the notations of [`time::parse`]; sent as seconds since 1970-01-01 UTC.
    Time,
}

/// Commands that change one field of an existing object.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Setter {
    /// No command.
    None,
    /// `set-FLAG NAME VALUE`. Clears the field with the flag `clears`, which excludes this one.
    Set { clears: Option<&'static str> },
    /// `set-FLAG NAME VALUE` and `remove-FLAG NAME`.
    SetAndRemove,
}

impl Field {
    const fn new(
        flag: &'static str,
        pointer: &'static str,
        help: &'static str,
        value_type: ValueType,
    ) -> Self {
        Self {
            flag,
            pointer,
            help,
            value_type,
            prompt: None,
            default: None,
            required: false,
            setter: Setter::None,
            short: None,
            value_name: None,
            prompt_if: None,
        }
    }

    pub(crate) const fn text(
        flag: &'static str,
        pointer: &'static str,
        help: &'static str,
    ) -> Self {
        Self::new(flag, pointer, help, ValueType::Text)
    }

    pub(crate) const fn number(
        flag: &'static str,
        pointer: &'static str,
        help: &'static str,
    ) -> Self {
        Self::new(flag, pointer, help, ValueType::Number)
    }

    pub(crate) const fn bool(
        flag: &'static str,
        pointer: &'static str,
        help: &'static str,
    ) -> Self {
        Self::new(flag, pointer, help, ValueType::Bool)
    }

    pub(crate) const fn list(
        flag: &'static str,
        pointer: &'static str,
        help: &'static str,
    ) -> Self {
        Self::new(flag, pointer, help, ValueType::List)
    }

    pub(crate) const fn time(
        flag: &'static str,
        pointer: &'static str,
        help: &'static str,
    ) -> Self {
        Self::new(flag, pointer, help, ValueType::Time)
    }

    pub(crate) const fn choice(
        flag: &'static str,
        pointer: &'static str,
        help: &'static str,
        choices: &'static [&'static str],
    ) -> Self {
        Self::new(flag, pointer, help, ValueType::Choice(choices))
    }

    /// The environment variables of a command.
    pub(crate) const ENV_VARS: Self =
        Self::list("env-vars", "/env_vars", "Environment variables of the command")
            .value_name("NAME=VALUE,...");

    /// The assets that a command needs.
    pub(crate) const RUNTIME_ASSETS: Self =
        Self::list("runtime-assets", "/runtime_assets", "Assets that the command needs").short('r');

    pub(crate) const fn short(mut self, short: char) -> Self {
        self.short = Some(short);
        self
    }

    pub(crate) const fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    /// Replaces the name of the value in `--help`, which is the type of the value otherwise.
    pub(crate) const fn value_name(mut self, value_name: &'static str) -> Self {
        self.value_name = Some(value_name);
        self
    }

    pub(crate) const fn prompt(mut self, prompt: &'static str) -> Self {
        self.prompt = Some(prompt);
        self
    }

    /// Asks only if the field at `pointer` has one of these values.
    pub(crate) const fn prompt_if(
        mut self,
        pointer: &'static str,
        values: &'static [&'static str],
    ) -> Self {
        self.prompt_if = Some((pointer, values));
        self
    }

    pub(crate) const fn default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    pub(crate) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Adds a `set-FLAG` command.
    pub(crate) const fn settable(mut self) -> Self {
        self.setter = Setter::Set { clears: None };
        self
    }

    /// Adds a `set-FLAG` command that clears another field: an object has only one of the two.
    pub(crate) const fn settable_instead_of(mut self, flag: &'static str) -> Self {
        self.setter = Setter::Set { clears: Some(flag) };
        self
    }

    /// Adds `set-FLAG` and `remove-FLAG` commands.
    pub(crate) const fn removable(mut self) -> Self {
        self.setter = Setter::SetAndRemove;
        self
    }

    /// The flag, as an argument of `create` and `update`.
    pub(crate) fn arg(&self) -> Arg {
        let arg = Arg::new(self.flag).long(self.flag).help(self.help);
        let arg = match self.short {
            Some(short) => arg.short(short),
            None => arg,
        };
        let arg = match self.default {
            Some(default) => arg.default_value(default),
            None => arg,
        };
        let arg = match self.value_type {
            ValueType::Bool => switch(arg),
            ValueType::List => arg.value_name("NAME,...").action(ArgAction::Append),
            ValueType::Number => arg.value_name("NUMBER").allow_negative_numbers(true),
            ValueType::Text => arg.value_name("TEXT").allow_hyphen_values(true),
            ValueType::Time => arg.value_name("TIME").allow_hyphen_values(true),
            ValueType::Choice(choices) => {
                arg.value_name("VALUE").help(format!("{}: {}", self.help, choices.join(", ")))
            }
        };
        match self.value_name {
            Some(name) => arg.value_name(name),
            None => arg,
        }
    }

    /// The value of the flag or its default.
    pub(crate) fn value(&self, matches: &ArgMatches) -> Option<String> {
        match self.value_type {
            ValueType::Bool => matches.get_one::<bool>(self.flag).map(bool::to_string),
            ValueType::List => {
                let values = matches.get_many::<String>(self.flag)?;
                Some(values.map(String::as_str).collect::<Vec<_>>().join(","))
            }
            _ => matches.get_one::<String>(self.flag).cloned(),
        }
    }

    /// Whether the flag is on the command line.
    pub(crate) fn is_given(&self, matches: &ArgMatches) -> bool {
        matches.value_source(self.flag) == Some(ValueSource::CommandLine)
    }

    /// Parses a value.
    pub(crate) fn parse(&self, text: &str) -> Result<Value> {
        let trimmed = text.trim();
        Ok(match self.value_type {
            ValueType::Text => json!(text),
            ValueType::List => json!(split_list(text)),
            ValueType::Number if trimmed.is_empty() => json!(0),
            ValueType::Number => match trimmed.parse::<i64>() {
                Ok(number) => json!(number),
                Err(_) => bail!("--{}: {text:?} is not a whole number", self.flag),
            },
            ValueType::Bool => match trimmed.to_ascii_lowercase().as_str() {
                "true" | "t" | "1" | "y" | "yes" => json!(true),
                "false" | "f" | "0" | "n" | "no" | "" => json!(false),
                _ => bail!("--{}: {text:?} is neither true nor false", self.flag),
            },
            ValueType::Choice(_) if trimmed == "none" => json!(""),
            ValueType::Choice(_) => json!(trimmed.to_ascii_lowercase()),
            ValueType::Time => json!(time::parse(text, time::now())?),
        })
    }

    /// The default of the prompt for an existing object: its value, as a user would type it. A time
    /// is not repeated: the default of the field applies.
    pub(crate) fn current(&self, object: &Value) -> String {
        match self.value_type {
            ValueType::Time => self.default.unwrap_or_default().to_owned(),
            _ => pointer::text(object, self.pointer),
        }
    }

    /// Parses a value and sets it.
    pub(crate) fn set(&self, object: &mut Value, text: &str) -> Result<()> {
        pointer::set(object, self.pointer, self.parse(text)?);
        Ok(())
    }

    /// Sets the zero value of the type.
    pub(crate) fn clear(&self, object: &mut Value) {
        let zero = match self.value_type {
            ValueType::Text | ValueType::Choice(_) => json!(""),
            ValueType::Number | ValueType::Time => json!(0),
            ValueType::Bool => json!(false),
            ValueType::List => json!([]),
        };
        pointer::set(object, self.pointer, zero);
    }

    /// The prompt, if it applies to this object.
    pub(crate) fn prompt_for(&self, object: &Value) -> Option<&'static str> {
        let applies = self
            .prompt_if
            .is_none_or(|(at, values)| values.contains(&pointer::text(object, at).as_str()));
        self.prompt.filter(|_| applies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORT: Field = Field::number("socket-port", "/socket/port", "");

    #[test]
    fn values_are_set_at_the_pointer() {
        let mut object = json!({"socket": {"host": "h"}, "type": "tcp"});
        PORT.set(&mut object, " 99 ").unwrap();
        assert_eq!(object, json!({"socket": {"host": "h", "port": 99}, "type": "tcp"}));
        assert_eq!(PORT.current(&object), "99");
        PORT.clear(&mut object);
        assert_eq!(object["socket"]["port"], 0);
    }

    #[test]
    fn an_invalid_number_is_an_error() {
        let error = PORT.parse("ten").unwrap_err().to_string();
        assert_eq!(error, r#"--socket-port: "ten" is not a whole number"#);
    }

    #[test]
    fn lists_are_split_at_commas() {
        let list = Field::list("list", "/list", "");
        assert_eq!(list.parse("x, y z,,").unwrap(), json!(["x", "y z"]));
        assert_eq!(list.parse(" ").unwrap(), json!([]));
    }
}
