//! How providers and their models fare, and what is left: of the providers' own limits as their answers say, of our limits
//! and budgets on them, and of places for calls at the same time. It counts nothing itself.

use crate::admin::limits;
use crate::app::state::App;
use gw_model::catalog::ProviderKind;
use gw_model::limits::LimitUnit;
use gw_model::routing::Capacity;
use gw_model::snapshot::{Provider, Quota};
use gw_model::{AccountId, Micros, NanoUsd, time};
use gw_pipeline::{DeploymentView, Said};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::Arc;

/// Provider, model and credential.
type Of = (Arc<str>, Arc<str>, Option<Arc<str>>);

/// What is known now of everything that is called.
pub(super) struct Standings<'a> {
    app: &'a App,
    now: Micros,
    views: Vec<DeploymentView>,
    /// What targets state of their deployments.
    capacities: HashMap<Of, Capacity>,
}

impl<'a> Standings<'a> {
    pub(super) fn of(app: &'a App) -> Self {
        let (live, now) = (app.gateway.live(), app.gateway.clock().now());
        let views = app.gateway.board.views(&live.snapshot.health, now);
        let targets = live.snapshot.models.values().flat_map(|model| model.targets.iter());
        let stated = targets.filter_map(|target| {
            let of =
                (Arc::clone(&target.provider.name), Arc::clone(&target.model), target.credential.clone());
            Some((of, target.capacity?))
        });
        let capacities = stated.collect();
        Self { app, now, views, capacities }
    }

    /// Adds to a provider's row how it fares.
    pub(super) fn add(&self, row: &mut Value, provider: &Provider) {
        // One that moved begins anew. Where the emulator is, aliases do not know.
        let is_there = |view: &DeploymentView| {
            view.base_url == provider.base_url || provider.kind == ProviderKind::Emulator
        };
        let is_its = |view: &&DeploymentView| view.provider == provider.name && is_there(view);
        let views: Vec<&DeploymentView> = self.views.iter().filter(is_its).collect();
        row["state"] = self.state(&views).into();
        row["in_flight"] = views.iter().map(|view| view.in_flight).sum::<u32>().into();
        row["deployments"] =
            views.iter().map(|view| self.deployment(provider, view)).collect::<Vec<_>>().into();
        let (limits, budgets) = self.quota(Quota::of_provider(&provider.name));
        (row["limits"], row["budgets"]) = (limits.into(), budgets.into());
    }

    /// Of all its deployments that somebody called or may call.
    fn state(&self, views: &[&DeploymentView]) -> &'static str {
        let out = views.iter().filter(|view| state(view, self.now) != "up").count();
        let is_known = views.iter().any(|view| view.good + view.bad > 0 || view.latency_us > 0);
        match out {
            0 if is_known => "up",
            0 => "unknown",
            out if out == views.len() => "down",
            _ => "degraded",
        }
    }

    fn deployment(&self, provider: &Provider, view: &DeploymentView) -> Value {
        let of = (Arc::clone(&view.provider), Arc::clone(&view.model), view.credential.clone());
        let capacity = self.capacities.get(&of).copied().or(provider.capacity).unwrap_or_default();
        let (limits, budgets) = self.quota(Quota::of_deployment(&view.provider, &view.model));
        json!({
            "model": &*view.model,
            "credential": view.credential.as_deref(),
            "state": state(view, self.now),
            "in_flight": view.in_flight,
            "waiting": view.waiting,
            "max_parallel": capacity.max_parallel,
            "open_slots": capacity.max_parallel.map(|most| most.saturating_sub(view.in_flight)),
            "first_byte_ms": (view.latency_us > 0).then_some(view.latency_us / 1000),
            "parked_until": view.parked_until.map(time::format),
            "open_until": view.tripped_until.map(time::format),
            "ejected_until": view.ejected_until.map(time::format),
            "good": view.good,
            "failed": view.bad,
            "trips": view.trips,
            "pauses": view.pauses,
            "requests_last_minute": view.requests,
            "tokens_last_minute": view.tokens,
            "capacity": {
                "requests": room(capacity.rpm, view.requests),
                "tokens": room(capacity.tpm, view.tokens),
            },
            "provider_limits": view.said.map(|said| self.said(&said)),
            "limits": limits,
            "budgets": budgets,
        })
    }

    /// What the provider said last. What was to be whole again since is.
    fn said(&self, said: &Said) -> Value {
        let one = |room: gw_providers::Room| {
            let resets_at = room
                .reset_ms
                .map(|ms| said.at.saturating_add(i64::try_from(ms.saturating_mul(1000)).unwrap_or(i64::MAX)));
            let is_over = resets_at.is_some_and(|at| at <= self.now);
            let remaining = if is_over { room.limit.unwrap_or(room.remaining) } else { room.remaining };
            json!({
                "limit": room.limit,
                "remaining": remaining,
                "resets_at": resets_at.filter(|_| !is_over).map(time::format),
            })
        };
        json!({
            "requests": said.headroom.requests.map(one),
            "tokens": said.headroom.tokens.map(one),
            "seen_at": time::format(said.at),
        })
    }

    /// Our own limits and budgets on what is called.
    fn quota(&self, id: AccountId) -> (Vec<Value>, Vec<Map<String, Value>>) {
        let live = self.app.gateway.live();
        if !live.snapshot.quotas.iter().any(|quota| quota.id == id) {
            return (Vec::new(), Vec::new());
        }
        let Some(account) = self.app.gateway.keys.accounts.get(id) else { return (Vec::new(), Vec::new()) };
        let rules = account.rules();
        let limits = account.tally().limit_views(&rules, self.now).into_iter().map(|(limit, left)| {
            let amount = |n: u64| match limit.unit {
                LimitUnit::Cost => json!(NanoUsd(n).to_string()),
                _ => json!(n),
            };
            json!({
                "unit": limit.unit.as_str(),
                "per_seconds": (limit.per_seconds > 0).then_some(limit.per_seconds),
                "limit": amount(limit.max),
                "remaining": amount(left.remaining),
                "resets_in_ms": left.reset_us / 1000,
                "shadow": limit.shadow,
            })
        });
        (limits.collect(), limits::budgets_shown(account.tally(), &rules, self.now))
    }
}

fn state(view: &DeploymentView, now: Micros) -> &'static str {
    match view {
        view if view.tripped_until.is_some_and(|until| now < until) => "open",
        view if view.tripped_until.is_some() => "half_open",
        view if view.parked_until.is_some() => "parked",
        view if view.ejected_until.is_some() => "ejected",
        _ => "up",
    }
}

/// What is left of a capacity per minute; nothing where none is stated.
fn room(limit: Option<u64>, used: u64) -> Value {
    limit.map_or(Value::Null, |limit| json!({ "limit": limit, "remaining": limit.saturating_sub(used) }))
}
