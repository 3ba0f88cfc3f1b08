//! Filters, mutators and commands through the entry point.

mod handlers;

use std::os::unix::fs::symlink;

use sensu_types::mutator::Mutator;
use tokio::sync::Semaphore;

use super::*;
use crate::command::{Environment, Limits};
use crate::{COMMANDS_NOT_ALLOWED, payload};

fn executor(are_commands_allowed: bool) -> Executor {
    let commands = || {
        Commands::new(Arc::new(Semaphore::new(4)), Limits::default(), Environment::from_process())
    };
    let limits = crate::javascript::Limits { time: Duration::from_secs(20), ..Default::default() };
    let settings = Settings {
        javascript: JavaScript::new(limits),
        commands: are_commands_allowed.then(commands),
        outbound: OutboundPolicy::default(),
        retry: Retry::default(),
    };
    Executor::new(settings).unwrap()
}

fn event() -> Event {
    Event::with_status("web", "cpu", 2)
}

fn pipe_mutator(command: &str) -> Mutator {
    Mutator { command: command.into(), ..Mutator::default() }
}

fn pipe_handler(command: &str) -> Handler {
    Handler { kind: "pipe".into(), command: command.into(), ..Handler::default() }
}

async fn execute(handler: &Handler, payload: &'static str) -> HandlerResult {
    let context = RunContext {
        variables: vec![("SENSU_EVENT_REVISION".into(), "7".into())],
        ..RunContext::default()
    };
    executor(true).execute(handler, None, payload.into(), &context).await
}

#[tokio::test]
async fn a_filter_is_evaluated_with_the_scripts_of_its_assets() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("lib")).unwrap();
    std::fs::write(root.path().join("lib/a.js"), "function is_two(n) { return n == 2 }").unwrap();
    let filter = EventFilter {
        expressions: vec!["is_two(event.check.status)".into(), "false".into(), "x".into()],
        ..EventFilter::default()
    };
    let asset = InstalledAsset::test("a", root.path().to_str().unwrap());
    let context = RunContext { assets: vec![asset], ..RunContext::default() };
    let results = executor(false).evaluate(&filter, &event(), &context).await;
    assert_eq!(results[..2], [Ok(true), Ok(false)]);
    assert!(results[2].is_err());
    symlink("nowhere", root.path().join("lib/b.js")).unwrap();
    let results = executor(false).evaluate(&filter, &event(), &context).await;
    assert!(results.len() == 3 && results.iter().all(Result::is_err));
    let entity = event().entity.unwrap();
    let results = executor(false).evaluate_entity(&["entity.name == 'web'".into()], &entity).await;
    assert_eq!(results, [Ok(true)]);
}

/// E10
#[tokio::test]
async fn a_pipe_mutator_transforms_the_event() {
    let context = RunContext::default();
    let mutate = async |command: &str, timeout: u32| {
        let mutator = Mutator { timeout, ..pipe_mutator(command) };
        executor(true).mutate(&mutator, &event(), &context).await
    };
    assert_eq!(mutate("cat", 0).await, Ok(payload::json(&event()).unwrap()));
    assert_eq!(mutate("echo a; echo b >&2", 0).await, Ok("a\nb\n".into()));
    let error = mutate("echo reason; exit 1", 0).await.unwrap_err();
    assert_eq!(error.reason, "pipe mutator execution returned non-zero exit status");
    assert_eq!((error.status, &*error.output), (Some(1), "reason\n"));
    let error = mutate("sleep 3600", 1).await.unwrap_err();
    assert_eq!((&*error.reason, error.status), ("pipe mutator timed out", Some(2)));
    let error = mutate("yes", 0).await.unwrap_err();
    assert_eq!(error.reason, "the output of the pipe mutator exceeds the limit");
}

#[tokio::test]
async fn a_javascript_mutator_has_its_variables() {
    let mutator = Mutator {
        kind: "javascript".into(),
        eval: "return CHANNEL + typeof PATH + typeof SECRET".into(),
        env_vars: vec!["CHANNEL=#a=b".into(), "PATH".into(), "SECRET".into()],
        ..Mutator::default()
    };
    let context = RunContext::default();
    let result = executor(true).mutate(&mutator, &event(), &context).await;
    assert_eq!(result, Ok("#a=bstringundefined".into()));
    let endless = Mutator { eval: "while(true){}".into(), timeout: 1, ..mutator };
    let error = executor(false).mutate(&endless, &event(), &context).await.unwrap_err();
    assert_eq!(error.reason, "time limit of 1 s exceeded");
}

#[tokio::test]
async fn a_pipe_handler_receives_the_payload_and_the_revision() {
    let handler = Handler {
        env_vars: vec!["A=b".into()],
        ..pipe_handler("cat; echo \" $A $SENSU_EVENT_REVISION\"")
    };
    let result = execute(&handler, "{}").await;
    assert_eq!((result.failure, result.status), (None, Some(0)));
    assert_eq!(result.output, "{} b 7\n");
}

/// E7
#[tokio::test]
async fn failures_of_pipe_handlers_have_reasons() {
    let result = execute(&pipe_handler("echo no; exit 3"), "").await;
    assert_eq!(result.failure.unwrap(), "the command exited with status 3");
    assert_eq!((result.status, &*result.output), (Some(3), "no\n"));
    let result = execute(&Handler { timeout: 1, ..pipe_handler("sleep 3600") }, "").await;
    assert_eq!(result.failure.unwrap(), "the command timed out");
    assert_eq!((result.status, &*result.output), (Some(2), "Execution timed out\n"));
    let result = execute(&pipe_handler("a\0b"), "").await;
    assert!(result.failure.unwrap().starts_with("cannot run the command: "));
    let result = execute(&pipe_handler("yes é | head -c 100000"), "").await;
    assert!(result.failure.is_none() && result.output.len() <= 4096 && result.output.len() > 4000);
}

#[tokio::test]
async fn commands_are_refused_unless_they_are_allowed() {
    let (executor, context) = (executor(false), RunContext::default());
    let result = executor.execute(&pipe_handler("true"), None, Bytes::new(), &context).await;
    assert_eq!(result.failure.as_deref(), Some(COMMANDS_NOT_ALLOWED));
    let error = executor.mutate(&pipe_mutator("cat"), &event(), &context).await.unwrap_err();
    assert_eq!(error.reason, COMMANDS_NOT_ALLOWED);
}

#[tokio::test]
async fn unsupported_types_fail_with_a_reason() {
    for (kind, reason) in [
        ("set", "unknown handler type \"set\""),
        ("x", "unknown handler type \"x\""),
        ("grpc", "handlers of type grpc (extensions) are not supported"),
        ("tcp", "the handler has no socket"),
        ("udp", "the handler has no socket"),
        ("http", "the handler has no request"),
    ] {
        let result = execute(&Handler { kind: kind.into(), ..Handler::default() }, "").await;
        assert_eq!(result.failure.as_deref(), Some(reason));
    }
}
