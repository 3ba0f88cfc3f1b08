//! Output queries: `jsonpath=PATH` (RFC 9535) and `jq=FILTER`.

use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::{Result, anyhow, bail};
use jaq_core::data::JustLut;
use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, unwrap_valr};
use jaq_json::Val;
use serde_json::Value;
use serde_json_path::JsonPath;

/// `@csv` and `@tsv` of jq, which jaq leaves to its callers.
const FORMATS: &str = r#"
def @csv: map(if . == null then "" elif isstring then "\"\(gsub("\""; "\"\""))\"" else tostring end) | join(",");
def @tsv: map(if . == null then "" elif isstring
  then gsub("\\\\"; "\\\\") | gsub("\t"; "\\t") | gsub("\n"; "\\n") | gsub("\r"; "\\r")
  else tostring end) | join("\t");
"#;

/// A compiled query.
#[derive(Clone)]
pub(crate) enum OutputQuery {
    JsonPath(Arc<JsonPath>),
    Jq(Arc<jaq_core::Filter<JustLut<Val>>>),
}

impl std::fmt::Debug for OutputQuery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::JsonPath(_) => "jsonpath",
            Self::Jq(_) => "jq",
        })
    }
}

impl OutputQuery {
    /// Compiles `jsonpath=EXPRESSION` or `jq=EXPRESSION`; `None` if the text is neither.
    pub(crate) fn parse(text: &str) -> Option<Result<Self>> {
        let (language, expression) = text.split_once('=')?;
        match language.trim().to_ascii_lowercase().as_str() {
            "jsonpath" => Some(compile_json_path(expression)),
            "jq" => Some(compile_jq(expression)),
            _ => None,
        }
    }

    /// Evaluates the query. One result per line: strings as they are, other values as JSON.
    pub(crate) fn evaluate(&self, value: &Value) -> Result<String> {
        let mut text = String::new();
        match self {
            Self::JsonPath(path) => {
                for found in path.query(value) {
                    match found {
                        Value::String(found) => writeln!(text, "{found}")?,
                        found => writeln!(text, "{found}")?,
                    }
                }
            }
            Self::Jq(filter) => {
                let value = serde_json::to_vec(value)?;
                let value =
                    jaq_json::read::parse_single(&value).map_err(|error| anyhow!("{error}"))?;
                let context = Ctx::<JustLut<Val>>::new(&filter.lut, Vars::new([]));
                for result in filter.id.run((context, value)).map(unwrap_valr) {
                    match result.map_err(|error| anyhow!("jq: {error}"))? {
                        Val::TStr(result) => {
                            writeln!(text, "{}", String::from_utf8_lossy(&result))?;
                        }
                        result => writeln!(text, "{result}")?,
                    }
                }
            }
        }
        Ok(text)
    }
}

/// Accepts the braces of kubectl, and paths without the leading `$`.
fn compile_json_path(expression: &str) -> Result<OutputQuery> {
    let mut bare = expression.trim();
    if let Some(inner) = bare.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        if inner.contains(['{', '}']) {
            bail!("only one expression in braces is supported; use jq= to combine several");
        }
        bare = inner.trim();
    }
    let full = if bare.starts_with('$') { bare.to_owned() } else { format!("${bare}") };
    let path = JsonPath::parse(&full).map_err(|error| {
        let rest: String = full.chars().skip(error.position().saturating_sub(1)).collect();
        let rest = if rest.is_empty() { "the end".to_owned() } else { format!("{rest:?}") };
        let reason = match error.message() {
            "parser error" => "not a JSONPath (RFC 9535)",
            reason => reason,
        };
        anyhow!("invalid path {full} at {rest}: {reason}")
    })?;
    Ok(OutputQuery::JsonPath(Arc::new(path)))
}

fn compile_jq(expression: &str) -> Result<OutputQuery> {
    let ours = load::parse(FORMATS, |parser| parser.defs()).unwrap_or_default();
    let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs()).chain(ours);
    let functions = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    let arena = Arena::default();
    let program = File { code: expression, path: () };
    let modules = Loader::new(definitions).load(&arena, program).map_err(|errors| {
        let first = errors.into_iter().next();
        let (code, expected) = match first {
            Some((file, load::Error::Lex(errors))) => {
                (file.code, first_error(errors, |expected| expected.as_str().to_owned()))
            }
            Some((file, load::Error::Parse(errors))) => {
                (file.code, first_error(errors, |expected| expected.as_str().to_owned()))
            }
            Some((file, load::Error::Io(errors))) => (file.code, errors.into_iter().next()),
            None => ("", None),
        };
        let Some((found, expected)) = expected else { return anyhow!("invalid jq filter") };
        jq_error(code, found, &format!("expected {expected}"))
    })?;
    let filter = Compiler::default().with_funs(functions).compile(modules).map_err(|errors| {
        let first = errors.into_iter().next();
        let first = first.and_then(|(file, errors)| Some((file.code, errors.into_iter().next()?)));
        let Some((code, (found, what))) = first else { return anyhow!("invalid jq filter") };
        jq_error(code, found, &format!("undefined {}", what.as_str()))
    })?;
    Ok(OutputQuery::Jq(Arc::new(filter)))
}

fn first_error<E>(errors: Vec<(E, &str)>, show: impl Fn(&E) -> String) -> Option<(&str, String)> {
    errors.into_iter().next().map(|(expected, found)| (found, show(&expected)))
}

/// An error with its position; `found` is a slice of `expression`.
fn jq_error(expression: &str, found: &str, reason: &str) -> anyhow::Error {
    let start = load::span(expression, found).start;
    let rest = expression.get(start..).unwrap_or_default();
    let position = expression.get(..start).map_or(0, |before| before.chars().count()) + 1;
    let rest = if rest.is_empty() { "the end".to_owned() } else { format!("{rest:?}") };
    anyhow!("invalid jq filter at character {position}, {rest}: {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn evaluate(text: &str, value: &Value) -> String {
        let query = OutputQuery::parse(text).expect("a query").expect("is valid");
        query.evaluate(value).expect("evaluates")
    }

    #[test]
    fn strings_are_printed_bare_and_other_values_as_json() {
        let value = json!({"metadata": {"name": "é"}, "big": u64::MAX, "list": [1, null, {"b": 1, "a": 2}]});
        for (expression, text) in [
            ("jsonpath=$.metadata.name", "é\n"),
            ("jsonpath={.metadata.name}", "é\n"),
            ("jsonpath=.list[*]", "1\nnull\n{\"b\":1,\"a\":2}\n"),
            ("jsonpath=.list[?@.b == 1].a", "2\n"),
            ("jsonpath=$.nothing", ""),
            ("jsonpath=$.big", "18446744073709551615\n"),
            ("jq=.metadata.name", "é\n"),
            ("JQ=.list[]", "1\nnull\n{\"b\":1,\"a\":2}\n"),
            ("jq=.big", "18446744073709551615\n"),
            ("jq=[1, \"a,\\\"b\", null, true] | @csv", "1,\"a,\"\"b\",,true\n"),
            (r#"jq=[1, "a\tb\nc\\d", null, false] | @tsv"#, "1\ta\\tb\\nc\\\\d\t\tfalse\n"),
            ("jq=0 | todate", "1970-01-01T00:00:00Z\n"),
            ("jq=empty", ""),
        ] {
            assert_eq!(evaluate(expression, &value), text, "{expression}");
        }
        assert!(OutputQuery::parse("yaml").is_none() && OutputQuery::parse("xml=1").is_none());
    }

    #[test]
    fn errors_name_the_position() {
        for (expression, message) in [
            ("jsonpath=.a[", "invalid path $.a[ at"),
            ("jsonpath={.a}{.b}", "only one expression in braces"),
            ("jq=.a | nonsense(1)", "at character 6, \"nonsense(1)\": undefined filter"),
            ("jq=.a |", "invalid jq filter at character 5, the end: expected term"),
            ("jq=é[", "invalid jq filter at character 1"),
            ("jq=.a $x", "invalid jq filter at character 4, \"$x\""),
            ("jq=$x", "at character 1, \"$x\": undefined variable"),
        ] {
            let query = OutputQuery::parse(expression).expect("a query");
            let error = query.expect_err("is invalid").to_string();
            assert!(error.contains(message), "{expression}: {error}");
        }
        let query = OutputQuery::parse("jq=.a.b").expect("a query").expect("is valid");
        let error = query.evaluate(&json!({"a": 1})).expect_err("no object").to_string();
        assert!(error.starts_with("jq: cannot index 1"), "{error}");
    }
}
