//! The state of a running agent, and its reactions.

use std::collections::HashMap;

use sensu_agents::message::{CheckRequest, EntityConfig, Message};
use sensu_types::entity::Entity;
use sensu_types::event::Check;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::{Activity, Answer};
use crate::events::{check_from_config, now};
use crate::execute::execute;
use crate::requests::{Ignored, Requests};
use crate::{Agent, Frame, Release};

/// The state of a running agent.
pub(super) struct Running<'a, F> {
    pub(super) agent: &'a mut Agent,
    pub(super) answer: &'a Answer,
    pub(super) report: F,
    pub(super) requests: Requests,
    pub(super) config: Option<EntityConfig>,
    /// Whether the agent still waits for the configuration of its entity.
    pub(super) is_waiting: bool,
    /// Number of events of each check.
    pub(super) sequences: HashMap<String, i64>,
    pub(super) results: mpsc::UnboundedSender<(CheckRequest, Check)>,
}

impl<F: FnMut(Activity)> Running<'_, F> {
    fn entity(&self) -> Entity {
        self.agent.options.configured_entity(self.config.as_ref())
    }

    pub(super) async fn close(self) -> anyhow::Result<()> {
        let frame = CloseFrame { code: 1001.into(), reason: "bye".into() };
        self.agent.send_frame(Frame::Close(Some(frame))).await
    }

    pub(super) async fn send_keepalive(&mut self) -> anyhow::Result<()> {
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

    pub(super) fn configure(&mut self, config: Box<EntityConfig>) {
        self.is_waiting = false;
        self.config = Some((*config).clone());
        (self.report)(Activity::EntityConfig(config));
    }

    pub(super) fn receive(&mut self, request: Box<CheckRequest>) {
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

    pub(super) async fn send_result(
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
