//! Agents, schedules and keepalives, with scripted agents over real connections. The numbers are those of the
//! experiments in the reference.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot continue has failed"
)]

mod adhoc;
mod connections;
mod entities;
mod keepalives;
mod proxies;
mod results;
mod round_robin;
mod schedules;
mod shared;
mod support;
mod tls;
mod ttls;
