//! HTTP clients that connect only to allowed addresses.

use std::error::Error;
use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, StatusCode};

use super::{OutboundError, OutboundPolicy};

/// Maximum number of redirects of a request.
const REDIRECTS: usize = 10;

/// The redirects that a client follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Redirects {
    /// All.
    All,
    /// Those that repeat the method and the body: 307 and 308. Others would turn `POST` into `GET`, and lose the body.
    SameMethod,
}

/// A client. It uses no proxy, because the addresses behind a proxy cannot be verified.
///
/// # Errors
/// If there are no trusted certificates.
pub(crate) fn client(policy: &OutboundPolicy, redirects: Redirects) -> reqwest::Result<Client> {
    let checked = policy.clone();
    Client::builder()
        .no_proxy()
        .referer(false)
        .user_agent(concat!("sensu-api/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(Resolver(policy.clone()))
        .redirect(Policy::custom(move |attempt| follow(&checked, redirects, attempt)))
        .build()
}

/// The reason why the policy rejected a request.
pub(crate) fn rejection(error: &reqwest::Error) -> Option<&OutboundError> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(rejection) = error.downcast_ref() {
            return Some(rejection);
        }
        source = error.source();
    }
    None
}

/// The message of an error and of its causes, without the URL.
pub(crate) fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

fn follow(
    policy: &OutboundPolicy,
    redirects: Redirects,
    attempt: Attempt<'_>,
) -> reqwest::redirect::Action {
    let repeats = [StatusCode::TEMPORARY_REDIRECT, StatusCode::PERMANENT_REDIRECT]
        .contains(&attempt.status());
    if redirects == Redirects::SameMethod && !repeats {
        return attempt.stop();
    }
    if attempt.previous().len() > REDIRECTS {
        return attempt.error("too many redirects");
    }
    let was_encrypted = attempt.previous().last().is_some_and(|url| url.scheme() == "https");
    if was_encrypted && attempt.url().scheme() != "https" {
        return attempt.error("redirect from https to another scheme");
    }
    match policy.check_url(attempt.url()) {
        Ok(()) => attempt.follow(),
        Err(error) => attempt.error(error),
    }
}

/// Resolves host names to allowed addresses only.
struct Resolver(OutboundPolicy);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.0.clone();
        Box::pin(async move {
            // Port 0 is replaced by that of the URL.
            let addresses: Vec<SocketAddr> = policy.resolve(name.as_str(), 0).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
