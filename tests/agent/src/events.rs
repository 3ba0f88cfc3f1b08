//! The events that agents send.

use std::time::{SystemTime, UNIX_EPOCH};

use sensu_agents::message::EntityConfig;
use sensu_types::ObjectMeta;
use sensu_types::check::CheckConfig;
use sensu_types::entity::{Deregistration, Entity, Network, NetworkInterface, System};
use sensu_types::event::{Check, Event};
use uuid::Uuid;

use crate::{AgentOptions, Release};

/// The time, in seconds since 1970-01-01 UTC.
#[expect(clippy::disallowed_methods, reason = "an agent has a clock of its own")]
pub(crate) fn now() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)
}

impl AgentOptions {
    /// The entity of the agent.
    #[must_use]
    pub fn entity(&self) -> Entity {
        let is_6 = self.release >= Release::V6_0;
        let loopback = NetworkInterface {
            name: "lo".to_owned(),
            mac: String::new(),
            addresses: vec!["127.0.0.1/8".to_owned()],
        };
        Entity {
            entity_class: "agent".to_owned(),
            system: System {
                hostname: self.name.clone(),
                os: std::env::consts::OS.to_owned(),
                arch: "amd64".to_owned(),
                network: Network { interfaces: vec![loopback] },
                ..System::default()
            },
            subscriptions: self.subscriptions.clone(),
            last_seen: now(),
            deregister: self.deregister,
            deregistration: Deregistration { handler: self.deregistration_handler.clone() },
            user: self.user.clone(),
            redact: Vec::new(),
            metadata: ObjectMeta {
                labels: self.labels.clone(),
                ..ObjectMeta::new(&self.namespace, &self.name)
            },
            sensu_agent_version: if is_6 {
                self.release.version().to_owned()
            } else {
                String::new()
            },
            keepalive_handlers: if is_6 { self.keepalive_handlers.clone() } else { Vec::new() },
        }
    }

    /// The entity with the configuration that the server sent. `not found` changes nothing.
    #[must_use]
    pub fn configured_entity(&self, config: Option<&EntityConfig>) -> Entity {
        let entity = self.entity();
        let Some(config) = config.filter(|config| !config.is_not_found()) else { return entity };
        Entity {
            subscriptions: config.subscriptions.clone(),
            deregister: config.deregister,
            deregistration: config.deregistration.clone(),
            redact: config.redact.clone(),
            metadata: config.metadata.clone(),
            keepalive_handlers: config.keepalive_handlers.clone(),
            ..entity
        }
    }

    /// A keepalive for an entity, sent now.
    #[must_use]
    pub fn keepalive(&self, entity: Entity) -> Event {
        let critical = match self.release >= Release::V6_0 {
            true => self.keepalive_critical_timeout,
            false => 0,
        };
        let check = Check {
            interval: self.keepalive_interval,
            timeout: self.keepalive_timeout,
            ttl: i64::from(critical),
            metadata: ObjectMeta::new(&self.namespace, "keepalive"),
            ..Check::default()
        };
        self.event(entity, check)
    }

    /// An event with a check, sent now.
    #[must_use]
    pub fn event(&self, entity: Entity, check: Check) -> Event {
        let has_id = self.release >= Release::V6_0;
        Event {
            timestamp: now(),
            entity: Some(entity),
            pipelines: check.pipelines.clone(),
            check: Some(check),
            metadata: ObjectMeta::new(&self.namespace, ""),
            id: if has_id { Uuid::new_v4().to_string() } else { String::new() },
            ..Event::default()
        }
    }
}

/// The check of an event with the configuration of a check request.
pub(crate) fn check_from_config(config: CheckConfig) -> Check {
    let CheckConfig {
        command,
        handlers,
        high_flap_threshold,
        interval,
        low_flap_threshold,
        publish,
        runtime_assets,
        subscriptions,
        proxy_entity_name,
        check_hooks,
        stdin,
        subdue,
        cron,
        ttl,
        timeout,
        proxy_requests,
        round_robin,
        output_metric_format,
        output_metric_handlers,
        env_vars,
        metadata,
        max_output_size,
        discard_output,
        secrets,
        output_metric_tags,
        pipelines,
        output_metric_thresholds,
        subdues,
        fallback_pipeline,
        ttl_status,
        asset_status,
    } = config;
    Check {
        command,
        handlers,
        high_flap_threshold,
        interval,
        low_flap_threshold,
        publish,
        runtime_assets,
        subscriptions,
        proxy_entity_name,
        check_hooks,
        stdin,
        subdue,
        cron,
        ttl,
        timeout,
        proxy_requests,
        round_robin,
        output_metric_format,
        output_metric_handlers,
        env_vars,
        metadata,
        max_output_size,
        discard_output,
        secrets,
        output_metric_tags,
        pipelines,
        output_metric_thresholds,
        subdues,
        fallback_pipeline,
        ttl_status,
        asset_status,
        ..Check::default()
    }
}
