//! Assertions and waits that the suites share.

use std::time::Duration;

use sensu_client::Error;
use tokio::time::Instant;

use crate::TestServer;

/// The longest time to wait for a condition. It bounds a test that hangs; no test measures speed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asserts that a call of the client failed with this status and this `code` in the body.
///
/// # Panics
/// If it succeeded, got another error, or no response.
#[track_caller]
pub fn assert_refused<T, E: Into<Error>>(result: Result<T, E>, status: u16, code: i64) {
    match result.map_err(Into::into) {
        Err(Error::Api { status: found, code: Some(kind), message, .. }) => {
            assert_eq!((found.as_u16(), kind.number()), (status, code), "{message}");
        }
        Err(other) => panic!("not an error with status {status} and code {code}: {other}"),
        Ok(_) => panic!("a success, not an error with status {status} and code {code}"),
    }
}

/// Polls a condition until it yields a value.
///
/// # Panics
/// If it yields none within 60 seconds.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut condition: impl FnMut() -> F,
) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The value of a series in the text of `/metrics`, by its name and labels as written there.
#[must_use]
pub fn series(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|value| value.parse().ok())
}

/// Waits until a metric of the server satisfies a condition.
///
/// # Panics
/// As [`eventually`].
pub async fn metric(server: &TestServer, name: &str, condition: impl Fn(f64) -> bool) {
    eventually(name, async || {
        let response = server.send("GET", "/metrics", None, None).await;
        let value = series(response.body.as_str().unwrap_or_default(), name)?;
        condition(value).then_some(())
    })
    .await;
}
