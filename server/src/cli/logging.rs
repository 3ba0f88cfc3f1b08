//! Logging to standard error.

use std::io::{IsTerminal as _, Write as _};

use super::args::{LogFormat, LogLevel};
use super::log_fields;

/// Installs the logger of the process.
pub(super) fn log_to_stderr(level: LogLevel, format: LogFormat) {
    let level = match level {
        LogLevel::Error => tracing::Level::ERROR,
        LogLevel::Warn => tracing::Level::WARN,
        LogLevel::Info => tracing::Level::INFO,
        LogLevel::Debug => tracing::Level::DEBUG,
        LogLevel::Trace => tracing::Level::TRACE,
    };
    let is_terminal = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(is_terminal);
    let installed = match format {
        LogFormat::Text if is_terminal => lines.try_init(),
        LogFormat::Text => lines.fmt_fields(log_fields::plain()).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    if let Err(error) = installed {
        let _ = writeln!(std::io::stderr(), "cannot log: {error}");
    }
}
