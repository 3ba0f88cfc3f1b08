//! Tests of the expansion of handlers and pipelines into workflows.

use sensu_types::ObjectMeta;
use sensu_types::event::{Check, Metrics};

use super::*;

#[derive(Default)]
struct Objects {
    handlers: Vec<Handler>,
    pipelines: Vec<Pipeline>,
}

impl Definitions for Objects {
    fn handler(&self, name: &str) -> Option<&Handler> {
        self.handlers.iter().find(|handler| handler.metadata.name == name)
    }

    fn pipeline(&self, name: &str) -> Option<&Pipeline> {
        self.pipelines.iter().find(|pipeline| pipeline.metadata.name == name)
    }
}

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn handler(name: &str) -> Handler {
    Handler {
        metadata: ObjectMeta::new("default", name),
        kind: "pipe".into(),
        ..Handler::default()
    }
}

fn set(name: &str, members: &[&str]) -> Handler {
    Handler { kind: "set".into(), handlers: texts(members), ..handler(name) }
}

fn event(handlers: &[&str]) -> Event {
    let check = Check { handlers: texts(handlers), ..Check::default() };
    Event { check: Some(check), ..Event::default() }
}

/// The names of handlers that run, and the names and reasons of those that do not.
fn planned(event: &Event, objects: &Objects) -> Vec<String> {
    let step = |step| match step {
        Step::Run(workflow) => workflow.handler,
        Step::Skip(skipped) => {
            format!("{}{}: {}", skipped.pipeline, skipped.handler, skipped.reason)
                .replace(LEGACY_PIPELINE, "")
        }
    };
    plan(event, objects).into_iter().map(step).collect()
}

#[test]
fn handlers_of_check_and_metrics_run_once_sorted_by_name() {
    let objects = Objects { handlers: ["c", "a", "b"].map(handler).into(), ..Objects::default() };
    let metrics = Metrics { handlers: texts(&["b", "c"]), ..Metrics::default() };
    let event = Event { metrics: Some(metrics), ..event(&["c", "a", "c"]) };
    assert_eq!(planned(&event, &objects), ["a", "b", "c"]);
    let only_metrics = Event { check: None, ..event };
    assert_eq!(planned(&only_metrics, &objects), ["b", "c"]);
}

/// E8.
#[test]
fn sets_are_replaced_by_their_members() {
    let handlers = vec![
        handler("a"),
        handler("b"),
        set("one", &["a", "two"]),
        set("two", &["b", "a"]),
        set("three", &["one"]),
        set("cycle", &["cycle", "a"]),
        set("siblings", &["one", "two", "other"]),
        set("other", &["b"]),
    ];
    let objects = Objects { handlers, ..Objects::default() };
    let planned = |names: &[&str]| planned(&event(names), &objects);
    assert_eq!(planned(&["one"]), ["a", "b"], "two levels");
    assert_eq!(planned(&["three"]), ["a".to_owned(), format!("two: {NESTED}")], "three levels");
    assert_eq!(planned(&["other", "two", "one"]), ["a", "b"], "three sets beside each other");
    assert_eq!(planned(&["cycle"]), ["a".to_owned(), format!("cycle: {NESTED}")]);
    assert_eq!(planned(&["siblings"])[..2], ["a", "b"]);
}

/// Without a limit, each member of each set of each set would be visited.
#[test]
fn the_number_of_names_is_limited() {
    let names: Vec<String> = (0..300).map(|number| format!("set{number:03}")).collect();
    let members: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut handlers: Vec<Handler> = names.iter().map(|name| set(name, &members)).collect();
    handlers.push(handler("a"));
    let objects = Objects { handlers, ..Objects::default() };
    let planned = planned(&event(&[members.as_slice(), &["a"]].concat()), &objects);
    assert_eq!(planned.len(), names.len() + 1, "{planned:?}");
    let many: Vec<String> = (0..MAX_NAMES + 7).map(|number| number.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(plan(&event(&many), &objects).len(), MAX_NAMES);
}

/// E9.
#[test]
fn missing_handlers_are_reported_and_others_run() {
    let objects = Objects { handlers: vec![handler("a"), set("s", &["x"])], ..Objects::default() };
    assert_eq!(
        planned(&event(&["a", "s", "y"]), &objects),
        [
            "a",
            "x: the handler does not exist; it is a member of the set \"s\"",
            "y: the handler does not exist"
        ]
    );
    assert_eq!(planned(&event(&[]), &objects), [""; 0]);
}

fn reference(kind: &str, name: &str) -> ResourceReference {
    ResourceReference { name: name.into(), kind: kind.into(), api_version: "core/v2".into() }
}

fn workflow(name: &str, handler: ResourceReference) -> PipelineWorkflow {
    let filters = vec![reference("EventFilter", "is_incident")];
    let mutator = Some(reference("Mutator", "m"));
    PipelineWorkflow { name: name.into(), filters, mutator, handler: Some(handler) }
}

fn pipeline(name: &str, workflows: Vec<PipelineWorkflow>) -> Pipeline {
    Pipeline { metadata: ObjectMeta::new("default", name), workflows }
}

#[test]
fn workflows_run_in_order_before_handlers() {
    let workflows = ["b", "a"].map(|name| workflow(name, reference("Handler", name)));
    let objects = Objects {
        handlers: vec![handler("a"), handler("b")],
        pipelines: vec![pipeline("p", workflows.into())],
    };
    let mut event = event(&["a"]);
    event.check.as_mut().unwrap().pipelines = vec![reference("Pipeline", "p")];
    let steps = plan(&event, &objects);
    let expected = Workflow {
        pipeline: "p".into(),
        name: "b".into(),
        filters: texts(&["is_incident"]),
        mutator: "m".into(),
        handler: "b".into(),
    };
    assert_eq!(steps[0], Step::Run(expected));
    assert_eq!(planned(&event, &objects), ["b", "a", "a"]);
}

#[test]
fn references_that_cannot_be_used_are_reported() {
    let commercial = ResourceReference {
        api_version: "pipeline/v1".into(),
        ..reference("TCPStreamHandler", "t")
    };
    let workflows = vec![
        workflow("1", reference("Handler", "x")),
        workflow("2", reference("Handler", "s")),
        workflow("3", commercial.clone()),
    ];
    let objects = Objects {
        handlers: vec![set("s", &[])],
        pipelines: vec![pipeline("p", workflows), pipeline("empty", Vec::new())],
    };
    let event = Event {
        pipelines: vec![
            reference("Pipeline", "p"),
            reference("Pipeline", "missing"),
            reference("Pipeline", "empty"),
            commercial.clone(),
        ],
        fallback_pipeline: Some(reference("FallbackPipeline", "f")),
        ..Event::default()
    };
    assert_eq!(
        planned(&event, &objects),
        [
            "px: the handler does not exist",
            "ps: a workflow cannot run a handler set",
            "pt: pipeline/v1.TCPStreamHandler is not a handler that this server has",
            "missing: the pipeline does not exist",
            "empty: the pipeline has no workflows",
            "t: pipeline/v1.TCPStreamHandler is not a pipeline that this server has",
            "f: fallback pipelines are not supported",
        ]
    );
}

#[test]
fn an_event_that_built_in_filters_deny_reaches_no_handler() {
    let filtered = Handler { filters: texts(&["custom", "is_incident"]), ..handler("a") };
    let objects = Objects { handlers: vec![filtered, handler("b")], ..Objects::default() };
    let reaches = |names: &[&str], status| {
        let mut event = event(names);
        event.check.as_mut().unwrap().status = status;
        can_reach_handler(&event, &plan(&event, &objects))
    };
    assert!(!reaches(&["a"], 0) && reaches(&["a"], 1) && reaches(&["a", "b"], 0));
    assert!(!reaches(&["missing"], 1) && !reaches(&[], 1));
}
