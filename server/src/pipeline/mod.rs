//! The event pipeline: filters, mutates and handles stored events (D43 to D47).
//!
//! ```text
//! resources/events   stores an event, and with it its entry in the outbox (resources/outbox)
//! service            takes entries over, one job for each workflow of an event
//! queues             order of jobs: of one check in turn, of different handlers independently
//! job                runs one workflow: filters, mutator, handler
//! ```
//!
//! Which workflows an event has, and what results of expressions mean, is decided by `sensu-engine`.
//! `sensu-pipeline` evaluates, executes and connects.

mod assets;
mod explain;
mod filters;
mod job;
mod queues;
mod service;
mod settings;

use std::sync::Arc;

use sensu_pipeline::assets::{self as asset_cache, AssetCache};
use sensu_pipeline::command::{self, Commands, Environment};
use sensu_pipeline::handlers::Retry;
use sensu_pipeline::javascript::{self, JavaScript, ScriptError};
use sensu_pipeline::outbound::OutboundPolicy;
use sensu_pipeline::{Executor, Settings as ExecutorSettings};
use sensu_types::ObjectMeta;
use sensu_types::entity::Entity;
use tokio::sync::Semaphore;

pub(crate) use explain::explain;
pub(crate) use service::{Service, release};
pub use settings::Settings;

use crate::error::Error;

/// Number of requests for explanations that run or wait. Further ones are rejected.
const EXPLANATIONS: usize = 16;

/// Evaluates filters, runs mutators and handlers, and installs their assets.
pub(crate) struct Pipeline {
    executor: Executor,
    /// One permit for each explanation that runs or waits.
    explanations: Semaphore,
    /// A permit for the explanation that runs: requests use half of the JavaScript threads at most.
    explaining: Semaphore,
    /// `None` if the directory of the cache cannot be used; the reason is logged.
    assets: Option<AssetCache>,
}

impl Pipeline {
    /// A pipeline with these settings. Without settings, it can only explain.
    ///
    /// # Errors
    /// [`Error::Internal`] if the HTTP client cannot be created.
    pub(crate) fn new(settings: Option<&Settings>) -> Result<Self, Error> {
        let javascript = JavaScript::new(javascript::Limits::default());
        let outbound = settings.map_or_else(OutboundPolicy::default, Settings::outbound);
        let allowed = settings.filter(|settings| settings.allow_commands);
        let commands = allowed.map(|settings| {
            let concurrent = Arc::new(Semaphore::new(settings.max_commands));
            Commands::new(concurrent, command::Limits::default(), Environment::from_process())
        });
        let executor = Executor::new(ExecutorSettings {
            javascript: javascript.clone(),
            commands,
            outbound: outbound.clone(),
            retry: Retry::default(),
        });
        let executor = executor.map_err(|error| Error::Internal(error.to_string()))?;
        let assets = settings.and_then(Settings::asset_cache).and_then(|settings| {
            let directory = settings.directory.clone();
            AssetCache::new(settings, outbound, javascript, own_entity())
                .inspect_err(|error| {
                    let directory = directory.display();
                    tracing::warn!(%error, %directory, "assets cannot be used");
                })
                .ok()
        });
        let (explanations, explaining) = (Semaphore::new(EXPLANATIONS), Semaphore::new(1));
        Ok(Self { executor, explanations, explaining, assets })
    }

    /// Evaluates expressions about an entity, in order.
    pub(crate) async fn evaluate_entity(
        &self,
        expressions: &[String],
        entity: &Entity,
    ) -> Vec<Result<bool, ScriptError>> {
        self.executor.evaluate_entity(expressions, entity).await
    }
}

/// The entity of this server, to which filters of assets apply.
fn own_entity() -> Entity {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let mut entity = Entity {
        metadata: ObjectMeta::new("", &name),
        entity_class: "backend".to_owned(),
        ..Entity::default()
    };
    let system = &mut entity.system;
    (system.hostname, system.os) = (name, std::env::consts::OS.to_owned());
    // The names that Go uses, with which assets are described.
    system.arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    }
    .to_owned();
    entity
}

impl Settings {
    fn outbound(&self) -> OutboundPolicy {
        OutboundPolicy::new(self.outbound_allow.clone(), self.outbound_deny.clone())
    }

    fn asset_cache(&self) -> Option<asset_cache::Settings> {
        Some(asset_cache::Settings {
            directory: self.cache_dir.clone()?,
            capacity: self.cache_bytes,
            archive: Self::ARCHIVE_BYTES,
            unpacked: Self::UNPACKED_BYTES,
            members: Self::ARCHIVE_MEMBERS,
        })
    }
}
