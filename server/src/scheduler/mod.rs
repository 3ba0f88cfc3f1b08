//! Requests the execution of checks: on their schedules, and when users ask for it (D49).
//!
//! One task waits for the next run, and follows what is written to the store. What a run means is decided in tasks of
//! its own, so that a run with many proxy entities delays no other one.

mod proxy;
mod run;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sensu_engine::schedule::{Due, Timetable};
use sensu_types::Resource as _;
use sensu_types::check::CheckConfig;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::agents;
use crate::error::Error;
use crate::resources::feed::{Changed, Feed};
use crate::resources::requests;
use crate::runtime::context::{Context, Cx};

/// Time between two reads of what has changed.
const POLL: Duration = Duration::from_millis(200);

/// The definition of a check.
type Definition = Arc<CheckConfig>;

/// Proxy requests of a run that are due later.
struct Later {
    run: Due<Definition>,
    requests: Vec<(DateTime<Utc>, String)>,
}

/// Requests the execution of checks, and keeps agents up to date.
pub(crate) struct Service {
    cx: Cx,
    feed: Feed,
    timetable: Timetable<Definition>,
    /// Runs that are being decided.
    runs: JoinSet<Option<Later>>,
    /// When changes were last read. `None` if they have to be read at once.
    followed: Option<Instant>,
}

impl Service {
    /// Reads all checks, and the requests that no server has taken.
    ///
    /// # Errors
    /// [`Error`] if the store fails.
    pub(crate) async fn start(cx: Cx) -> Result<Self, Error> {
        let feed = Feed::start(&cx).await;
        let (timetable, runs, followed) = (Timetable::default(), JoinSet::new(), None);
        let mut service = Self { cx, feed, timetable, runs, followed };
        service.read_all().await?;
        Ok(service)
    }

    /// Runs until the future is dropped.
    pub(crate) async fn run(mut self) {
        let cx = Arc::clone(&self.cx);
        loop {
            let next = self.timetable.next_due().map_or(POLL, |due| {
                due.signed_duration_since(now(&self.cx)).to_std().unwrap_or_default()
            });
            let poll = self.followed.map(|last| POLL.saturating_sub(last.elapsed()));
            tokio::select! {
                () = tokio::time::sleep(next.min(poll.unwrap_or_default())) => {}
                () = cx.resources.execution_requested.notified() => self.followed = None,
                Some(ended) = self.runs.join_next() => {
                    if let Ok(Some(Later { run, requests })) = ended {
                        self.timetable.add_requests(&run, requests);
                    }
                }
            }
            if self.followed.is_none_or(|last| last.elapsed() >= POLL) {
                self.followed = Some(Instant::now());
                if let Err(error) = self.follow().await {
                    tracing::warn!(
                        ?error,
                        "changes of checks and entities cannot be read; retrying"
                    );
                }
            }
            for due in self.timetable.take_due(now(&self.cx)) {
                let cx = Arc::clone(&self.cx);
                self.runs.spawn(async move { run::execute(&cx, due).await });
            }
        }
    }

    /// Reads what has changed since the last call.
    async fn follow(&mut self) -> Result<(), Error> {
        for changed in self.feed.next(&self.cx).await? {
            match changed {
                Changed::Check(namespace, name) => self.read_check(&namespace, &name).await?,
                Changed::AdhocRequest(key) => self.execute_now(key),
                Changed::All => self.read_all().await?,
                Changed::Entity(namespace, name, revision) => {
                    agents::entity_changed(&self.cx, &namespace, &name, revision).await?;
                }
                Changed::User(name) => agents::user_changed(&self.cx, &name),
                Changed::Namespace(name) => agents::namespace_changed(&self.cx, &name).await?,
                Changed::Connected(namespace, agent) => {
                    agents::connection_changed(&self.cx, &namespace, &agent).await?;
                }
            }
        }
        Ok(())
    }

    async fn read_all(&mut self) -> Result<(), Error> {
        let checks = requests::checks(&self.cx).await?;
        self.timetable = Timetable::default();
        for check in checks {
            self.set(check);
        }
        // Servers that share the store have executed what was requested before this server started.
        if !self.cx.resources.is_store_shared() {
            for key in requests::adhoc_requests(&self.cx).await? {
                self.execute_now(key);
            }
        }
        agents::all_changed(&self.cx).await
    }

    async fn read_check(&mut self, namespace: &str, name: &str) -> Result<(), Error> {
        match requests::object::<CheckConfig>(&self.cx, namespace, name).await? {
            Some(check) => self.set(check),
            None => {
                self.timetable.remove(namespace, name);
                self.cx.agents.forget_check(namespace, name);
                self.cx.metrics.agents.remove_check(namespace, name);
            }
        }
        Ok(())
    }

    fn set(&mut self, check: CheckConfig) {
        if self.cx.limits.scheduler {
            let (definition, now) = (Arc::new(check), now(&self.cx));
            self.timetable.set(definition.namespace(), &definition, Arc::clone(&definition), now);
        }
    }

    fn execute_now(&mut self, key: sensu_store::Key) {
        let cx = Arc::clone(&self.cx);
        self.runs.spawn(async move {
            run::execute_now(&cx, &key).await;
            None
        });
    }
}

/// The current time.
fn now(cx: &Context) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(cx.clock.now_millis()).unwrap_or_default()
}
