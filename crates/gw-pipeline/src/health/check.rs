//! Health checks: a cheap question to a provider, where the configuration wants that, so that no caller has to find out
//! whether it is back. Serves whoever runs them; never on the request path. It must ask for nothing that costs, and a good
//! answer only lets the next request try the deployment: whether models answer, this does not say.

use super::deployment::Deployment;
use crate::gateway::Gateway;
use crate::live::Live;
use bytes::Bytes;
use gw_model::routing::{CheckWhen, HealthCheck};
use gw_model::snapshot::Provider;
use gw_model::{Clock, RawLine};
use gw_upstream::{PhaseTimeouts, SendErrorKind, Upstream, UpstreamRequest};
use http::StatusCode;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// The provider answers.
    Good,
    /// It does not, or with an error of its own.
    Bad,
    /// The answer says nothing: it refuses us, or there was no credential to ask with.
    Unclear,
}

/// A check that may be made now.
#[derive(Debug)]
pub struct Check {
    live: Arc<Live>,
    provider: Arc<Provider>,
    settings: HealthCheck,
}

impl Gateway {
    /// The providers to ask now: those that are asked always, and those of which a deployment is down.
    #[must_use]
    pub fn checks(&self) -> Vec<Check> {
        let live = self.live();
        let wanted = live.snapshot.providers.values().filter_map(|provider| {
            let settings = provider.health_check.clone()?;
            let is_wanted = settings.when == CheckWhen::Always
                || self.board.of(provider).iter().any(|deployment| deployment.tripped_until() != 0);
            is_wanted.then(|| (Arc::clone(provider), settings))
        });
        let wanted: Vec<(Arc<Provider>, HealthCheck)> = wanted.collect();
        let check = |(provider, settings)| Check { live: Arc::clone(&live), provider, settings };
        wanted.into_iter().map(check).collect()
    }
}

impl Check {
    /// The provider's configured name.
    #[must_use]
    pub fn provider(&self) -> &Arc<str> {
        &self.provider.name
    }

    /// Pause between two checks of a provider.
    #[must_use]
    pub const fn interval(&self) -> Duration {
        Duration::from_millis(self.settings.interval_ms)
    }

    /// Asks, and notes at the provider's deployments what came of it.
    pub async fn run(self, gateway: &Gateway, upstream: &Rc<Upstream>) -> Checked {
        let limit = Duration::from_millis(self.settings.timeout_ms);
        let found = tokio::time::timeout(limit, self.ask(gateway, upstream)).await.unwrap_or(Checked::Bad);
        gateway.metrics.note_check(&self.provider.name, found);
        let (now, policy) = (gateway.clock.now(), &self.live.snapshot.health);
        let counts = self.settings.when == CheckWhen::Always;
        let note: &dyn Fn(&Arc<Deployment>) = match found {
            Checked::Good => &|deployment| deployment.seen_up(now),
            Checked::Bad => &|deployment| deployment.seen_down(counts, policy, now, fastrand::u64(..)),
            Checked::Unclear => &|_| {},
        };
        gateway.board.of(&self.provider).iter().for_each(note);
        found
    }

    async fn ask(&self, gateway: &Gateway, upstream: &Rc<Upstream>) -> Checked {
        let (now, limit_ms) = (gateway.clock.now(), self.settings.timeout_ms);
        let Some(endpoint) = self.live.endpoint(&self.provider) else { return Checked::Unclear };
        let Ok(carried) = endpoint.any_ready(&*gateway.clock, limit_ms).await else {
            return Checked::Unclear;
        };
        let (path, query) = self.settings.path.split_once('?').unwrap_or((&self.settings.path, ""));
        let line = RawLine {
            provider: self.provider.name.to_string(),
            method: "GET".to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: Vec::new(),
            format: None,
            unread: None,
            object: None,
        };
        let Ok(parts) = gw_providers::prepare_raw(&line, &Bytes::new(), &carried, now) else {
            return Checked::Unclear;
        };
        let request = UpstreamRequest {
            method: parts.method,
            path_and_query: parts.path_and_query.to_string(),
            headers: parts.headers,
            body: parts.body,
        };
        let phases = PhaseTimeouts { connect_ms: limit_ms, first_byte_ms: limit_ms, idle_ms: limit_ms };
        match upstream.send(&endpoint.destination, &request, phases).await {
            Ok(answer) => of_status(answer.status),
            Err(error) => of_error(error.kind()),
        }
    }
}

/// A refusal proves that somebody is there, but nothing of what stands behind.
fn of_status(status: StatusCode) -> Checked {
    match status {
        status if status.is_success() => Checked::Good,
        status if status.is_server_error() => Checked::Bad,
        _ => Checked::Unclear,
    }
}

fn of_error(kind: SendErrorKind) -> Checked {
    match kind {
        // The trouble is ours.
        SendErrorKind::InvalidRequest
        | SendErrorKind::TooManyConnections
        | SendErrorKind::ForbiddenAddress => Checked::Unclear,
        _ => Checked::Bad,
    }
}
