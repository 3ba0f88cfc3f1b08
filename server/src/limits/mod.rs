//! Limits on what requests and log messages may use: pools of threads with short queues, work that yields to
//! other requests, and log messages that repeat.

pub(crate) mod cooperative;
pub(crate) mod log_limit;
pub(crate) mod workers;
