//! Texts of values, as Go prints them, and `printf`.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::value::Value;

/// Largest width and precision in a format.
const MAX_WIDTH: usize = 1000;

/// A text that takes its bytes from a budget.
pub(super) struct Limited<'b> {
    text: String,
    bytes: &'b mut usize,
}

impl std::fmt::Write for Limited<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        *self.bytes = self.bytes.checked_sub(text.len()).ok_or(std::fmt::Error)?;
        self.text.push_str(text);
        Ok(())
    }
}

impl<'b> Limited<'b> {
    pub(super) fn new(bytes: &'b mut usize) -> Self {
        Self { text: String::new(), bytes }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// Appends a text.
    ///
    /// # Errors
    /// If it is too long.
    pub(super) fn text(&mut self, text: &str) -> Result<(), String> {
        self.write_str(text).map_err(|_| "the text is too long".to_owned())
    }

    /// Appends a value in the format of `%v`.
    pub(super) fn value(&mut self, value: &Value<'_>) -> std::fmt::Result {
        match value {
            Value::Missing(_) => self.write_str("<nil>"),
            Value::Bool(value) => write!(self, "{value}"),
            Value::Integer(value) => write!(self, "{value}"),
            Value::Float(value) => write!(self, "{value}"),
            Value::Text(text) => self.write_str(text),
            Value::Created(text) => self.write_str(text),
            Value::List(items) => {
                self.write_str("[")?;
                for (number, item) in items.iter().enumerate() {
                    self.write_str(if number == 0 { "" } else { " " })?;
                    self.json(item)?;
                }
                self.write_str("]")
            }
            Value::Map(members) => {
                let mut members: Vec<_> = members.iter().collect();
                members.sort_by_key(|(name, _)| *name);
                self.write_str("map[")?;
                for (number, (name, member)) in members.into_iter().enumerate() {
                    self.write_str(if number == 0 { "" } else { " " })?;
                    write!(self, "{name}:")?;
                    self.json(member)?;
                }
                self.write_str("]")
            }
        }
    }

    fn json(&mut self, value: &Json) -> std::fmt::Result {
        match Value::of(value) {
            Some(value) => self.value(&value),
            None => self.write_str("<nil>"),
        }
    }
}

/// A verb of a format: `%-5.2f`.
#[derive(Default)]
struct Verb {
    is_left: bool,
    has_zeros: bool,
    has_sign: bool,
    width: usize,
    precision: Option<usize>,
}

/// Appends values in a format with the verbs `%s`, `%v`, `%q`, `%d`, `%x`, `%f`, `%t` and `%%`, the flags `-`, `0` and
/// `+`, width and precision.
///
/// # Errors
/// For another verb, a value that does not fit the verb, and more or fewer values than verbs.
pub(super) fn printf(
    text: &mut Limited<'_>,
    format: &str,
    values: &[Value<'_>],
) -> Result<(), String> {
    let mut values = values.iter();
    let mut rest = format;
    while let Some((literal, after)) = rest.split_once('%') {
        text.text(literal)?;
        let (verb, after) = parse_verb(after)?;
        let mut chars = after.chars();
        match chars.next() {
            Some('%') => text.text("%")?,
            Some(kind) => {
                let value = values.next().ok_or_else(|| format!("no value for %{kind}"))?;
                let mut unpadded = Limited::new(text.bytes);
                verb.write(&mut unpadded, kind, value)?;
                let unpadded = unpadded.into_text();
                verb.pad(text, kind, &unpadded)?;
            }
            None => return Err("the format ends within a verb".to_owned()),
        }
        rest = chars.as_str();
    }
    if values.next().is_some() {
        return Err("more values than verbs".to_owned());
    }
    text.text(rest)
}

/// Flags, width and precision, and the rest of the format.
fn parse_verb(format: &str) -> Result<(Verb, &str), String> {
    let mut verb = Verb::default();
    let mut rest = format;
    loop {
        let flag = match rest.as_bytes().first() {
            Some(b'-') => &mut verb.is_left,
            Some(b'0') => &mut verb.has_zeros,
            Some(b'+') => &mut verb.has_sign,
            _ => break,
        };
        *flag = true;
        rest = rest.get(1..).unwrap_or_default();
    }
    let (width, after) = parse_number(rest)?;
    verb.width = width;
    rest = after;
    if let Some(after) = rest.strip_prefix('.') {
        let (precision, after) = parse_number(after)?;
        verb.precision = Some(precision);
        rest = after;
    }
    Ok((verb, rest))
}

fn parse_number(text: &str) -> Result<(usize, &str), String> {
    let length = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(length).unwrap_or_default();
    if digits.is_empty() {
        return Ok((0, rest));
    }
    let number = digits.parse().ok().filter(|number| *number <= MAX_WIDTH);
    let number = number.ok_or_else(|| format!("width or precision is above {MAX_WIDTH}"))?;
    Ok((number, rest))
}

impl Verb {
    fn write(&self, text: &mut Limited<'_>, kind: char, value: &Value<'_>) -> Result<(), String> {
        let sign = |is_negative: bool| if self.has_sign && !is_negative { "+" } else { "" };
        let written = match (kind, value) {
            ('s' | 'v', value) if value.as_text().is_some() => {
                let value = value.as_text().unwrap_or_default();
                match self.precision {
                    Some(most) => value.chars().take(most).try_for_each(|c| text.write_char(c)),
                    None => text.write_str(value),
                }
            }
            ('q', value) if value.as_text().is_some() => {
                write!(text, "{}", Json::from(value.as_text().unwrap_or_default()))
            }
            ('x', value) if value.as_text().is_some() => {
                let value = value.as_text().unwrap_or_default();
                value.bytes().try_for_each(|byte| write!(text, "{byte:02x}"))
            }
            ('d' | 'v', Value::Integer(value)) => write!(text, "{}{value}", sign(*value < 0)),
            ('x', Value::Integer(value)) if *value < 0 => {
                write!(text, "-{:x}", value.unsigned_abs())
            }
            ('x', Value::Integer(value)) => write!(text, "{value:x}"),
            ('f', Value::Float(value)) => {
                write!(text, "{}{value:.*}", sign(*value < 0.0), self.precision.unwrap_or(6))
            }
            ('t', Value::Bool(value)) => write!(text, "{value}"),
            ('v', value) => text.value(value),
            ('s', Value::List(_)) => text.value(value),
            ('s' | 'q' | 'd' | 'x' | 'f' | 't', value) => {
                return Err(format!("%{kind} cannot format a value of type {}", value.kind()));
            }
            _ => return Err(format!("unsupported verb %{kind}")),
        };
        written.map_err(|_| "the text is too long".to_owned())
    }

    fn pad(&self, text: &mut Limited<'_>, kind: char, unpadded: &str) -> Result<(), String> {
        let count = self.width.saturating_sub(unpadded.chars().count());
        if self.is_left {
            text.text(unpadded)?;
            return text.text(&" ".repeat(count));
        }
        if self.has_zeros && matches!(kind, 'd' | 'f' | 'x') {
            // Zeros follow the sign.
            let sign = unpadded.starts_with(['-', '+']);
            let (sign, digits) = unpadded.split_at_checked(sign.into()).unwrap_or(("", unpadded));
            text.text(sign)?;
            text.text(&"0".repeat(count))?;
            return text.text(digits);
        }
        text.text(&" ".repeat(count))?;
        text.text(unpadded)
    }
}
