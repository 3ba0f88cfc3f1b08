//! Behaves like an agent: keepalives, heartbeats and check requests.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use sensu_agents::message::{CheckRequest, EntityConfig, Message};
use sensu_types::entity::Entity;
use sensu_types::event::Check;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::events::{check_from_config, now};
use crate::execute::execute;
use crate::requests::{Ignored, Requests};
use crate::{Agent, Frame, Received, Release};

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

/// The state of a running agent.
struct Running<'a, F> {
    agent: &'a mut Agent,
    answer: &'a Answer,
    report: F,
    requests: Requests,
    config: Option<EntityConfig>,
    /// Whether the agent still waits for the configuration of its entity.
    is_waiting: bool,
    /// Number of events of each check.
    sequences: HashMap<String, i64>,
    results: mpsc::UnboundedSender<(CheckRequest, Check)>,
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

impl<F: FnMut(Activity)> Running<'_, F> {
    fn entity(&self) -> Entity {
        self.agent.options.configured_entity(self.config.as_ref())
    }

    async fn close(self) -> anyhow::Result<()> {
        let frame = CloseFrame { code: 1001.into(), reason: "bye".into() };
        self.agent.send_frame(Frame::Close(Some(frame))).await
    }

    async fn send_keepalive(&mut self) -> anyhow::Result<()> {
        let mut event = self.agent.options.keepalive(self.entity());
        event.sequence = self.next_sequence("keepalive");
        self.agent.send(&Message::keepalive(event)).await?;
        (self.report)(Activity::Keepalive);
        Ok(())
    }

    /// The number of the next event of a check, from 1. 0 for releases without such numbers.
    fn next_sequence(&mut self, check: &str) -> i64 {
        if self.agent.options.release < Release::V6_7_3 {
            return 0;
        }
        let sequence = self.sequences.entry(check.to_owned()).or_default();
        *sequence += 1;
        *sequence
    }

    fn configure(&mut self, config: Box<EntityConfig>) {
        self.is_waiting = false;
        self.config = Some((*config).clone());
        (self.report)(Activity::EntityConfig(config));
    }

    fn receive(&mut self, request: Box<CheckRequest>) {
        let ignored = match self.is_waiting {
            true => Some("the entity configuration has not arrived"),
            false => self.requests.start(&request).err().map(|reason| match reason {
                Ignored::NotNewer => "not newer than the last request",
                Ignored::Running => "check execution still in progress",
            }),
        };
        if let Some(reason) = ignored {
            return (self.report)(Activity::Ignored(request, reason));
        }
        (self.report)(Activity::Request(request.clone()));
        match self.answer {
            Answer::Nothing => self.requests.end(&request),
            Answer::Result { status, output } => {
                let check = result(&request, (*status, output.clone()), now(), 0.0);
                self.finish(*request, check);
            }
            Answer::Execute => {
                let stdin = match request.config.stdin {
                    true => serde_json::to_vec(&self.entity()).unwrap_or_default(),
                    false => Vec::new(),
                };
                let results = self.results.clone();
                tokio::spawn(async move {
                    let (executed, start) = (now(), Instant::now());
                    let outcome = execute(&request.config, &stdin).await;
                    let duration = start.elapsed().as_secs_f64();
                    let check = result(&request, outcome, executed, duration);
                    // The agent may have ended.
                    _ = results.send((*request, check));
                });
            }
        }
    }

    fn finish(&self, request: CheckRequest, check: Check) {
        // The receiver is in `run`, which lives longer.
        _ = self.results.send((request, check));
    }

    async fn send_result(
        &mut self,
        request: &CheckRequest,
        mut check: Check,
    ) -> anyhow::Result<()> {
        self.requests.end(request);
        if self.agent.options.release >= Release::V6_7_3 {
            check.processed_by.clone_from(&self.agent.options.name);
        }
        let mut event = self.agent.options.event(self.entity(), check.clone());
        event.sequence = self.next_sequence(&check.metadata.name);
        self.agent.send_event(event).await?;
        (self.report)(Activity::Result(Box::new(check)));
        Ok(())
    }
}

fn result(
    request: &CheckRequest,
    (status, output): (u32, String),
    executed: i64,
    duration: f64,
) -> Check {
    let check = check_from_config(request.config.clone());
    let issued = request.issued;
    Check { executed, issued, duration, status, output, ..check }
}
