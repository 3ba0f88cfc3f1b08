//! Token substitution: templates in the texts of checks, hooks and assets, filled with data of an entity.
//!
//! Each text of a JSON document is a template of its own, as in Sensu Go 5.20 and later; numbers and names of members
//! are not changed. The syntax is a subset of Go's `text/template`. Everything else is an error:
//!
//! - fields (`.`, `.labels.x`, `$`, `$x.y`), literals (`"a"`, `` `a` ``, `1`, `1.5`, `true`, `nil`), groups in parentheses
//! - pipelines (`.name | printf "%q"`), variables (`$x := .name`, `$x = 1`)
//! - `if`, `else if`, `else`, `with`, `range` over lists and maps (`range $key, $value := .labels`), `end`
//! - functions `and`, `assetPath`, `default`, `eq`, `ge`, `gt`, `index`, `le`, `len`, `lt`, `ne`, `not`, `or`, `printf`
//! - trim markers (`{{-`, `-}}`), comments (`{{/* a */}}`)
//!
//! A value that is missing or `null` is accepted only where the template tests for it: by `default`, `if`, `with`,
//! `range`, `and`, `or`, `not`, and comparisons. Anywhere else it is an error that names the value.
//!
//! One document has at most 1 MiB of substituted text, including intermediate values, and 100,000 steps of evaluation;
//! blocks and groups are nested at most 50 deep.

// Not the crate `gotmpl`: its errors have no positions, its parser recurses without a limit, and intermediate texts can
// double with every call of `printf`. Nor `gtmpl`, which has had no release since 2021.
mod compare;
mod evaluate;
mod format;
mod functions;
mod lexer;
#[cfg(test)]
mod limit_tests;
mod parser;
#[cfg(test)]
mod tests;
mod value;

use serde_json::Value;

use evaluate::Budget;

/// Deepest nesting of lists and objects in a document.
const MAX_DOCUMENT_DEPTH: usize = 128;

/// Why tokens cannot be substituted. The text is that of Sensu Go 5.20 and later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenError {
    message: String,
}

impl TokenError {
    pub(super) fn other(error: &dyn std::error::Error) -> Self {
        Self { message: error.to_string() }
    }
}

impl std::fmt::Display for TokenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "error while substituting check tokens: {}", self.message)
    }
}

impl std::error::Error for TokenError {}

/// What is wrong at a position of a template, in bytes.
#[derive(Debug)]
struct Failure {
    position: usize,
    /// The source text of the failing part; empty for a syntax error.
    source: String,
    /// Whether a value is missing.
    is_unmatched: bool,
    message: String,
}

impl Failure {
    fn syntax(position: usize, message: impl Into<String>) -> Self {
        Self { position, source: String::new(), is_unmatched: false, message: message.into() }
    }

    /// The text for a template that is the value of a field.
    fn describe(&self, field: &str, template: &str) -> String {
        let before = template.as_bytes().get(..self.position).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count();
        let Self { source, message, .. } = self;
        if source.is_empty() {
            return format!(
                "{field}: could not parse the template: template: {field}:{line}: {message}"
            );
        }
        let kind = if self.is_unmatched { "unmatched token: " } else { "" };
        format!(
            "{field}: {kind}template: {field}:{line}:{column}: executing \"{field}\" at <{source}>: {message}"
        )
    }
}

/// Substitutes the tokens in all texts of a document. `data` is the object that fields such as `.labels.x` refer to.
///
/// # Errors
/// [`TokenError`] for the first text that cannot be substituted.
pub fn substitute(document: &Value, data: &Value) -> Result<Value, TokenError> {
    let mut document = document.clone();
    substitute_in(&mut document, &mut String::new(), data, &mut Budget::default(), 0)
        .map_err(|message| TokenError { message })?;
    Ok(document)
}

/// `path` is the path of the value: names of members and positions in lists, separated by dots.
fn substitute_in(
    value: &mut Value,
    path: &mut String,
    data: &Value,
    budget: &mut Budget,
    depth: usize,
) -> Result<(), String> {
    if depth > MAX_DOCUMENT_DEPTH {
        return Err(format!("{path}: nested too deeply"));
    }
    match value {
        Value::String(text) => {
            if let Some(substituted) = substitute_text(path, text, data, budget)? {
                *text = substituted;
            }
        }
        Value::Array(items) => {
            for (position, item) in items.iter_mut().enumerate() {
                let length = extend(path, &position.to_string());
                substitute_in(item, path, data, budget, depth + 1)?;
                path.truncate(length);
            }
        }
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                let length = extend(path, name);
                substitute_in(member, path, data, budget, depth + 1)?;
                path.truncate(length);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    Ok(())
}

/// Appends to a path. Returns its length before.
fn extend(path: &mut String, name: &str) -> usize {
    let length = path.len();
    if length > 0 {
        path.push('.');
    }
    path.push_str(name);
    length
}

/// What Go's templates print for a missing value. Sensu Go refuses any text that contains it.
const NO_VALUE: &str = "<no value>";

/// The substituted text. `None` if it contains no tokens.
fn substitute_text(
    field: &str,
    text: &str,
    data: &Value,
    budget: &mut Budget,
) -> Result<Option<String>, String> {
    let substituted = match text.contains("{{") {
        true => {
            let describe = |failure: Failure| failure.describe(field, text);
            let template = parser::parse(text).map_err(describe)?;
            Some(evaluate::evaluate(&template, data, budget).map_err(describe)?)
        }
        false => None,
    };
    if substituted.as_deref().unwrap_or(text).contains(NO_VALUE) {
        return Err(format!("{field}: unmatched token: the text contains {NO_VALUE:?}"));
    }
    Ok(substituted)
}
