//! A call's part in limits and budgets that all gateways count together: it asks before it goes out, and tells what it
//! used when it ends. Serves reserve, attempt and settle. Where no gateways meet, nothing here is reached.

use super::Open;
use crate::reserve::hold_refusal;
use crate::worker::Worker;
use gw_model::Refusal;
use gw_store::memory::{Amounts, Chain, Claim, HoldRefused, Item};
use gw_store::redis::strict::{Denied, Desk, Grant, Granted, Phase, Takes, Told};
use tokio::sync::oneshot;

/// What is asked, and not answered yet.
#[derive(Debug)]
struct Awaited {
    answer: oneshot::Receiver<Result<Granted, Denied>>,
    round: Round,
    /// The call went on without it: only that it was taken matters.
    is_late: bool,
}

/// What one asking came to: these amounts are held, by what was set aside here, by a grant, or, where nobody could be
/// asked, by neither.
#[derive(Debug, Default)]
struct Round {
    amounts: Amounts,
    takes: Takes,
    grant: Option<Grant>,
}

/// What was taken for a call, in the order of asking.
#[derive(Debug, Default)]
pub(super) struct Shared {
    rounds: Vec<Round>,
    /// More that was asked for while the answer flows.
    awaited: Vec<Awaited>,
    /// What was settled in part and could not be told.
    untold: Amounts,
    /// Somebody is to be told of all that was spent: not all of it was set aside here.
    asked: bool,
}

/// How far asking has come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    rounds: usize,
    awaited: usize,
}

/// A chain of accounts, and what is taken of it where all gateways count together.
pub(super) struct Asker<'a> {
    pub(super) worker: &'a Worker,
    pub(super) chain: &'a mut Chain,
    pub(super) shared: &'a mut Option<Box<Shared>>,
}

impl Asker<'_> {
    /// Where to ask, if anything of the chain counts for all gateways together.
    fn desk(&self) -> Option<&Desk> {
        let shared = self.worker.gateway().shared.as_ref()?;
        self.chain.is_shared().then_some(&shared.desk)
    }

    /// Asks for these amounts, which are held here already; the first time also for the request itself. Where enough is
    /// set aside, nobody is asked.
    ///
    /// # Errors
    /// There is not that much left, or nobody can say so and nothing may go out without.
    pub(super) async fn ask(&mut self, amounts: Amounts) -> Result<(), HoldRefused> {
        let is_first = self.shared.is_none();
        let Some((round, claim)) = self.claim(amounts, is_first) else { return Ok(()) };
        let Some(claim) = claim else {
            self.shared.get_or_insert_default().rounds.push(round);
            return Ok(());
        };
        self.shared.get_or_insert_default().asked = true;
        let Some(desk) = self.desk().cloned() else { return Ok(()) };
        let mut answer = match desk.ask_later(claim) {
            Ok(answer) => answer,
            Err(denied) => return self.answered(round, Err(denied)),
        };
        match tokio::time::timeout(desk.timeout(), &mut answer).await {
            Ok(said) => self.answered(round, said.unwrap_or(Err(Denied::Away))),
            Err(_) => {
                // Redis is slow, and not away: what it says later is what this call has taken.
                self.go_alone()?;
                self.shared.get_or_insert_default().awaited.push(Awaited { answer, round, is_late: true });
                Ok(())
            }
        }
    }

    /// Nobody says what is left.
    ///
    /// # Errors
    /// The call may not go on without.
    fn go_alone(&self) -> Result<(), HoldRefused> {
        let Some(shared) = &self.worker.gateway().shared else { return Ok(()) };
        shared.metrics.alone.inc();
        let (nodes, is_gone) = (shared.desk.nodes(), shared.desk.is_gone());
        self.chain.go_alone(self.worker.now(), nodes, is_gone)
    }

    /// Takes what is set aside; the rest is to be asked for.
    fn claim(&self, amounts: Amounts, is_first: bool) -> Option<(Round, Option<Claim>)> {
        let desk = self.desk()?;
        let now = self.worker.now();
        let mut takes = Takes::of(desk.leases());
        let claim = self.chain.claim_beyond(now, amounts, is_first, &mut takes.lender(now));
        let is_none = claim.is_none() && takes.is_empty();
        (!is_none).then_some((Round { amounts, takes, grant: None }, claim))
    }

    /// As [`Self::ask`], in the midst of an answer, which goes on meanwhile: [`Self::check_later`] hears what came of it.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub(super) fn ask_later(&mut self, amounts: Amounts) -> Result<(), HoldRefused> {
        let Some((round, claim)) = self.claim(amounts, false) else { return Ok(()) };
        let Some((desk, claim)) = self.desk().zip(claim) else {
            self.shared.get_or_insert_default().rounds.push(round);
            return Ok(());
        };
        match desk.ask_later(claim) {
            Ok(answer) => {
                let shared = self.shared.get_or_insert_default();
                shared.asked = true;
                shared.awaited.push(Awaited { answer, round, is_late: false });
                Ok(())
            }
            Err(denied) => self.answered(round, Err(denied)),
        }
    }

    /// What is asked from here on can be undone.
    pub(super) fn mark(&self) -> Asked {
        let count = |shared: &Shared| Asked { rounds: shared.rounds.len(), awaited: shared.awaited.len() };
        self.shared.as_deref().map(count).unwrap_or_default()
    }

    /// Gives back what was asked for since, answered or not. Nothing may have been heard meanwhile.
    pub(super) fn undo(&mut self, to: Asked) {
        if let Some(shared) = self.shared.as_deref_mut() {
            shared.rounds.truncate(to.rounds);
            shared.awaited.truncate(to.awaited);
        }
    }

    /// Hears the answers that have come.
    ///
    /// # Errors
    /// What was asked for is refused.
    pub(super) fn check_later(&mut self) -> Result<(), HoldRefused> {
        let Some(shared) = self.shared.as_mut().filter(|shared| !shared.awaited.is_empty()) else {
            return Ok(());
        };
        let mut come = Vec::new();
        for at in (0..shared.awaited.len()).rev() {
            let answer = match shared.awaited.get_mut(at).map(|awaited| awaited.answer.try_recv()) {
                Some(Ok(answer)) => answer,
                Some(Err(oneshot::error::TryRecvError::Closed)) => Err(Denied::Away),
                Some(Err(oneshot::error::TryRecvError::Empty)) | None => continue,
            };
            come.push((shared.awaited.remove(at), answer));
        }
        for (Awaited { round, is_late, .. }, answer) in come.into_iter().rev() {
            match answer {
                Err(_) if is_late => self.shared.get_or_insert_default().rounds.push(round),
                answer => self.answered(round, answer)?,
            }
        }
        Ok(())
    }

    /// What came of asking. Where nothing may be held, what was taken of what is set aside goes back.
    fn answered(&mut self, round: Round, answer: Result<Granted, Denied>) -> Result<(), HoldRefused> {
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
                let round = Round { grant: Some(grant), ..round };
                self.shared.get_or_insert_default().rounds.push(round);
                Ok(())
            }
            Err(Denied::Refused(claim, item, why)) => Err(match claim.items.get(item) {
                Some(item) => self.chain.refusal(item, why),
                None => HoldRefused::Unavailable,
            }),
            Err(Denied::Gathering) => Err(HoldRefused::Unavailable),
            Err(Denied::Away) => {
                let known = self.shared.get_or_insert_default();
                known.asked = true;
                known.rounds.push(round);
                self.go_alone()
            }
        }
    }

    /// Tells what a part of a call used; `keep` stays held.
    pub(super) fn tell_part(&mut self, keep: Amounts, used: Amounts) {
        if self.desk().is_none() {
            return;
        }
        let now = self.worker.now();
        let Some(shared) = self.shared.as_mut() else { return };
        let (mut keep, mut used) = (keep, used);
        let mut marks = if shared.asked { self.chain.marks(now) } else { Vec::new() };
        let last = shared.rounds.len().saturating_sub(1);
        for (at, round) in shared.rounds.iter_mut().enumerate() {
            let stays = keep.min(&round.amounts);
            keep = keep.minus(&stays);
            let freed = round.amounts.minus(&stays);
            let part = if at == last { used } else { used.min(&freed) };
            // What a grant cannot tell now it tells in the end, and what was set aside with it.
            if let Some(grant) = &mut round.grant
                && !grant.settle_part(stays, part, std::mem::take(&mut marks))
            {
                continue;
            }
            round.takes.settle_part(&stays, &part, now);
            round.amounts = stays;
            used = used.minus(&part);
        }
        shared.untold = shared.untold.plus(&used);
    }

    /// Tells what the call used, when it has ended here. `keeps_request`: its request counts.
    pub(super) fn tell_end(&mut self, used: Amounts, keeps_request: bool) {
        let shared = self.shared.take();
        let Some(desk) = self.desk().cloned() else { return };
        let now = self.worker.now();
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
        let mut marks = shared.asked.then(|| self.chain.marks(now));
        let last = shared.rounds.len().saturating_sub(1);
        for (at, round) in shared.rounds.into_iter().enumerate() {
            let part = if at == last { used } else { used.min(&round.amounts) };
            used = used.minus(&part);
            round.takes.settle(&part, keeps_request, now);
            if let Some(grant) = round.grant {
                grant.settle(part, keeps_request, marks.take().unwrap_or_default());
            }
        }
        if let Some(marks) = marks {
            desk.tell_spent(marks);
        }
    }
}

impl Open {
    fn asker(&mut self) -> Asker<'_> {
        Asker { worker: &self.worker, chain: &mut self.chain, shared: &mut self.shared }
    }

    /// Does the call have to ask before it goes out?
    pub(crate) fn must_ask(&self) -> bool {
        self.worker.gateway().shared.is_some() && self.chain.is_shared()
    }

    /// As [`Asker::ask`].
    pub(crate) async fn ask(&mut self, amounts: Amounts) -> Result<(), HoldRefused> {
        self.asker().ask(amounts).await
    }

    /// As [`Asker::ask_later`], of what was taken in this gateway, which goes back when it is refused.
    pub(super) fn ask_later(&mut self, taken: Amounts) -> Result<(), HoldRefused> {
        let mut asker = self.asker();
        let before = asker.mark();
        let asked = asker.ask_later(taken);
        if asked.is_err() {
            asker.undo(before);
            asker.chain.give_back(asker.worker.now(), taken);
        }
        asked
    }

    /// As [`Self::check_later`], in words for the caller.
    pub(super) fn check_asked(&mut self) -> Result<(), Refusal> {
        self.check_later().map_err(|refused| hold_refusal(&refused))
    }

    /// As [`Asker::check_later`].
    pub(super) fn check_later(&mut self) -> Result<(), HoldRefused> {
        if let Some(quota) = self.attempt.as_mut().and_then(|attempt| attempt.quota.as_mut()) {
            quota.check_later()?;
        }
        if self.shared.is_none() { Ok(()) } else { self.asker().check_later() }
    }

    /// As [`Asker::tell_part`].
    pub(super) fn tell_part(&mut self, keep: Amounts, used: Amounts) {
        self.asker().tell_part(keep, used);
    }

    /// As [`Asker::tell_end`].
    pub(super) fn tell_end(&mut self, used: Amounts, keeps_request: bool) {
        self.asker().tell_end(used, keeps_request);
    }

    /// Takes over what another ticket of the same request has taken.
    pub(super) fn join_shared(&mut self, other: &mut Self) {
        let Some(theirs) = other.shared.take() else { return };
        let Some(mine) = &mut self.shared else {
            self.shared = Some(theirs);
            return;
        };
        let Shared { rounds, awaited, untold, asked } = *theirs;
        mine.rounds.extend(rounds);
        mine.awaited.extend(awaited);
        mine.asked |= asked;
        mine.untold = mine.untold.plus(&untold);
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
