//! JavaScript expressions: compiled to find mistakes when they are written, never run here.

use rquickjs::context::intrinsic::Eval;
use rquickjs::{Context, Module, Runtime};

use crate::Invalid;

/// Memory that compiling an expression may take.
const MEMORY: usize = 16 << 20;
/// Stack that it may take: the parser recurses, and its callers run on small stacks.
const STACK: usize = 256 << 10;

/// Whether each text can be compiled.
///
/// # Errors
/// [`Invalid`] with the number of the first that cannot, the place and the reason.
pub fn verify_all(expressions: &[String]) -> Result<(), Invalid> {
    for (index, text) in expressions.iter().enumerate() {
        verify(text)
            .map_err(|why| Invalid(format!("syntax error in expression {index}: {why}")))?;
    }
    Ok(())
}

/// Whether the text can be compiled: an expression, statements, or nothing.
///
/// It is compiled as a module, which is the one form that the engine compiles without running. So
/// strict mode applies: `with` and octal numbers are mistakes.
///
/// # Errors
/// The place and the reason: `(anonymous): Line 1:2 unexpected token`.
pub fn verify(text: &str) -> Result<(), String> {
    let failed = |error: rquickjs::Error| error.to_string();
    let runtime = Runtime::new().map_err(failed)?;
    runtime.set_memory_limit(MEMORY);
    runtime.set_max_stack_size(STACK);
    let context = Context::custom::<Eval>(&runtime).map_err(failed)?;
    context.with(|ctx| {
        if Module::declare(ctx.clone(), FILE, text).is_ok() {
            return Ok(());
        }
        let thrown = ctx.catch();
        let exception = thrown.as_exception();
        let message = exception.and_then(rquickjs::Exception::message).unwrap_or_default();
        let stack = exception.and_then(rquickjs::Exception::stack).unwrap_or_default();
        let place = stack.lines().find_map(place).unwrap_or_else(|| "1:1".to_owned());
        Err(format!("{FILE}: Line {place} {message}"))
    })
}

/// What the engine and the messages call the text, as in the reference.
const FILE: &str = "(anonymous)";

/// Line and column of a line of a stack trace: `at (anonymous):1:2`.
fn place(line: &str) -> Option<String> {
    let (_, place) = line.rsplit_once(&format!("{FILE}:"))?;
    Some(place.trim_end_matches(')').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_and_statements_pass() {
        for good in ["", "true", "event.check.status == 2", "var a = 1; a + 1", "// nothing"] {
            assert_eq!(verify(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn mistakes_have_a_place() {
        for bad in ["(", "a b", "garbage (", "}) (function(){", "'x"] {
            let why = verify(bad).expect_err(bad);
            assert!(why.starts_with("(anonymous): Line 1:"), "{why}");
        }
        let why = verify_all(&["true".into(), "a b".into()]).expect_err("a b").0;
        assert!(why.starts_with("syntax error in expression 1: (anonymous): Line 1:3 "), "{why}");
    }

    #[test]
    fn nothing_is_run_and_nothing_overflows() {
        assert_eq!(verify("while (true) {}"), Ok(()));
        assert!(verify(&"(".repeat(1_000_000)).is_err());
        assert!(verify("import 'x'").is_err());
    }
}
