//! What `sensuctl` 5.0.0 was seen to do: `data/sensuctl-5.0.0-calls.txt`, read.

use serde_json::Value;

/// A command, and what came of it.
#[derive(Debug)]
pub(crate) struct Step {
    /// The line in the file, from 1.
    pub line: usize,
    /// The command line, without `sensuctl`.
    pub command: String,
    /// Whether it was run in a terminal, and asked.
    pub asks: bool,
    /// The exit code.
    pub code: i32,
    /// The calls that it made.
    pub calls: Vec<Call>,
    /// The heading above it, if there is one: what was done to the session.
    pub before: Option<String>,
}

/// A call that it made.
#[derive(Debug)]
pub(crate) struct Call {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The body; `Null` if there was none.
    pub body: Value,
    /// Whether the file holds only the beginning of the body.
    pub is_cut: bool,
}

/// The steps of the file.
pub(crate) fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut before = None;
    for (index, text) in include_str!("data/sensuctl-5.0.0-calls.txt").lines().enumerate() {
        if let Some(heading) = text.strip_prefix("### ") {
            before = Some(heading.to_owned());
        } else if let Some(command) = text.strip_prefix("$ sensuctl ") {
            let (command, code) = command.rsplit_once("rc=").expect("an exit code");
            let command = command.trim_end();
            let (command, asks) = match command.strip_suffix("[tty]") {
                Some(command) => (command.trim_end(), true),
                None => (command, false),
            };
            steps.push(Step {
                line: index + 1,
                command: command.to_owned(),
                asks,
                code: code.parse().expect("a number"),
                calls: Vec::new(),
                before: before.take(),
            });
        } else if let Some(call) = call(text.trim_start())
            && let Some(step) = steps.last_mut()
        {
            step.calls.push(call);
        }
    }
    steps
}

fn call(text: &str) -> Option<Call> {
    let (method, rest) = text.split_once(' ')?;
    if !["GET", "POST", "PUT", "DELETE"].contains(&method) {
        return None;
    }
    let (path, rest) = rest.split_once(" -> ")?;
    let body = rest.split_once(" body=").map(|(_, body)| body.trim_end());
    let body = body.map(|body| body.split(" resp=").next().unwrap_or(body).trim_end());
    let (body, is_cut) = match body {
        None => (Value::Null, false),
        Some(body) => match serde_json::from_str(body) {
            Ok(body) => (body, false),
            Err(_) => (mended(body), true),
        },
    };
    Some(Call { method: method.to_owned(), path: path.to_owned(), body, is_cut })
}

/// The whole members of an object whose end is missing.
fn mended(text: &str) -> Value {
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
fn the_transcript_is_read() {
    let steps = steps();
    assert_eq!(steps.len(), 190);
    assert_eq!(steps.iter().filter(|step| step.asks).count(), 10);
    let cut = steps.iter().flat_map(|step| &step.calls).filter(|call| call.is_cut);
    assert!(cut.count() > 20, "bodies that are cut are used as far as they go");
}
