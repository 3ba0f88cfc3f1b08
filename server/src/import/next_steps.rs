//! What to do after an import: how users without a password can log in again.

use sensu_types::user::User;

use crate::auth::Caller;
use crate::error::Error;
use crate::rbac::Verb;
use crate::resources::users;
use crate::runtime::context::Cx;
use crate::seed::ADMINISTRATORS;

/// The steps after an import that left these users without a password, as sentences with commands.
///
/// # Errors
/// [`Error`] if the store fails.
pub(super) async fn after(cx: &Cx, without_password: &[String]) -> Result<Vec<String>, Error> {
    let grant = Caller::operator(cx, "").authorize::<User>(Verb::List, "", "").await?;
    let users = users::all(&grant).await?;
    let mut administrators = users.iter().filter(|user| is_administrator(user));
    let mut steps = Vec::new();
    let mut first = None;
    if !administrators.clone().any(|user| !user.disabled) {
        first = administrators.find(|user| without_password.contains(&user.username));
        let name = first.map_or("NAME", |user| &user.username);
        steps.push(format!(
            "no administrator can log in: run `sensu-server init --cluster-admin-username {name}` with the \
             same store before the server starts"
        ));
    }
    let first = first.map_or("", |user| &user.username);
    if without_password.iter().any(|name| name != first) {
        let each = if first.is_empty() { "each" } else { "each other" };
        steps.push(format!(
            "for {each} user without a password, as an administrator: `sensuctl user reset-password NAME`, \
             then `sensuctl user reinstate NAME`"
        ));
    }
    Ok(steps)
}

fn is_administrator(user: &User) -> bool {
    user.groups.iter().any(|group| group == ADMINISTRATORS)
}
