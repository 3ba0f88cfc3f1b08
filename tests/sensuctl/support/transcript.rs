//! Parses `data/sensuctl-5.0.0-calls.txt`: the commands of `sensuctl` 5.0.0, and the requests that they sent.

use serde_json::Value;

/// A command and its requests.
#[derive(Debug)]
pub(crate) struct Step {
    /// Line in the file, from 1.
    pub line: usize,
    /// Command line without `sensuctl`.
    pub command: String,
    /// Whether it ran in a terminal and prompted.
    pub is_interactive: bool,
    /// Exit code.
    pub code: i32,
    pub requests: Vec<RecordedRequest>,
    /// Heading above it: what was done to the session before.
    pub before: Option<String>,
}

/// A request of a command.
#[derive(Debug)]
pub(crate) struct RecordedRequest {
    pub method: String,
    /// Path and query.
    pub path: String,
    /// `Null` if there was none.
    pub body: Value,
    /// Whether the file contains only the beginning of the body.
    pub is_truncated: bool,
}

/// The steps of the file.
pub(crate) fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut before = None;
    for (index, text) in include_str!("../data/sensuctl-5.0.0-calls.txt").lines().enumerate() {
        if let Some(heading) = text.strip_prefix("### ") {
            before = Some(heading.to_owned());
        } else if let Some(command) = text.strip_prefix("$ sensuctl ") {
            let (command, code) = command.rsplit_once("rc=").expect("an exit code");
            let command = command.trim_end();
            let (command, is_interactive) = match command.strip_suffix("[tty]") {
                Some(command) => (command.trim_end(), true),
                None => (command, false),
            };
            steps.push(Step {
                line: index + 1,
                command: command.to_owned(),
                is_interactive,
                code: code.parse().expect("a number"),
                requests: Vec::new(),
                before: before.take(),
            });
        } else if let Some(request) = parse_request(text.trim_start())
            && let Some(step) = steps.last_mut()
        {
            step.requests.push(request);
        }
    }
    steps
}

fn parse_request(text: &str) -> Option<RecordedRequest> {
    let (method, rest) = text.split_once(' ')?;
    if !["GET", "POST", "PUT", "DELETE"].contains(&method) {
        return None;
    }
    let (path, rest) = rest.split_once(" -> ")?;
    let body = rest.split_once(" body=").map(|(_, body)| body.trim_end());
    let body = body.map(|body| body.split(" resp=").next().unwrap_or(body).trim_end());
    let (body, is_truncated) = match body {
        None => (Value::Null, false),
        Some(body) => match serde_json::from_str(body) {
            Ok(body) => (body, false),
            Err(_) => (complete_members(body), true),
        },
    };
    Some(RecordedRequest { method: method.to_owned(), path: path.to_owned(), body, is_truncated })
}

/// The complete members of an object whose end is missing.
fn complete_members(text: &str) -> Value {
    let (mut depth, mut quoted, mut escaped, mut end) = (0, false, false, 0);
    for (position, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b',' if depth == 1 => end = position,
            _ => {}
        }
    }
    serde_json::from_str(&format!("{}}}", &text[..end])).expect("an object")
}

#[test]
fn the_transcript_is_parsed() {
    let steps = steps();
    assert_eq!(steps.len(), 190);
    assert_eq!(steps.iter().filter(|step| step.is_interactive).count(), 10);
    let requests = steps.iter().flat_map(|step| &step.requests);
    assert!(requests.filter(|request| request.is_truncated).count() > 20);
}
