//! Behaves like an agent: keepalives, heartbeats and check requests.

#[cfg(test)]
mod heartbeat_tests;
mod running;

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use sensu_agents::message::{CheckRequest, EntityConfig};
use sensu_types::event::Check;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};

use crate::requests::Requests;
use crate::{Agent, Frame, Received, Release};
use running::Running;

/// Time between pings.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(30);
/// Time after the last pong at which the agent ends the connection.
const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(45);
/// Time for which agents from 6.0 wait for the configuration of their entity.
const CONFIG_GRACE: Duration = Duration::from_secs(10);

/// How an agent answers check requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Execute the command through `sh -c`, without substitution of tokens and without assets.
    Execute,
    /// Answer at once.
    Result {
        /// Exit status.
        status: u32,
        /// Output.
        output: String,
    },
    /// Ignore the requests.
    Nothing,
}

/// What an agent does, for logs and tests.
#[derive(Clone, Debug, PartialEq)]
pub enum Activity {
    /// A keepalive was sent.
    Keepalive,
    /// A check request was received and is executed.
    Request(Box<CheckRequest>),
    /// A check request was received and is ignored, for this reason.
    Ignored(Box<CheckRequest>, &'static str),
    /// The result of a check was sent.
    Result(Box<Check>),
    /// The configuration of the entity was received.
    EntityConfig(Box<EntityConfig>),
    /// The connection ended: the text says how.
    Ended(String),
}

impl Agent {
    /// Behaves like an agent until the connection ends, or until `stop` completes: then it closes the connection with
    /// code 1001 and the reason `bye`. Calls `report` for everything that the agent does.
    ///
    /// # Errors
    /// If a received message cannot be decoded, or sending fails.
    pub async fn run(
        &mut self,
        answer: &Answer,
        stop: impl Future<Output = ()>,
        report: impl FnMut(Activity),
    ) -> anyhow::Result<()> {
        let release = self.options.release;
        let (results, mut finished) = mpsc::unbounded_channel();
        let mut running = Running {
            requests: Requests::new(release),
            config: None,
            is_waiting: release >= Release::V6_0,
            sequences: HashMap::new(),
            agent: self,
            answer,
            report,
            results,
        };
        let mut stop = std::pin::pin!(stop);
        let start = Instant::now();
        let period =
            Duration::from_secs(u64::from(running.agent.options.keepalive_interval.max(1)));
        let mut keepalives = interval_at(start, period);
        let mut pings = interval_at(start + HEARTBEAT_INTERVAL, HEARTBEAT_INTERVAL);
        keepalives.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let has_heartbeat = release >= Release::V5_11;
        let mut read_deadline = start + HEARTBEAT_TIMEOUT;
        loop {
            tokio::select! {
                () = stop.as_mut() => return running.close().await,
                () = sleep_until(start + CONFIG_GRACE), if running.is_waiting => {
                    running.is_waiting = false;
                    keepalives.reset_immediately();
                }
                () = sleep_until(read_deadline), if has_heartbeat => {
                    (running.report)(Activity::Ended("no pong in time".to_owned()));
                    return Ok(());
                }
                _ = keepalives.tick(), if !running.is_waiting => running.send_keepalive().await?,
                _ = pings.tick(), if has_heartbeat => {
                    running.agent.send_frame(Frame::Ping(Bytes::new())).await?;
                }
                Some((request, check)) = finished.recv() => running.send_result(&request, check).await?,
                frame = running.agent.socket.next() => {
                    if let Some(Ok(Frame::Pong(_))) = frame {
                        read_deadline = Instant::now() + HEARTBEAT_TIMEOUT;
                    }
                    let was_waiting = running.is_waiting;
                    match running.agent.decode(frame)? {
                        Some(Received::CheckRequest(request)) => running.receive(request),
                        Some(Received::EntityConfig(config)) => running.configure(config),
                        Some(Received::Closed { code, reason }) => {
                            (running.report)(Activity::Ended(format!("closed: {code} {reason}")));
                            // The response to the close frame.
                            _ = running.agent.socket.flush().await;
                            return Ok(());
                        }
                        Some(Received::Lost) => {
                            (running.report)(Activity::Ended("lost".to_owned()));
                            return Ok(());
                        }
                        None => {}
                    }
                    if was_waiting && !running.is_waiting {
                        keepalives.reset_immediately();
                    }
                }
            }
        }
    }
}
