//! Tests that need a tool or a right which is not everywhere.

use std::io::Write as _;

/// Reports that a test is skipped, in one line that the test harness does not capture.
///
/// # Panics
/// In CI (`CI=true`), where every test has to run.
#[track_caller]
pub fn skip(reason: &str) {
    #[expect(clippy::disallowed_methods, reason = "a setting of the test run")]
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!ci, "CI=true, and this test would be skipped: {reason}");
    let thread = std::thread::current();
    let line = format!("SKIPPED {}: {reason}\n", thread.name().unwrap_or("a test"));
    std::io::stderr().lock().write_all(line.as_bytes()).expect("writes");
}
