//! `sensuctl api`: any call of the API, through the session.

use std::io::{self, IsTerminal as _, Read as _};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::{Arg, ArgAction, ArgMatches, Command};
use futures::TryStreamExt as _;
use sensu_client::header::{HeaderName, HeaderValue};
use sensu_client::{Method, RawRequest, RawResponse, StatusCode};
use serde_json::Value;

use crate::cli::off;
use crate::context::{Context, NO_CREDENTIALS};
use crate::serialize::pretty;

const EXAMPLES: &str = "Examples:
  sensuctl api /apis/core/v2/namespaces/default/checks
  sensuctl api GET /apis/core/v2/checks -q 'fieldSelector=check.publish == true' --paginate
  sensuctl api PATCH /apis/core/v2/namespaces/default/checks/check-cpu -d '{\"interval\": 30}'
  sensuctl api PUT /apis/core/v2/namespaces/default/hooks/restart -d @restart.json -q dryRun=true
  sensuctl api DELETE /apis/core/v2/namespaces/default/checks/check-cpu -H 'If-Match: \"5f2a\"' -i";

/// Its arguments.
pub(crate) fn command() -> Command {
    let many = |name: &'static str, short: char, value: &'static str, help: &'static str| {
        let arg = Arg::new(name).long(name).short(short).value_name(value).help(help);
        arg.action(ArgAction::Append).allow_hyphen_values(true)
    };
    Command::new("api")
        .about("Make any call of the API, and print the answer")
        .long_about(
            "Make any call of the API with the credentials of the session, and print the body of the answer: JSON with indents in a terminal, as it came elsewhere. Statuses from 400 on end with exit code 1, and with the server's message on the standard error.",
        )
        .after_help(EXAMPLES)
        .allow_missing_positional(true)
        .arg(
            Arg::new("method")
                .value_name("METHOD")
                .help("The method; GET if left out, or POST with --data"),
        )
        .arg(
            Arg::new("path")
                .value_name("PATH")
                .required(true)
                .help("The path, escaped as in a URL: /apis/core/v2/namespaces"),
        )
        .arg(
            Arg::new("data")
                .long("data")
                .short('d')
                .value_name("BODY")
                .allow_hyphen_values(true)
                .help("The body; @FILE for what a file holds, - for the standard input"),
        )
        .arg(many("query", 'q', "NAME=VALUE", "Adds to the query; is escaped"))
        .arg(many("header", 'H', "NAME: VALUE", "Sets a header"))
        .arg(off("include", "Print status and headers, too").short('i'))
        .arg(
            off("paginate", "Print a list to its end, as one: answers have a limited size")
                .conflicts_with("include"),
        )
}

/// Makes the call.
pub(crate) fn run(context: &Context, matches: &ArgMatches) -> Result<()> {
    let client = context.client_or_anonymous()?;
    let body = matches.get_one::<String>("data").map(|given| data(given)).transpose()?;
    let method = match matches.get_one::<String>("method") {
        Some(name) => Method::from_bytes(name.to_ascii_uppercase().as_bytes())
            .with_context(|| format!("{name:?} is not a method"))?,
        None if body.is_some() => Method::POST,
        None => Method::GET,
    };
    let mut request = client.raw(method, crate::verbs::required(matches, "path"));
    if let Some(body) = body {
        request = request.body(body);
    }
    for given in matches.get_many::<String>("query").into_iter().flatten() {
        let (name, value) = given.split_once('=').unwrap_or((given, ""));
        request = request.query(name, value);
    }
    for given in matches.get_many::<String>("header").into_iter().flatten() {
        let (name, value) = header(given)?;
        request = request.header(name, value);
    }
    let done = match matches.get_flag("paginate") {
        true => list(context, request),
        false => one(context, request, matches.get_flag("include")),
    };
    context.remember(context.api_url(), client);
    done
}

fn one(context: &Context, request: RawRequest<'_>, include: bool) -> Result<()> {
    let answer =
        context.wait(request.send_unchecked()).map_err(|error| context.explained(error))?;
    if include {
        context.write(&head(&answer))?;
    }
    match readable(&answer) {
        Some(text) => context.write(&text)?,
        None => context.write_bytes(&answer.body)?,
    }
    if answer.continue_token().is_some() && !include {
        eprint("There are more: --paginate prints them all.");
    }
    answer.error_for_status().map(drop).map_err(|error| match error.status() {
        Some(StatusCode::UNAUTHORIZED) if is_stranger(context) => {
            anyhow!("{error}. {NO_CREDENTIALS}")
        }
        _ => error.into(),
    })
}

fn list(context: &Context, request: RawRequest<'_>) -> Result<()> {
    let items: Vec<Value> =
        context.wait(request.stream().try_collect()).map_err(|error| context.explained(error))?;
    context.write(&pretty(&Value::Array(items))?)
}

fn is_stranger(context: &Context) -> bool {
    !context.has_api_key() && context.tokens().is_none()
}

/// A body: what is given, what is in a file, or what comes in.
fn data(given: &str) -> Result<Vec<u8>> {
    match given.strip_prefix('@') {
        _ if given == "-" || given == "@-" => {
            let mut bytes = Vec::new();
            io::stdin().read_to_end(&mut bytes)?;
            Ok(bytes)
        }
        Some(file) => std::fs::read(file).with_context(|| format!("cannot read {file}")),
        None => Ok(given.as_bytes().to_vec()),
    }
}

/// A header as it is written: `If-Match: "5f2a"`.
fn header(given: &str) -> Result<(HeaderName, HeaderValue)> {
    let Some((name, value)) = given.split_once(':') else {
        bail!("the header {given:?} has no colon: write it like 'If-Match: *'");
    };
    let name = name.trim().parse().with_context(|| format!("{name:?} is not a header's name"))?;
    let value = value.trim().parse().with_context(|| format!("{value:?} is not a header's value"));
    Ok((name, value?))
}

fn head(answer: &RawResponse) -> String {
    let mut text = format!("{:?} {}\n", answer.version, answer.status);
    for (name, value) in &answer.headers {
        text.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
    }
    text.push('\n');
    text
}

/// The body as people read it, if it is JSON and they do.
fn readable(answer: &RawResponse) -> Option<String> {
    if !io::stdout().is_terminal() {
        return None;
    }
    pretty(&serde_json::from_slice(&answer.body).ok()?).ok()
}

/// Says something that is not part of the answer.
fn eprint(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(io::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_curl_reads_them() {
        let (name, value) = header("If-Match: \"a:b\"").unwrap();
        assert_eq!((name.as_str(), value.to_str().unwrap()), ("if-match", "\"a:b\""));
        for bad in ["If-Match", "a b: c", ": x", "x: a\nb"] {
            header(bad).unwrap_err();
        }
    }
}
