//! `sensuctl api-key`

use anyhow::Result;
use clap::{ArgMatches, Command};
use sensu_client::Method;
use serde_json::json;

use crate::args::{option, optional, positional, required};
use crate::column::Column;
use crate::context::Context;
use crate::descriptor::{CustomCommand, Descriptor, Noun, Verb};
use crate::verbs::delete;
use crate::{escape, output, pointer, time};

pub(crate) const API_KEY: Descriptor = Descriptor {
    command: "api-key",
    kind: "APIKey",
    collection: "apikeys",
    short_name: Some("apikey"),
    schema: Some("ApiKey"),
    noun: Noun::an("API key", "API keys"),
    verbs: &[Verb::List, Verb::Info],
    deleted: "Deleted",
    manifest_error: Some(|key| {
        format!(
            "only the server creates API keys: run `sensuctl api-key grant {}`",
            pointer::text(key, "/username")
        )
    }),
    columns: COLUMNS,
    details: COLUMNS,
    commands: &[
        CustomCommand { name: "grant", arguments: grant_arguments, run: grant },
        CustomCommand {
            name: "revoke",
            arguments: |command| delete::arguments(command.about("Delete an API key"), &API_KEY),
            run: |context, matches| delete::run(context, &API_KEY, matches),
        },
    ],
    examples: "  sensuctl api-key grant ci --expires 'in 90days'
  sensuctl --api-key KEY event list",
    ..Descriptor::CLUSTER_WIDE
};

const COLUMNS: &[Column] = &[
    Column::value("Name", "/metadata/name"),
    Column::value("Username", "/username"),
    Column::time("Created At", "/created_at"),
    Column::time("Expires At", "/expires_at"),
];

fn grant_arguments(command: Command) -> Command {
    command
        .about("Create an API key for a user, and print a path that ends with it; it cannot be shown again")
        .arg(positional("username", "USERNAME", "User whose permissions the key has"))
        .arg(option(
            "expires",
            "TIME",
            "Expiry, such as 'in 90days' or 2030-01-02T15:04:00Z [default: never]",
        ))
        .arg(output::format_arg())
}

fn grant(context: &Context, matches: &ArgMatches) -> Result<()> {
    let mut request = json!({"username": required(matches, "username")});
    if let Some(expires) = optional(matches, "expires") {
        pointer::set(&mut request, "/expires_at", json!(time::parse(expires, time::now())?));
    }
    let path = API_KEY.collection_path(None);
    let response = context.call(Method::POST, &path, &[], Some(&request))?;
    if output::given_format(matches).is_some() {
        return output::print_object(context, &API_KEY, &response.body, matches);
    }
    match pointer::text(&response.body, "/key") {
        // Released Sensu backends send no body; the last segment of the location is the key.
        key if key.is_empty() => {
            let location = response.header("location").unwrap_or_default();
            context.print_line(&escape::for_terminal(&format!("Created: {location}")))
        }
        // The path of Sensu Go, of which scripts take the last segment.
        key => {
            let key = escape::for_terminal(&key);
            context.print_line(&format!("Created: /api/core/v2/apikeys/{key}"))
        }
    }
}
