//! Fields of a resource that have a flag, and a question in a terminal.

use anyhow::{Result, bail};
use clap::{Arg, ArgAction, ArgMatches};
use serde_json::{Map, Value, json};

/// A field: its flag, its question, and where it is in the object.
#[derive(Debug)]
pub(crate) struct Field {
    /// The long flag, without dashes. Also names the field in messages.
    pub flag: &'static str,
    /// The short flag.
    pub short: Option<char>,
    /// Where the value is in the object, as a JSON pointer.
    pub at: &'static str,
    /// What values look like.
    pub shape: Shape,
    /// The flag's help.
    pub help: &'static str,
    /// What is asked in a terminal; nothing if empty.
    pub question: &'static str,
    /// The value when neither flag nor answer gives one; nothing if empty.
    pub default: &'static str,
    /// Whether `create` refuses to go on without a value.
    pub required: bool,
    /// Asked only if another field has one of these values: its pointer, the values.
    pub asked_if: Option<(&'static str, &'static [&'static str])>,
}

/// What the values of a field look like.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// Any text.
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Bool,
    /// Texts, separated by commas.
    List,
    /// One of these texts; the last one may be `none`, which means no value.
    Choice(&'static [&'static str]),
}

/// A field that is nothing in particular: to be completed with `..FIELD`.
pub(crate) const FIELD: Field = Field {
    flag: "",
    short: None,
    at: "",
    shape: Shape::Text,
    help: "",
    question: "",
    default: "",
    required: false,
    asked_if: None,
};

/// The assets that a command needs.
pub(crate) const RUNTIME_ASSETS: Field = Field {
    flag: "runtime-assets",
    short: Some('r'),
    at: "/runtime_assets",
    shape: Shape::List,
    help: "Assets that the command needs",
    question: "Runtime Assets:",
    ..FIELD
};

impl Field {
    /// The flag.
    pub(crate) fn arg(&self) -> Arg {
        let arg = Arg::new(self.flag).long(self.flag).help(self.help);
        let arg = match self.short {
            Some(short) => arg.short(short),
            None => arg,
        };
        let arg = match self.default {
            "" => arg,
            default => arg.default_value(default),
        };
        match self.shape {
            Shape::Bool => switch(arg),
            Shape::List => arg.value_name("NAME,...").action(ArgAction::Append),
            Shape::Number => arg.value_name("NUMBER").allow_negative_numbers(true),
            Shape::Text => arg.value_name("TEXT").allow_hyphen_values(true),
            Shape::Choice(values) => {
                arg.value_name("ONE OF").help(format!("{} ({})", self.help, values.join(", ")))
            }
        }
    }

    /// What the flag says, if it was given or has a default.
    pub(crate) fn given(&self, matches: &ArgMatches) -> Option<String> {
        match self.shape {
            Shape::Bool => matches.get_one::<bool>(self.flag).map(bool::to_string),
            Shape::List => {
                let values = matches.get_many::<String>(self.flag)?;
                Some(values.map(String::as_str).collect::<Vec<_>>().join(","))
            }
            _ => matches.get_one::<String>(self.flag).cloned(),
        }
    }

    /// Whether the flag itself was given.
    pub(crate) fn was_given(&self, matches: &ArgMatches) -> bool {
        matches.value_source(self.flag) == Some(clap::parser::ValueSource::CommandLine)
    }

    /// The value that a text means.
    pub(crate) fn parse(&self, text: &str) -> Result<Value> {
        let trimmed = text.trim();
        Ok(match self.shape {
            Shape::Text => json!(text),
            Shape::List => json!(split(text)),
            Shape::Number if trimmed.is_empty() => json!(0),
            Shape::Number => match trimmed.parse::<i64>() {
                Ok(number) => json!(number),
                Err(_) => bail!("--{}: {text:?} is not a whole number", self.flag),
            },
            Shape::Bool => match trimmed.to_ascii_lowercase().as_str() {
                "true" | "t" | "1" | "y" | "yes" => json!(true),
                "false" | "f" | "0" | "n" | "no" | "" => json!(false),
                _ => bail!("--{}: {text:?} is neither true nor false", self.flag),
            },
            Shape::Choice(_) if trimmed == "none" => json!(""),
            Shape::Choice(_) => json!(trimmed.to_ascii_lowercase()),
        })
    }

    /// The value that an object has, as text: the default of its question.
    pub(crate) fn show(&self, object: &Value) -> String {
        text(object.pointer(self.at))
    }

    /// Sets the value that a text means.
    pub(crate) fn set(&self, object: &mut Value, text: &str) -> Result<()> {
        let value = self.parse(text)?;
        place(object, self.at, value);
        Ok(())
    }

    /// Sets what stands for no value.
    pub(crate) fn clear(&self, object: &mut Value) {
        let nothing = match self.shape {
            Shape::Text | Shape::Choice(_) => json!(""),
            Shape::Number => json!(0),
            Shape::Bool => json!(false),
            Shape::List => json!([]),
        };
        place(object, self.at, nothing);
    }

    /// Whether the question makes sense for this object.
    pub(crate) fn is_asked(&self, object: &Value) -> bool {
        let fits = self.asked_if.is_none_or(|(at, values)| {
            object.pointer(at).and_then(Value::as_str).is_some_and(|value| values.contains(&value))
        });
        !self.question.is_empty() && fits
    }
}

/// A flag that is `true` alone, and takes `=false`.
pub(crate) fn switch(arg: Arg) -> Arg {
    arg.value_name("BOOL")
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("true")
        .hide_possible_values(true)
        .value_parser(clap::value_parser!(bool))
}

/// The parts of a list that is written with commas; blanks around them do not count.
pub(crate) fn split(text: &str) -> Vec<&str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// A value as a person would type it.
pub(crate) fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(values)) => {
            values.iter().map(|value| text(Some(value))).collect::<Vec<_>>().join(",")
        }
        Some(other) => other.to_string(),
    }
}

/// Puts a value at a JSON pointer, and makes the objects and lists on the way there.
pub(crate) fn place(object: &mut Value, at: &str, value: Value) {
    let mut here = object;
    for part in at.trim_start_matches('/').split('/') {
        here = match part.parse::<usize>() {
            Ok(index) => {
                if !here.is_array() {
                    *here = Value::Array(Vec::new());
                }
                let Value::Array(list) = here else { return };
                while list.len() <= index {
                    list.push(Value::Null);
                }
                let Some(item) = list.get_mut(index) else { return };
                item
            }
            Err(_) => {
                if !here.is_object() {
                    *here = Value::Object(Map::new());
                }
                let Value::Object(map) = here else { return };
                map.entry(part).or_insert(Value::Null)
            }
        };
    }
    *here = value;
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORT: Field =
        Field { flag: "socket-port", at: "/socket/port", shape: Shape::Number, ..FIELD };

    #[test]
    fn values_go_where_the_pointer_says() {
        let mut object = json!({"socket": {"host": "h"}, "type": "tcp"});
        PORT.set(&mut object, " 99 ").unwrap();
        assert_eq!(object, json!({"socket": {"host": "h", "port": 99}, "type": "tcp"}));
        assert_eq!(PORT.show(&object), "99");
        PORT.clear(&mut object);
        assert_eq!(object["socket"]["port"], 0);
    }

    #[test]
    fn a_number_that_is_none_is_refused() {
        let refused = PORT.parse("ten").unwrap_err().to_string();
        assert_eq!(refused, r#"--socket-port: "ten" is not a whole number"#);
    }

    #[test]
    fn lists_are_split_at_commas() {
        let list = Field { shape: Shape::List, ..FIELD };
        assert_eq!(list.parse("x, y z,,").unwrap(), json!(["x", "y z"]));
        assert_eq!(list.parse(" ").unwrap(), json!([]));
    }
}
