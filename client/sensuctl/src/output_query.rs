//! Picking: parts of what a command shows, by an expression of `JSONPath` (RFC 9535) or of jq.

use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::{Result, anyhow, bail};
use jaq_core::data::JustLut;
use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, unwrap_valr};
use jaq_json::Val;
use serde_json::Value;
use serde_json_path::JsonPath;

/// Formats of jq that the library leaves to its users.
const FORMATS: &str = r#"
def @csv: map(if . == null then "" elif isstring then "\"\(gsub("\""; "\"\""))\"" else tostring end) | join(",");
def @tsv: map(if . == null then "" elif isstring
  then gsub("\\\\"; "\\\\") | gsub("\t"; "\\t") | gsub("\n"; "\\n") | gsub("\r"; "\\r")
  else tostring end) | join("\t");
"#;

/// What is picked, read and ready to be used.
#[derive(Clone)]
pub(crate) enum OutputQuery {
    /// What a path leads to.
    Path(Arc<JsonPath>),
    /// What a filter makes.
    Filter(Arc<jaq_core::Filter<JustLut<Val>>>),
}

impl std::fmt::Debug for OutputQuery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Path(_) => "jsonpath",
            Self::Filter(_) => "jq",
        })
    }
}

impl OutputQuery {
    /// Reads `jsonpath=EXPRESSION` or `jq=EXPRESSION`; `None` if it is neither.
    pub(crate) fn read(text: &str) -> Option<Result<Self>> {
        let (language, expression) = text.split_once('=')?;
        match language.trim().to_ascii_lowercase().as_str() {
            "jsonpath" => Some(path(expression)),
            "jq" => Some(filter(expression)),
            _ => None,
        }
    }

    /// What is picked of a value, each on a line of its own: texts as they are, the rest as JSON.
    pub(crate) fn of(&self, value: &Value) -> Result<String> {
        let mut text = String::new();
        match self {
            Self::Path(path) => {
                for found in path.query(value) {
                    match found {
                        Value::String(found) => writeln!(text, "{found}")?,
                        found => writeln!(text, "{found}")?,
                    }
                }
            }
            Self::Filter(filter) => {
                let value = serde_json::to_vec(value)?;
                let value =
                    jaq_json::read::parse_single(&value).map_err(|error| anyhow!("{error}"))?;
                let context = Ctx::<JustLut<Val>>::new(&filter.lut, Vars::new([]));
                for made in filter.id.run((context, value)).map(unwrap_valr) {
                    match made.map_err(|error| anyhow!("jq: {error}"))? {
                        Val::TStr(made) => writeln!(text, "{}", String::from_utf8_lossy(&made))?,
                        made => writeln!(text, "{made}")?,
                    }
                }
            }
        }
        Ok(text)
    }
}

/// A path; the braces of `kubectl` are taken, and `$` need not be written.
fn path(expression: &str) -> Result<OutputQuery> {
    let mut bare = expression.trim();
    if let Some(inner) = bare.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        if inner.contains(['{', '}']) {
            bail!("one expression in braces at a time; `jq=` makes texts of several");
        }
        bare = inner.trim();
    }
    let full = if bare.starts_with('$') { bare.to_owned() } else { format!("${bare}") };
    let path = JsonPath::parse(&full).map_err(|error| {
        let rest: String = full.chars().skip(error.position().saturating_sub(1)).collect();
        let rest = if rest.is_empty() { "its end".to_owned() } else { format!("{rest:?}") };
        let why = match error.message() {
            "parser error" => "no path of JSONPath (RFC 9535) goes on like this",
            why => why,
        };
        anyhow!("the path {full} is wrong at {rest}: {why}")
    })?;
    Ok(OutputQuery::Path(Arc::new(path)))
}

fn filter(expression: &str) -> Result<OutputQuery> {
    let ours = load::parse(FORMATS, |parser| parser.defs()).unwrap_or_default();
    let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs()).chain(ours);
    let functions = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    let arena = Arena::default();
    let program = File { code: expression, path: () };
    let modules = Loader::new(definitions).load(&arena, program).map_err(|errors| {
        let first = errors.into_iter().next();
        let (place, wanted) = match first {
            Some((file, load::Error::Lex(errors))) => {
                (file.code, first_of(errors, |wanted| wanted.as_str().to_owned()))
            }
            Some((file, load::Error::Parse(errors))) => {
                (file.code, first_of(errors, |wanted| wanted.as_str().to_owned()))
            }
            Some((file, load::Error::Io(errors))) => (file.code, errors.into_iter().next()),
            None => ("", None),
        };
        let Some((found, wanted)) = wanted else { return anyhow!("the filter is wrong") };
        wrong(place, found, &format!("{wanted} is expected"))
    })?;
    let filter = Compiler::default().with_funs(functions).compile(modules).map_err(|errors| {
        let first = errors.into_iter().next();
        let first = first.and_then(|(file, errors)| Some((file.code, errors.into_iter().next()?)));
        let Some((place, (found, what))) = first else { return anyhow!("the filter is wrong") };
        wrong(place, found, &format!("there is no such {}", what.as_str()))
    })?;
    Ok(OutputQuery::Filter(Arc::new(filter)))
}

fn first_of<E>(errors: Vec<(E, &str)>, show: impl Fn(&E) -> String) -> Option<(&str, String)> {
    errors.into_iter().next().map(|(wanted, found)| (found, show(&wanted)))
}

/// What is wrong with a filter, and where: `found` is a part of it.
fn wrong(expression: &str, found: &str, why: &str) -> anyhow::Error {
    let start = load::span(expression, found).start;
    let rest = expression.get(start..).unwrap_or_default();
    let position = expression.get(..start).map_or(0, |before| before.chars().count()) + 1;
    let rest = if rest.is_empty() { "its end".to_owned() } else { format!("{rest:?}") };
    anyhow!("the filter is wrong at character {position}, at {rest}: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn picked(text: &str, value: &Value) -> String {
        OutputQuery::read(text).expect("a pick").expect("is right").of(value).expect("picks")
    }

    #[test]
    fn texts_are_written_as_they_are_and_the_rest_as_json() {
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
            assert_eq!(picked(expression, &value), text, "{expression}");
        }
        assert!(OutputQuery::read("yaml").is_none() && OutputQuery::read("xml=1").is_none());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (expression, said) in [
            ("jsonpath=.a[", "the path $.a[ is wrong at"),
            ("jsonpath={.a}{.b}", "one expression in braces at a time"),
            ("jq=.a | nonsense(1)", "character 6, at \"nonsense(1)\": there is no such filter"),
            ("jq=.a |", "the filter is wrong at character 5, at its end: term is expected"),
            ("jq=é[", "the filter is wrong at character 1"),
            ("jq=.a $x", "the filter is wrong at character 4, at \"$x\""),
            ("jq=$x", "character 1, at \"$x\": there is no such variable"),
        ] {
            let error =
                OutputQuery::read(expression).expect("a pick").expect_err("is wrong").to_string();
            assert!(error.contains(said), "{expression}: {error}");
        }
        let pick = OutputQuery::read("jq=.a.b").expect("a pick").expect("is right");
        let error = pick.of(&json!({"a": 1})).expect_err("no object").to_string();
        assert!(error.starts_with("jq: cannot index 1"), "{error}");
    }
}
