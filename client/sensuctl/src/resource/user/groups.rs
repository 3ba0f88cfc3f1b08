//! `sensuctl user set-groups`

use anyhow::Result;
use clap::{ArgMatches, Command};
use sensu_client::{Method, encode_segment};
use serde_json::{Value, json};

use super::{named_user, user_path};
use crate::args::{positional, required, split_list};
use crate::context::Context;
use crate::error::is_precondition_failed;
use crate::pointer;

pub(super) fn arguments(command: Command) -> Command {
    named_user(command, "Replace the groups of a user").arg(positional(
        "groups",
        "GROUP,...",
        "Groups, separated by commas",
    ))
}

/// Replaces the groups with one conditional PUT.
///
/// Released Sensu backends need a password in a PUT. There, groups are added first and removed then:
/// a failure in between leaves too many groups, never too few.
pub(super) fn set(context: &Context, matches: &ArgMatches) -> Result<()> {
    let path = user_path(required(matches, "name"));
    let groups = split_list(required(matches, "groups"));
    let mut user = context.get_for_update(&path)?;
    if context.is_released_backend()? {
        add_and_remove(context, &path, &user.object, &groups)?;
    } else {
        let set = |user: &mut Value| pointer::set(user, "/groups", json!(groups));
        set(&mut user.object);
        match context.put_if_unchanged(&user) {
            Err(error) if is_precondition_failed(&error) => context.change(&path, |user| {
                set(user);
                Ok(())
            })?,
            result => result?,
        }
    }
    context.print_line("Set")
}

fn add_and_remove(context: &Context, path: &str, user: &Value, groups: &[&str]) -> Result<()> {
    let old: Vec<_> = pointer::list(user, "/groups").iter().filter_map(Value::as_str).collect();
    let call = |method, group: &str| {
        let path = format!("{path}/groups/{}", encode_segment(group));
        context.call(method, &path, &[], None).map(drop)
    };
    for group in groups.iter().filter(|group| !old.contains(group)) {
        call(Method::PUT, group)?;
    }
    for group in old.iter().filter(|group| !groups.contains(group)) {
        call(Method::DELETE, group)?;
    }
    Ok(())
}
