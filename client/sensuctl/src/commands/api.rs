//! `sensuctl api`: sends any request, with the credentials of the session.

use std::io::{self, IsTerminal as _, Read as _, Write as _};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::{Arg, ArgAction, ArgMatches, Command};
use futures::TryStreamExt as _;
use sensu_client::header::{HeaderName, HeaderValue};
use sensu_client::{Method, RawRequest, RawResponse, StatusCode};
use serde_json::Value;

use crate::args::{flag, option, optional, required};
use crate::context::{Context, NO_CREDENTIALS};
use crate::escape;
use crate::serialize::json_pretty;

const EXAMPLES: &str = "Examples:
  sensuctl api /apis/core/v2/namespaces/default/checks
  sensuctl api GET /apis/core/v2/checks -q 'fieldSelector=check.publish == true' --paginate
  sensuctl api PATCH /apis/core/v2/namespaces/default/checks/check-cpu -d '{\"interval\": 30}'
  sensuctl api PUT /apis/core/v2/namespaces/default/hooks/restart -d @restart.json -q dryRun=true
  sensuctl api DELETE /apis/core/v2/namespaces/default/checks/check-cpu -H 'If-Match: \"5f2a\"' -i";

pub(super) fn arguments(command: Command) -> Command {
    let repeatable = |name, value, help| {
        option(name, value, help).action(ArgAction::Append).allow_hyphen_values(true)
    };
    command
        .about("Send a request to the API, and print the response body")
        .long_about(
            "Send a request to the API with the credentials of the session, and print the response body: indented JSON in a terminal, unchanged elsewhere. Statuses from 400 to 599 print the server's message to standard error and end with exit code 1.",
        )
        .after_help(EXAMPLES)
        .allow_missing_positional(true)
        .arg(
            Arg::new("method")
                .value_name("METHOD")
                .help("HTTP method [default: GET, or POST with --data]"),
        )
        .arg(
            Arg::new("path")
                .value_name("PATH")
                .required(true)
                .help("Percent-encoded path, such as /apis/core/v2/namespaces"),
        )
        .arg(
            option("data", "BODY", "Request body; @FILE reads a file, - reads standard input")
                .short('d')
                .allow_hyphen_values(true),
        )
        .arg(
            repeatable("query", "NAME=VALUE", "Query parameter, encoded by sensuctl; repeatable")
                .short('q'),
        )
        .arg(repeatable("header", "NAME: VALUE", "Request header; repeatable").short('H'))
        .arg(flag("include", "Print the status and the response headers too").short('i'))
        .arg(
            flag("paginate", "Request all pages of a list, and print them as one list")
                .conflicts_with("include"),
        )
}

pub(super) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let client = context.client_or_anonymous()?;
    let body = optional(matches, "data").map(read_body).transpose()?;
    let method = match optional(matches, "method") {
        Some(name) => Method::from_bytes(name.to_ascii_uppercase().as_bytes())
            .with_context(|| format!("{name:?} is not a method"))?,
        None if body.is_some() => Method::POST,
        None => Method::GET,
    };
    let mut request = client.raw(method, required(matches, "path"));
    if let Some(body) = body {
        request = request.body(body);
    }
    for parameter in matches.get_many::<String>("query").into_iter().flatten() {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        request = request.query(name, value);
    }
    for header in matches.get_many::<String>("header").into_iter().flatten() {
        let (name, value) = parse_header(header)?;
        request = request.header(name, value);
    }
    let result = match matches.get_flag("paginate") {
        true => print_list(context, request),
        false => print_response(context, request, matches.get_flag("include")),
    };
    context.cache_prefix(context.api_url(), client);
    result
}

fn print_response(context: &Context, request: RawRequest<'_>, include: bool) -> Result<()> {
    let response =
        context.wait(request.send_unchecked()).map_err(|error| context.explain(error))?;
    let is_terminal = io::stdout().is_terminal();
    if include {
        let head = head(&response);
        context.print(&if is_terminal { escape::for_terminal(&head) } else { head })?;
    }
    match indented(&response) {
        Some(text) => context.print(&text)?,
        None if is_terminal => {
            context.print(&escape::for_terminal(&String::from_utf8_lossy(&response.body)))?;
        }
        None => context.print_bytes(&response.body)?,
    }
    if response.continue_token().is_some() && !include {
        // Standard error may be closed.
        let _ = writeln!(io::stderr(), "The list has more pages: --paginate prints all of them.");
    }
    response.error_for_status().map(drop).map_err(|error| match error.status() {
        Some(StatusCode::UNAUTHORIZED) if !context.has_credentials() => {
            anyhow!("{error}. {NO_CREDENTIALS}")
        }
        _ => error.into(),
    })
}

fn print_list(context: &Context, request: RawRequest<'_>) -> Result<()> {
    let items: Vec<Value> =
        context.wait(request.stream().try_collect()).map_err(|error| context.explain(error))?;
    context.print(&json_pretty(&Value::Array(items))?)
}

fn read_body(text: &str) -> Result<Vec<u8>> {
    match text.strip_prefix('@') {
        _ if text == "-" || text == "@-" => {
            let mut bytes = Vec::new();
            io::stdin().read_to_end(&mut bytes)?;
            Ok(bytes)
        }
        Some(file) => std::fs::read(file).with_context(|| format!("cannot read {file}")),
        None => Ok(text.as_bytes().to_vec()),
    }
}

/// Parses `NAME: VALUE`, as curl does.
fn parse_header(text: &str) -> Result<(HeaderName, HeaderValue)> {
    let Some((name, value)) = text.split_once(':') else {
        bail!("the header {text:?} has no colon: write it like 'If-Match: *'");
    };
    let name = name.trim().parse().with_context(|| format!("{name:?} is not a header name"))?;
    let value = value.trim().parse().with_context(|| format!("{value:?} is not a header value"));
    Ok((name, value?))
}

/// Status line and headers.
fn head(response: &RawResponse) -> String {
    let mut text = format!("{:?} {}\n", response.version, response.status);
    for (name, value) in &response.headers {
        text.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
    }
    text.push('\n');
    text
}

/// The body with indentation, if it is JSON and standard output is a terminal.
fn indented(response: &RawResponse) -> Option<String> {
    if !io::stdout().is_terminal() {
        return None;
    }
    json_pretty(&serde_json::from_slice(&response.body).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_parsed_as_in_curl() {
        let (name, value) = parse_header("If-Match: \"a:b\"").unwrap();
        assert_eq!((name.as_str(), value.to_str().unwrap()), ("if-match", "\"a:b\""));
        for invalid in ["If-Match", "a b: c", ": x", "x: a\nb"] {
            parse_header(invalid).unwrap_err();
        }
    }
}
