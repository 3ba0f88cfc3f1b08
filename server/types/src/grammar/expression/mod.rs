//! Syntax check of JavaScript expressions. Nothing is evaluated here.
//!
//! The check compiles with QuickJS, the heaviest dependency of this crate. It is here because
//! expressions are validated among the other fields of their resource: Sensu Go reports the first
//! broken rule in a fixed order, and `Resource::validate` keeps that order for every caller.
//!
//! Compiling cannot be interrupted, and takes time that grows with the square of the text for some
//! texts. So the text of an object is limited, and callers that serve requests validate objects for
//! which `Resource::has_expressions` holds on other threads.

use rquickjs::context::EvalOptions;
use rquickjs::context::intrinsic::{Eval, RegExpCompiler};
use rquickjs::{Context, Ctx, Exception, Runtime, Value};

use crate::Invalid;

/// Maximum number of expressions of an object.
pub const MAX_EXPRESSIONS: usize = 100;
/// Maximum size of all expressions of an object, in bytes.
pub const MAX_BYTES: usize = 16_000;
/// Maximum number of Unicode property escapes (`\p{..}`) in the expressions of an object. The set of
/// characters that one stands for takes up to a millisecond to build.
pub const MAX_PROPERTY_ESCAPES: usize = 20;

/// Maximum memory for compiling the expressions of an object.
const MEMORY: usize = 4 << 20;
/// Maximum stack for compiling an expression: the parser recurses, and callers run on small stacks.
const STACK: usize = 256 << 10;

/// Checks the expressions of one object, which share limits and a runtime.
#[derive(Default)]
pub(crate) struct Checker {
    expressions: usize,
    bytes: usize,
    property_escapes: usize,
    context: Option<Context>,
}

impl Checker {
    /// Checks the syntax of each expression of a list.
    ///
    /// # Errors
    /// [`Invalid`] if the object has more expressions than [`MAX_EXPRESSIONS`] or more text than
    /// [`MAX_BYTES`]; or with the index, position and problem of the first invalid expression.
    pub(crate) fn check_all(&mut self, expressions: &[String]) -> Result<(), Invalid> {
        self.expressions = self.expressions.saturating_add(expressions.len());
        if self.expressions > MAX_EXPRESSIONS {
            return Err(Invalid::new(format!(
                "an object can have at most {MAX_EXPRESSIONS} expressions"
            )));
        }
        // All limits before the first expression is compiled.
        for text in expressions {
            self.count(text)?;
        }
        for (index, text) in expressions.iter().enumerate() {
            self.compile(text).map_err(|problem| {
                Invalid::new(format!("syntax error in expression {index}: {problem}"))
                    .at(format!("/{index}"))
            })?;
        }
        Ok(())
    }

    /// Checks the syntax of the body of a function.
    ///
    /// # Errors
    /// As [`Checker::check_all`].
    pub(crate) fn check_body(&mut self, field: &str, text: &str) -> Result<(), Invalid> {
        self.count(text)?;
        self.compile(text)
            .map_err(|problem| Invalid::new(format!("syntax error in {field}: {problem}")))
    }

    fn count(&mut self, text: &str) -> Result<(), Invalid> {
        self.bytes = self.bytes.saturating_add(text.len());
        if self.bytes > MAX_BYTES {
            let limit = format!("an object can have at most {MAX_BYTES} bytes of JavaScript");
            return Err(Invalid::new(limit));
        }
        let escapes = text.matches(r"\p").count() + text.matches(r"\P").count();
        self.property_escapes = self.property_escapes.saturating_add(escapes);
        if self.property_escapes > MAX_PROPERTY_ESCAPES {
            return Err(Invalid::new(format!(
                "an object can have at most {MAX_PROPERTY_ESCAPES} Unicode property escapes (\\p) in its \
                 JavaScript"
            )));
        }
        Ok(())
    }

    fn compile(&mut self, text: &str) -> Result<(), String> {
        let context = match self.context.take() {
            Some(context) => context,
            None => context().map_err(|error| error.to_string())?,
        };
        let result = context.with(|ctx| check(&ctx, text));
        self.context = Some(context);
        result
    }
}

/// A context that can compile, and has nothing that programs could use.
fn context() -> rquickjs::Result<Context> {
    let runtime = Runtime::new()?;
    runtime.set_memory_limit(MEMORY);
    runtime.set_max_stack_size(STACK);
    Context::custom::<(Eval, RegExpCompiler)>(&runtime)
}

/// Checks the syntax of a text: an expression, statements, or nothing, as the body of a function that
/// is not in strict mode. So `return`, `with` and octal numbers are valid, as in Sensu Go.
///
/// The text could close the function that it is put into, and open another one. The brace that closes
/// a declaration is followed by a statement, the one that closes a method by `,` or `}`, with which no
/// statement begins. So a text that is valid in both closes neither.
///
/// # Errors
/// The position and the problem, as in Sensu Go: `(anonymous): Line 1:2 Unexpected end of input`.
fn check(ctx: &Ctx<'_>, text: &str) -> Result<(), String> {
    let checked = match compile(ctx, "function anonymous(){", text, "}") {
        Ok(()) if text.contains('}') => compile(ctx, "({anonymous(){", text, "}})"),
        checked => checked,
    };
    let Err(mut error) = checked else { return Ok(()) };
    if error.line > text.split('\n').count() {
        // The brace after the text is wrong, or missing because the text has one too many.
        let closed = compile(ctx, "function anonymous(){", text, "").is_ok();
        let end = text.rfind('}').filter(|_| closed);
        let before = end.and_then(|end| text.get(..end)).unwrap_or(text);
        error.line = before.split('\n').count();
        error.column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        error.message = if end.is_some() { "Unexpected token '}'" } else { END }.to_owned();
    }
    Err(format!("{FILE}: Line {}:{} {}", error.line, error.column, error.message))
}

/// The message of Sensu Go for a text that ends too early.
const END: &str = "Unexpected end of input";

/// A syntax error.
struct SyntaxError {
    /// From 1. Greater than the number of lines of the text if the error is behind it.
    line: usize,
    /// From 1.
    column: usize,
    message: String,
}

/// Compiles a text between two others. The script throws before its other statements, so nothing of
/// the text is executed, whatever it is.
fn compile(ctx: &Ctx<'_>, before: &str, text: &str, after: &str) -> Result<(), SyntaxError> {
    let mut options = EvalOptions::default();
    (options.strict, options.filename) = (false, Some(FILE.into()));
    let script = format!("throw 0;{before}\n{text}\n{after}");
    let thrown = match ctx.eval_with_options::<Value<'_>, _>(script, options) {
        Err(error) if error.is_exception() => ctx.catch(),
        // A text with a NUL character, which no script can have.
        Err(_) => return Err(SyntaxError::new(None, "Unexpected token ILLEGAL".into())),
        Ok(_) => return Ok(()),
    };
    if thrown.is_int() {
        return Ok(());
    }
    let exception = thrown.as_exception();
    let message = exception.and_then(Exception::message).unwrap_or_default();
    let stack = exception.and_then(Exception::stack).unwrap_or_default();
    Err(SyntaxError::new(stack.lines().find_map(position), message))
}

impl SyntaxError {
    /// `position` is that in the script, in which the text begins on line 2.
    fn new(position: Option<(usize, usize)>, message: String) -> Self {
        let (line, column) = position.unwrap_or((2, 1));
        Self { line: line.saturating_sub(1).max(1), column, message }
    }
}

/// Name of the text in messages, as in Sensu Go.
const FILE: &str = "(anonymous)";

/// Line and column in a line of a stack trace: `at (anonymous):1:2`.
fn position(line: &str) -> Option<(usize, usize)> {
    let (_, position) = line.rsplit_once("(anonymous):")?;
    let (line, column) = position.trim_end_matches(')').split_once(':')?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

#[cfg(test)]
mod tests;
