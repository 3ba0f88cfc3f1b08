//! Syntax check of JavaScript expressions. Nothing is evaluated here.
//!
//! The check compiles with QuickJS, the heaviest dependency of this crate. It is here because
//! expressions are validated among the other fields of their resource: Sensu Go reports the first
//! broken rule in a fixed order, and `Resource::validate` keeps that order for every caller.

use rquickjs::context::intrinsic::Eval;
use rquickjs::{Context, Module, Runtime};

use crate::Invalid;

/// Most memory for compiling an expression.
const MEMORY: usize = 16 << 20;
/// Most stack for compiling an expression: the parser recurses, and callers run on small stacks.
const STACK: usize = 256 << 10;

/// Checks the syntax of each expression.
///
/// # Errors
/// [`Invalid`] with the index, position and problem of the first invalid expression.
pub(crate) fn check_all(expressions: &[String]) -> Result<(), Invalid> {
    for (index, text) in expressions.iter().enumerate() {
        check(text)
            .map_err(|problem| Invalid(format!("syntax error in expression {index}: {problem}")))?;
    }
    Ok(())
}

/// Checks the syntax of a text: an expression, statements, or nothing.
///
/// The text is compiled as a module, the only form that QuickJS compiles without running. Modules are
/// in strict mode, so `with` and octal numbers are errors.
///
/// # Errors
/// The position and the problem, as in Sensu Go: `(anonymous): Line 1:2 unexpected token`.
pub(crate) fn check(text: &str) -> Result<(), String> {
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
        let position = stack.lines().find_map(position).unwrap_or_else(|| "1:1".to_owned());
        Err(format!("{FILE}: Line {position} {message}"))
    })
}

/// Name of the text in messages, as in Sensu Go.
const FILE: &str = "(anonymous)";

/// Line and column in a line of a stack trace: `at (anonymous):1:2`.
fn position(line: &str) -> Option<String> {
    let (_, position) = line.rsplit_once(&format!("{FILE}:"))?;
    Some(position.trim_end_matches(')').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_and_statements_are_valid() {
        for good in ["", "true", "event.check.status == 2", "var a = 1; a + 1", "// nothing"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn errors_have_a_position() {
        for bad in ["(", "a b", "garbage (", "}) (function(){", "'x"] {
            let error = check(bad).expect_err(bad);
            assert!(error.starts_with("(anonymous): Line 1:"), "{error}");
        }
        let error = check_all(&["true".into(), "a b".into()]).expect_err("a b").0;
        let expected = "syntax error in expression 1: (anonymous): Line 1:3 ";
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn nothing_is_evaluated_and_the_stack_does_not_overflow() {
        assert_eq!(check("while (true) {}"), Ok(()));
        assert!(check(&"(".repeat(1_000_000)).is_err());
        assert!(check("import 'x'").is_err());
    }
}
