//! One evaluation in a QuickJS runtime of its own, so that nothing is shared with others.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rquickjs::context::EvalOptions;
use rquickjs::{Coerced, Context, Ctx, Error, Exception, FromJs as _, Runtime, Value};

use super::{Limits, ScriptError};

/// Maximum stack of an evaluation, in bytes. Half of that of the thread: some native functions do not check it.
const STACK: usize = super::pool::STACK / 2;
/// Maximum length of the message of an exception, in characters.
const MESSAGE: usize = 500;
/// The functions of Sensu Go.
const FUNCTIONS: &str = include_str!("functions.js");

/// Variables and scripts that an evaluation starts with.
pub(super) struct Environment<'a> {
    /// Name and JSON of the variable that the script is about.
    pub(super) variable: (&'static str, &'a str),
    /// Further variables: names and texts.
    pub(super) texts: &'a [(String, String)],
    /// Scripts to evaluate first.
    pub(super) libraries: &'a [Arc<str>],
}

/// What a mutator returned.
pub(super) enum Returned {
    /// Text.
    Text(String),
    /// Nothing. The variable before and after the script, in JSON.
    Nothing { before: String, after: String },
}

/// Evaluates an expression: the truth of the value of its last statement. A text with `return` is the body of a
/// function, as the syntax check of filters accepts it.
pub(super) fn evaluate(
    limits: Limits,
    is_cancelled: &Arc<AtomicBool>,
    environment: &Environment<'_>,
    text: &str,
) -> Result<bool, ScriptError> {
    run(limits, is_cancelled, |ctx| {
        prepare(ctx, environment)?;
        let value = if text.contains("return") && !is_script(ctx, text) {
            eval(ctx, function_call(text))?
        } else {
            eval(ctx, text)?
        };
        Ok(Coerced::<bool>::from_js(ctx, value)?.0)
    })
}

/// Runs the body of a mutator.
pub(super) fn mutate(
    limits: Limits,
    is_cancelled: &Arc<AtomicBool>,
    environment: &Environment<'_>,
    body: &str,
) -> Result<Returned, ScriptError> {
    run(limits, is_cancelled, |ctx| {
        prepare(ctx, environment)?;
        let variable = ctx.globals().get(environment.variable.0)?;
        let before = stringify(ctx, &variable)?;
        let value = eval(ctx, function_call(body))?;
        if value.is_undefined() || value.is_null() {
            // The same object: assigning another one to the variable changes nothing.
            let after = stringify(ctx, &variable)?;
            return Ok(Returned::Nothing { before, after });
        }
        match value.as_string() {
            Some(text) => Ok(Returned::Text(text.to_string()?)),
            None => Err(Exception::throw_message(ctx, &bad_result(ctx, value)?)),
        }
    })
}

fn bad_result<'js>(ctx: &Ctx<'js>, value: Value<'js>) -> rquickjs::Result<String> {
    let text = Coerced::<String>::from_js(ctx, value)?.0;
    Ok(format!("bad mutator result: got {:?}, want string or undefined", shorten(text)))
}

fn run<T>(
    limits: Limits,
    is_cancelled: &Arc<AtomicBool>,
    script: impl FnOnce(&Ctx<'_>) -> rquickjs::Result<T>,
) -> Result<T, ScriptError> {
    let is_expired = Arc::new(AtomicBool::new(false));
    let runtime = Runtime::new().map_err(unavailable)?;
    runtime.set_memory_limit(limits.memory);
    runtime.set_max_stack_size(STACK);
    runtime.set_interrupt_handler(Some(interrupt(
        limits.time,
        Arc::clone(&is_expired),
        Arc::clone(is_cancelled),
    )));
    let context = Context::full(&runtime).map_err(unavailable)?;
    context.with(|ctx| {
        script(&ctx).map_err(|error| {
            let exception = describe(&ctx, &error);
            if is_expired.load(Ordering::Relaxed) {
                ScriptError::Time(limits.time)
            } else {
                exception
            }
        })
    })
}

fn unavailable(error: Error) -> ScriptError {
    ScriptError::Unavailable(error.to_string())
}

/// Stops the script when its time is over or it is cancelled.
fn interrupt(
    time: Duration,
    is_expired: Arc<AtomicBool>,
    is_cancelled: Arc<AtomicBool>,
) -> Box<dyn FnMut() -> bool + Send> {
    let started = Instant::now();
    Box::new(move || {
        if started.elapsed() >= time || is_cancelled.load(Ordering::Relaxed) {
            is_expired.store(true, Ordering::Relaxed);
        }
        is_expired.load(Ordering::Relaxed)
    })
}

/// Defines the functions and variables, and evaluates the libraries.
fn prepare(ctx: &Ctx<'_>, environment: &Environment<'_>) -> rquickjs::Result<()> {
    eval(ctx, FUNCTIONS)?;
    for (name, value) in environment.texts {
        ctx.globals().set(name.as_str(), value.as_str())?;
    }
    let (name, json) = environment.variable;
    ctx.globals().set(name, ctx.json_parse(json)?)?;
    for library in environment.libraries {
        eval(ctx, library.as_bytes())?;
    }
    Ok(())
}

/// Evaluates a script. Scripts are not in strict mode, as in Sensu Go.
fn eval<'js>(ctx: &Ctx<'js>, text: impl Into<Vec<u8>>) -> rquickjs::Result<Value<'js>> {
    let mut options = EvalOptions::default();
    (options.strict, options.filename) = (false, Some("(anonymous)".into()));
    ctx.eval_with_options(text, options)
}

/// Whether a text is a valid script. Throws before its first statement, so nothing is executed.
fn is_script(ctx: &Ctx<'_>, text: &str) -> bool {
    eval(ctx, format!("throw 0;\n{text}")).is_err() && ctx.catch().is_int()
}

fn function_call(body: &str) -> String {
    format!("(function(){{\n{body}\n}})()")
}

fn stringify<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<String> {
    ctx.json_stringify(value.clone())?.map_or(Ok("null".into()), |text| text.to_string())
}

/// The error for a failed script.
fn describe(ctx: &Ctx<'_>, error: &Error) -> ScriptError {
    if !error.is_exception() {
        return ScriptError::Exception(error.to_string());
    }
    let thrown = ctx.catch();
    if thrown.is_null() {
        // Without memory for an exception, QuickJS throws null.
        return ScriptError::Memory;
    }
    let Some(exception) = thrown.as_exception() else {
        let text = Coerced::<String>::from_js(ctx, thrown).map(|text| text.0);
        return ScriptError::Exception(shorten(text.unwrap_or_else(|_| "exception".into())));
    };
    let name = exception.as_object().get::<_, String>("name").unwrap_or_default();
    let message = exception.message().unwrap_or_default();
    if message == "out of memory" && name == "InternalError" {
        return ScriptError::Memory;
    }
    let text = match name.as_str() {
        "" | "Error" => message,
        name => format!("{name}: {message}"),
    };
    ScriptError::Exception(shorten(text))
}

fn shorten(text: String) -> String {
    match text.char_indices().nth(MESSAGE) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
