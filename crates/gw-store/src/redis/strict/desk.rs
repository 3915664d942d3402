//! Where calls ask: the workers' end of the queue to the clerk, who talks with Redis. Asking waits for one answer, within
//! a bounded time; telling never waits.

use super::grant::Grant;
use super::lease::Leases;
use super::wire::Told;
use crate::memory::{Claim, Mark, Refused};
use gw_model::{AccountId, NanoUsd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::{self, OwnedPermit};
use tokio::sync::oneshot;

/// Places in the queue. Every call that holds something has one for its end, so this is also the largest number of those.
pub(super) const MAX_WAITING: usize = 65_536;

/// How it stands with Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It cannot be asked.
    Away,
    /// It can be asked, and does not know the sums yet.
    Gathering,
    /// It answers.
    Open,
}

/// What the clerk gets.
#[derive(Debug)]
pub(super) enum Message {
    Ask {
        claim: Claim,
        place: OwnedPermit<Message>,
        reply: oneshot::Sender<Result<Granted, Denied>>,
    },
    Tell(Vec<Told>),
    /// What do all gateways hold of these accounts' budgets?
    Sum {
        accounts: Vec<AccountId>,
        reply: oneshot::Sender<Vec<NanoUsd>>,
    },
}

/// What was taken.
#[derive(Debug)]
pub struct Granted {
    /// What ends it.
    pub grant: Grant,
    /// Which item would have refused, were it in force.
    pub shadow: Option<(usize, Refused)>,
    /// Of each limit of the claim: what is left, and microseconds until all of it is free.
    pub left: Vec<(u64, u64)>,
    /// Of each budget of the claim: nano-dollars that are spent or held by all gateways.
    pub used: Vec<u64>,
}

/// Why nothing was.
#[derive(Debug)]
pub enum Denied {
    /// An item of the claim refuses.
    Refused(Claim, usize, Refused),
    /// Redis cannot be asked.
    Away,
    /// Redis does not know the sums at present.
    Gathering,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Desk {
    pub(super) queue: mpsc::Sender<Message>,
    pub(super) state: Arc<State>,
    pub(super) gone_after_ms: u64,
    pub(super) timeout: Duration,
    pub(super) leases: Arc<Leases>,
}

#[derive(Debug)]
pub(super) struct State {
    phase: AtomicU8,
    nodes: AtomicU64,
    /// When it began, and how many milliseconds later Redis was lost, or was never found.
    began: tokio::time::Instant,
    lost_at_ms: AtomicU64,
    /// The process ends.
    pub(super) is_leaving: AtomicBool,
}

impl State {
    pub(super) fn new() -> Self {
        let (phase, nodes) = (AtomicU8::new(0), AtomicU64::new(1));
        Self {
            phase,
            nodes,
            began: super::now(),
            lost_at_ms: AtomicU64::new(0),
            is_leaving: AtomicBool::new(false),
        }
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            2 => Phase::Open,
            1 => Phase::Gathering,
            _ => Phase::Away,
        }
    }

    pub(super) fn set(&self, phase: Phase) {
        let code = match phase {
            Phase::Away => 0,
            Phase::Gathering => 1,
            Phase::Open => 2,
        };
        if phase == Phase::Away && self.phase() != Phase::Away {
            self.lost_at_ms.store(self.elapsed_ms(), Ordering::Relaxed);
        }
        self.phase.store(code, Ordering::Release);
    }

    pub(super) fn nodes(&self) -> u64 {
        self.nodes.load(Ordering::Relaxed).max(1)
    }

    pub(super) fn set_nodes(&self, nodes: usize) {
        self.nodes.store(u64::try_from(nodes).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl Desk {
    /// Takes what is claimed, all or nothing; the answer comes later. Who does not wait for it drops it: what was taken is
    /// then given back.
    ///
    /// # Errors
    /// It cannot be asked now.
    pub fn ask_later(&self, claim: Claim) -> Result<oneshot::Receiver<Result<Granted, Denied>>, Denied> {
        match self.state.phase() {
            Phase::Open => {}
            Phase::Gathering => return Err(Denied::Gathering),
            Phase::Away => return Err(Denied::Away),
        }
        let place = self.queue.clone().try_reserve_owned().map_err(|_| Denied::Away)?;
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(Message::Ask { claim, place, reply }).map_err(|_| Denied::Away)?;
        Ok(answer)
    }

    /// What all gateways together hold of the budgets of these accounts, in their order, with what they set aside; `None`
    /// where nobody can say so now.
    pub async fn held(&self, accounts: Vec<AccountId>) -> Option<Vec<NanoUsd>> {
        if self.state.phase() != Phase::Open {
            return None;
        }
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(Message::Sum { accounts, reply }).ok()?;
        tokio::time::timeout(self.timeout, answer).await.ok()?.ok()
    }

    /// How long a call waits for an answer.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Tells what is counted in any case. Where there is no place for it, what was spent is told with the next call
    /// of the account; only units of limits are not.
    pub fn tell(&self, told: Vec<Told>) {
        if !told.is_empty() && self.queue.try_send(Message::Tell(told)).is_err() {
            tracing::debug!("the queue for limits is full");
        }
    }

    /// Tells what was spent by a call that could not ask.
    pub fn tell_spent(&self, marks: Vec<(AccountId, Mark)>) {
        self.tell(marks.into_iter().map(|(account, mark)| Told::Spent { account, mark }).collect());
    }

    /// What this gateway has set aside.
    #[must_use]
    pub const fn leases(&self) -> &Arc<Leases> {
        &self.leases
    }

    /// How it stands with Redis.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.state.phase()
    }

    /// The process ends: others need not find out.
    pub fn leave(&self) {
        self.state.is_leaving.store(true, Ordering::Release);
    }

    /// Has Redis been away for so long that it is no mere restart?
    #[must_use]
    pub fn is_gone(&self) -> bool {
        let lost_for_ms =
            self.state.elapsed_ms().saturating_sub(self.state.lost_at_ms.load(Ordering::Relaxed));
        self.state.phase() == Phase::Away && lost_for_ms >= self.gone_after_ms
    }

    /// How many gateways there were when that was last known; at least 1.
    #[must_use]
    pub fn nodes(&self) -> u64 {
        self.state.nodes()
    }
}
