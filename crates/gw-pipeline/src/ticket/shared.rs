//! A call's part in limits and budgets that all gateways count together: it asks before it goes out, and tells what it
//! used when it ends. Serves reserve, attempt and settle. Where no gateways meet, nothing here is reached.

use super::Open;
use crate::reserve::hold_refusal;
use gw_model::Refusal;
use gw_store::memory::{Amounts, Claim, HoldRefused, Item};
use gw_store::redis::strict::{Denied, Desk, Grant, Granted, Phase, Told};
use tokio::sync::oneshot;

/// What is asked, and not answered yet.
type Awaited = oneshot::Receiver<Result<Granted, Denied>>;

/// What was taken for a call, in the order of asking.
#[derive(Debug, Default)]
pub(super) struct Shared {
    grants: Vec<Grant>,
    /// More that was asked for while the answer flows.
    awaited: Vec<Awaited>,
    /// Redis could not be asked when the call went out.
    is_alone: bool,
    /// What was settled in part and could not be told.
    untold: Amounts,
}

impl Open {
    /// Where to ask, if anything of the call counts for all gateways together.
    fn desk(&self) -> Option<&Desk> {
        let shared = self.worker.gateway().shared.as_ref()?;
        self.chain.is_shared().then_some(&shared.desk)
    }

    /// Does a call have to ask before it goes out?
    pub(crate) fn must_ask(&self) -> bool {
        self.desk().is_some()
    }

    /// Asks for these amounts, which are held here already; the first time also for the request itself.
    ///
    /// # Errors
    /// There is not that much left, or nobody can say so and nothing may go out without.
    pub(crate) async fn ask(&mut self, amounts: Amounts) -> Result<(), HoldRefused> {
        let is_first = self.shared.is_none();
        let Some(desk) = self.desk().cloned() else { return Ok(()) };
        let Some(claim) = self.chain.claim(self.worker.now(), amounts, is_first) else { return Ok(()) };
        self.shared.get_or_insert_default();
        let answer = desk.ask(claim).await;
        self.answered(answer)
    }

    /// As [`Self::ask`], in the midst of an answer, which goes on meanwhile: [`Self::check_asked`] hears what came of it.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub(super) fn ask_later(&mut self, amounts: Amounts) -> Result<(), HoldRefused> {
        let Some(desk) = self.desk() else { return Ok(()) };
        let Some(claim) = self.chain.claim(self.worker.now(), amounts, false) else { return Ok(()) };
        match desk.ask_later(claim) {
            Ok(awaited) => {
                self.shared.get_or_insert_default().awaited.push(awaited);
                Ok(())
            }
            Err(denied) => self.answered(Err(denied)),
        }
    }

    /// Hears the answers that have come.
    ///
    /// # Errors
    /// What was asked for is refused.
    pub(super) fn check_asked(&mut self) -> Result<(), Refusal> {
        self.check_later().map_err(|refused| hold_refusal(&refused))
    }

    /// As [`Self::check_asked`].
    pub(super) fn check_later(&mut self) -> Result<(), HoldRefused> {
        let Some(shared) = self.shared.as_mut().filter(|shared| !shared.awaited.is_empty()) else {
            return Ok(());
        };
        let mut come = Vec::new();
        shared.awaited.retain_mut(|awaited| match awaited.try_recv() {
            Ok(answer) => {
                come.push(answer);
                false
            }
            Err(oneshot::error::TryRecvError::Empty) => true,
            Err(oneshot::error::TryRecvError::Closed) => {
                come.push(Err(Denied::Away));
                false
            }
        });
        for answer in come {
            self.answered(answer)?;
        }
        Ok(())
    }

    fn answered(&mut self, answer: Result<Granted, Denied>) -> Result<(), HoldRefused> {
        match answer {
            Ok(Granted { grant, shadow, left, used }) => {
                if let Some((item, why)) = shadow
                    && let Some(item) = grant.claim().items.get(item)
                {
                    self.chain.note_shadow(self.chain.refusal(item, why));
                }
                self.chain.note_left(grant.claim(), &left);
                if !used.is_empty() {
                    let nodes = self.worker.gateway().shared.as_ref().map_or(1, |shared| shared.desk.nodes());
                    self.chain.note_used(grant.claim(), self.worker.now(), &used, nodes);
                }
                self.shared.get_or_insert_default().grants.push(grant);
                Ok(())
            }
            Err(Denied::Refused(claim, item, why)) => Err(match claim.items.get(item) {
                Some(item) => self.chain.refusal(item, why),
                None => HoldRefused::Unavailable,
            }),
            Err(Denied::Gathering) => Err(HoldRefused::Unavailable),
            Err(Denied::Away) => {
                self.shared.get_or_insert_default().is_alone = true;
                let Some(shared) = &self.worker.gateway().shared else { return Ok(()) };
                shared.metrics.alone.inc();
                let (nodes, is_gone) = (shared.desk.nodes(), shared.desk.is_gone());
                self.chain.go_alone(self.worker.now(), nodes, is_gone)
            }
        }
    }

    /// Takes over what another ticket of the same request has taken.
    pub(super) fn join_shared(&mut self, other: &mut Self) {
        let Some(theirs) = other.shared.take() else { return };
        let Some(mine) = &mut self.shared else {
            self.shared = Some(theirs);
            return;
        };
        let Shared { grants, awaited, is_alone, untold } = *theirs;
        mine.grants.extend(grants);
        mine.awaited.extend(awaited);
        mine.is_alone |= is_alone;
        mine.untold = mine.untold.plus(&untold);
    }

    /// Tells what a part of a call used; `keep` stays held.
    pub(super) fn tell_part(&mut self, keep: Amounts, used: Amounts) {
        if self.desk().is_none() {
            return;
        }
        let marks = self.chain.marks(self.worker.now());
        let Some(shared) = &mut self.shared else { return };
        let (mut keep, mut used, mut marks) = (keep, used, Some(marks));
        let last = shared.grants.len().saturating_sub(1);
        for (at, grant) in shared.grants.iter_mut().enumerate() {
            let stays = keep.min(&grant.amounts());
            keep = keep.minus(&stays);
            let freed = grant.amounts().minus(&stays);
            let part = if at == last { used } else { used.min(&freed) };
            if grant.settle_part(stays, part, marks.take().unwrap_or_default()) {
                used = used.minus(&part);
            }
        }
        shared.untold = shared.untold.plus(&used);
    }

    /// Tells what the call used, when it has ended here. `keeps_request`: its request counts.
    pub(super) fn tell_end(&mut self, used: Amounts, keeps_request: bool) {
        let shared = self.shared.take();
        let Some(desk) = self.desk().cloned() else { return };
        let now = self.worker.now();
        let marks = self.chain.marks(now);
        let Some(shared) = shared.map(|shared| *shared) else {
            // It was answered without asking: its request counts all the same.
            if keeps_request && desk.phase() == Phase::Open {
                desk.tell(self.chain.claim(now, Amounts::default(), true).map(requests).unwrap_or_default());
            }
            return;
        };
        // What is asked for and not answered is given back by whoever answers.
        drop(shared.awaited);
        let mut used = used.plus(&shared.untold);
        let mut marks = Some(marks);
        let last = shared.grants.len().saturating_sub(1);
        for (at, grant) in shared.grants.into_iter().enumerate() {
            let part = if at == last { used } else { used.min(&grant.amounts()) };
            used = used.minus(&part);
            grant.settle(part, keeps_request, marks.take().unwrap_or_default());
        }
        if let Some(marks) = marks {
            desk.tell_spent(marks);
        }
    }
}

/// The requests of a claim, as used.
fn requests(claim: Claim) -> Vec<Told> {
    let used = claim.items.into_iter().filter_map(|item| match item {
        Item::Limit { key, per_seconds, units, .. } => Some(Told::Used { key, per_seconds, units }),
        Item::Parallel { .. } | Item::Budgets { .. } => None,
    });
    used.collect()
}
