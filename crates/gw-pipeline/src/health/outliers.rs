//! Which targets of a model are ejected, and until when. A seat for each target; requests look without a lock, and somebody
//! who has time compares now and then. An ejection belongs to the model, and outlives its configuration where the model's
//! targets and policy stay. It must not take anything away: an ejected target is the last resort.

use super::deployment::{Deployment, Standing, ramp_permille};
use super::outlier::{Peer, worst};
use gw_model::Micros;
use gw_model::routing::{Destination, Group, HealthPolicy, OutlierPolicy};
use gw_model::snapshot::Model;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};

/// A target's place.
#[derive(Debug)]
struct Seat {
    deployment: Arc<Deployment>,
    /// Until when it is ejected, or was; 0 when it never was.
    until: AtomicI64,
    /// Ejections without a good time between.
    in_a_row: AtomicU32,
    ejections: AtomicU64,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Outliers {
    model: Arc<str>,
    policy: OutlierPolicy,
    /// By target of the model.
    seats: Box<[Seat]>,
    /// Targets that are compared with each other: those of each group of the model's tree.
    groups: Box<[Box<[usize]>]>,
}

impl Outliers {
    /// For a model that wants it, with the deployments of its targets.
    pub(super) fn new(model: &Model, policy: OutlierPolicy, deployments: &[Arc<Deployment>]) -> Self {
        let seat = |deployment: &Arc<Deployment>| {
            deployment.keep_history();
            Seat {
                deployment: Arc::clone(deployment),
                until: AtomicI64::new(0),
                in_a_row: AtomicU32::new(0),
                ejections: AtomicU64::new(0),
            }
        };
        let seats: Box<[Seat]> = deployments.iter().map(seat).collect();
        let fallbacks = &model.fallbacks;
        let others = [&fallbacks.default, &fallbacks.context_window, &fallbacks.content_policy];
        let mut groups = Vec::new();
        for group in std::iter::once(&model.group).chain(others.into_iter().flatten()) {
            gather(group, &seats, &mut groups);
        }
        Self { model: Arc::clone(&model.name), policy, seats, groups: groups.into() }
    }

    /// Is this what would be made of that?
    pub(super) fn is_of(&self, policy: &OutlierPolicy, deployments: &[Arc<Deployment>]) -> bool {
        let seats = self.seats.iter().map(|seat| &seat.deployment);
        self.policy == *policy
            && self.seats.len() == deployments.len()
            && seats.zip(deployments).all(|(mine, other)| Arc::ptr_eq(mine, other))
    }

    /// How the target may be used, when nothing else is to be said of it than `standing`.
    pub(crate) fn standing(
        &self,
        target: usize,
        standing: Standing,
        health: &HealthPolicy,
        now: Micros,
    ) -> Standing {
        let until = self.seats.get(target).map_or(0, |seat| seat.until.load(Ordering::Relaxed));
        if until == 0 {
            return standing;
        }
        match standing {
            Standing::Tripped | Standing::Parked { .. } => standing,
            _ if now < until => Standing::Ejected,
            Standing::Fit => ramp_permille(until, health, now).map_or(standing, Standing::Warming),
            other => other,
        }
    }

    /// Compares all, and ejects at most one of each group: the next is judged without it.
    pub(crate) fn compare(&self, now: Micros) {
        for group in &self.groups {
            let seats: Vec<&Seat> = group.iter().filter_map(|index| self.seats.get(*index)).collect();
            let peer = |seat: &&Seat| {
                let until = seat.until.load(Ordering::Relaxed);
                // What it did before it was ejected was dealt with.
                let recent = seat.deployment.recent(self.policy.window_ms, until, now);
                Peer { recent, is_out: now < until }
            };
            let peers: Vec<Peer> = seats.iter().map(peer).collect();
            if let Some(seat) = worst(&peers, &self.policy).and_then(|at| seats.get(at)) {
                self.eject(seat, now);
            }
        }
    }

    fn eject(&self, seat: &Seat, now: Micros) {
        let micros = |ms: u64| i64::try_from(ms.saturating_mul(1000)).unwrap_or(i64::MAX);
        let before = seat.until.load(Ordering::Relaxed);
        if now.saturating_sub(before) > micros(self.policy.max_eject_ms) {
            seat.in_a_row.store(0, Ordering::Relaxed);
        }
        let times = seat.in_a_row.fetch_add(1, Ordering::Relaxed).min(20);
        let ms = self.policy.eject_ms.saturating_mul(1 << times).min(self.policy.max_eject_ms);
        seat.until.store(now.saturating_add(micros(ms)), Ordering::Relaxed);
        seat.ejections.fetch_add(1, Ordering::Relaxed);
        let id = &seat.deployment.id;
        tracing::info!(
            model = %self.model, provider = %id.provider, upstream_model = %id.model, ms,
            "a target is much worse than its peers and goes behind them"
        );
    }

    /// Until when the deployment is ejected here, and how often it was.
    pub(super) fn view(&self, deployment: &Arc<Deployment>, now: Micros) -> (Option<Micros>, u64) {
        let seats = self.seats.iter().filter(|seat| Arc::ptr_eq(&seat.deployment, deployment));
        seats.fold((None, 0), |(latest, sum), seat| {
            let until = Some(seat.until.load(Ordering::Relaxed)).filter(|until| now < *until);
            (latest.max(until), sum + seat.ejections.load(Ordering::Relaxed))
        })
    }
}

/// The groups of a tree whose members are targets, each deployment once.
fn gather(group: &Group, seats: &[Seat], into: &mut Vec<Box<[usize]>>) {
    let mut peers: Vec<usize> = Vec::new();
    for member in &group.members {
        match &member.to {
            Destination::Group(inner) => gather(inner, seats, into),
            Destination::Target(index) => {
                let deployment = |index: usize| seats.get(index).map(|seat| Arc::as_ptr(&seat.deployment));
                if !peers.iter().any(|other| deployment(*other) == deployment(*index)) {
                    peers.push(*index);
                }
            }
            Destination::End(_) => {}
        }
    }
    if peers.len() > 1 {
        into.push(peers.into());
    }
}

#[cfg(test)]
mod tests;
