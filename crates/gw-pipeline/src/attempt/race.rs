//! Two targets at once: while the first is silent, a second one is asked too, and the first good answer is taken. Whoever
//! loses is dropped, which closes its connection, and settled in the request's own ticket, however the race ends: also
//! when the caller leaves in its midst. It must not choose when, or how often (`hedging`).

use super::exchange::Exchange;
use super::hedging::Hedging;
use super::queue::{Queue, Step};
use super::{GoesOn, Left, Turn};
use crate::health::{Deployment, Standing};
use crate::reserve::{Largest, largest};
use crate::ticket::race::HEDGED;
use gw_model::snapshot::Target;
use gw_model::{NanoUsd, Refusal, SubCallRole, WireFormat};
use gw_store::memory::Amounts;
use smallvec::SmallVec;
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::time::Sleep;

/// Most targets that are asked besides the first.
const MAX_RIVALS: usize = 3;

/// How far the first of a race is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Nothing went out: the journal knows of no try yet, with which a further one could stand.
    Unsent,
    /// It is silent.
    Asked,
    /// The head of a whole answer is there.
    Answering,
}

/// A target whose turn it is.
pub(super) struct Runner {
    pub(super) step: Step,
    pub(super) target: Arc<Target>,
}

impl Exchange {
    /// May this call be sent to two targets? What makes or changes something at a provider may not, and neither what is
    /// free; nobody waits for a copy.
    pub(super) fn may_be_hedged(&self) -> bool {
        let Some(hedging) = self.model.hedging() else { return false };
        let (call, facts) = (&self.call, &self.call.facts);
        let leaves_traces = call.raw.is_some()
            || call.format == WireFormat::OpenAiRealtime
            || facts.stores
            || facts.background
            || facts.stored.is_some();
        let is_copy = self.ticket.record.parent.is_some_and(|parent| parent.role == SubCallRole::Mirror);
        if leaves_traces || is_copy || call.format.counts().is_some() || self.ticket.is_capped() {
            return false;
        }
        hedging.earn();
        true
    }

    /// Another way to the same answer, with a ticket of its own.
    fn fork(&self, lane: usize) -> Self {
        Self {
            ticket: self.ticket.fork(u8::try_from(lane).unwrap_or(u8::MAX)),
            live: Arc::clone(&self.live),
            call: self.call.clone(),
            model: Arc::clone(&self.model),
            enforce_output: self.enforce_output,
            deadline: self.deadline,
            slot: None,
            tries: SmallVec::new(),
            progress: None,
            is_rival: true,
        }
    }

    /// Holds what a try at the target may cost. False when there is no money for it.
    fn afford(&mut self, target: &Target) -> bool {
        let reserve = self.live.snapshot.settings.reserve_output_tokens;
        let Largest { output, cost } = largest(&self.call.facts, std::iter::once(&*target.info), reserve);
        let input = self.call.facts.input_tokens;
        let is_held = self.ticket.hold_here(&self.call.facts, Amounts { input, output, cost }).is_ok();
        if is_held {
            self.ticket.wake();
        }
        is_held
    }

    /// Notes how far the try at hand is.
    pub(super) fn note_progress(&self, progress: Progress) {
        if let Some(shared) = &self.progress {
            shared.set(progress);
        }
    }
}

/// The request's own try and those beside it. In the end all is in the request's ticket.
struct Race<'e> {
    main: &'e mut Exchange,
    rivals: [Option<Box<Exchange>>; MAX_RIVALS],
    /// Why who lost was dropped.
    reason: &'static str,
}

impl Drop for Race<'_> {
    fn drop(&mut self) {
        for rival in self.rivals.iter_mut().filter_map(Option::take) {
            self.main.ticket.absorb(rival.ticket, self.reason);
        }
    }
}

/// Tries the target at hand, and others while it is silent. `runner` is whose answer it was in the end, and
/// `output_bound` the output tokens that are held for it.
pub(super) async fn run(
    main: &mut Exchange,
    queue: &mut Queue,
    left: Left,
    runner: &mut Runner,
    unfit: &mut Option<Refusal>,
    output_bound: &mut u64,
) -> Turn {
    let model = Arc::clone(&main.model);
    let asked = usize::from(main.ticket.forks());
    let starter = model.hedging().zip(model.deployment(runner.step.target));
    let starter = starter.map(|(hedging, deployment)| (hedging, deployment, hedging.attempts()));
    let Some((hedging, deployment, most)) = starter.filter(|(_, _, most)| asked < *most) else {
        return main.target(runner.step, &runner.target, left, unfit).await;
    };
    let progress = Rc::new(Cell::new(Progress::Unsent));
    main.progress = Some(Rc::clone(&progress));
    let delay = hedging.delay(deployment, main.call.facts.stream);
    let seed = main.fork(0);
    let mut race = Race { main, rivals: Default::default(), reason: "abandoned" };
    let (turn, winner) = {
        let Race { main, rivals, .. } = &mut race;
        let first = pin!(main.target(runner.step, &runner.target, Left { others: true, ..left }, unfit));
        let field = Field {
            seed: &seed,
            hedging,
            progress: &progress,
            first: Some(first),
            met: vec![Arc::clone(deployment)],
            rivals: Vec::new(),
            lanes: rivals.iter_mut().take(most - asked),
            held: NanoUsd::ZERO,
            timer: Some(Box::pin(tokio::time::sleep(delay))),
            delay,
        };
        field.run(queue).await
    };
    race.reason = HEDGED;
    race.main.progress = None;
    if let Some((at, rival)) = winner
        && let Some(exchange) = race.rivals.get_mut(at).and_then(Option::take)
    {
        *runner = rival;
        *output_bound = exchange.ticket.held_output();
        race.main.ticket.yield_to(exchange.ticket, HEDGED);
        let metrics = &race.main.ticket.worker().gateway().metrics;
        metrics.note_hedge(&model.name, "won");
    }
    turn
}

type Running<'r> = Pin<Box<dyn Future<Output = Turn> + 'r>>;

/// A further target; `None` in place of its future once it has failed.
struct Rival<'r> {
    runner: Runner,
    running: Option<Running<'r>>,
}

/// Who is in the race.
struct Field<'f, 'r, F, L> {
    seed: &'f Exchange,
    hedging: &'f Hedging,
    progress: &'f Cell<Progress>,
    /// The request's own try, until it has failed.
    first: Option<Pin<&'f mut F>>,
    /// Deployments that are asked, or were.
    met: Vec<Arc<Deployment>>,
    rivals: Vec<Rival<'r>>,
    lanes: L,
    /// What is held for those besides the first.
    held: NanoUsd,
    /// Until the next rival is asked, while there may be one.
    timer: Option<Pin<Box<Sleep>>>,
    delay: std::time::Duration,
}

/// What happened.
enum Event {
    First(Turn),
    Rival(usize, Turn),
    Time,
}

impl<'r, F, L> Field<'_, 'r, F, L>
where
    F: Future<Output = Turn>,
    L: Iterator<Item = &'r mut Option<Box<Exchange>>>,
{
    /// Until somebody answers, or all have failed. With the turn goes the rival whose it was.
    async fn run(mut self, queue: &mut Queue) -> (Turn, Option<(usize, Runner)>) {
        let mut failed = None;
        loop {
            let event = poll_fn(|cx| self.poll(cx)).await;
            match event {
                Event::Time => self.ask_another(queue),
                Event::First(turn) => {
                    self.first = None;
                    if ends_the_race(&turn) || !self.has_rivals() {
                        self.give_back(queue);
                        return (turn, None);
                    }
                    failed = Some(turn);
                }
                Event::Rival(at, turn) if matches!(turn, Turn::Answered(..)) => {
                    return (turn, Some((at, self.rivals.swap_remove(at).runner)));
                }
                Event::Rival(at, turn) => {
                    let target = self.rivals.get(at).map(|rival| rival.runner.step.target);
                    match (turn, target) {
                        (Turn::Closed, Some(target)) => queue.put_off(target),
                        (Turn::Full, Some(target)) => queue.note_full(target),
                        _ => {}
                    }
                    if !self.has_rivals()
                        && let Some(turn) = failed.take()
                    {
                        return (turn, None);
                    }
                }
            }
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        if let Some(first) = &mut self.first
            && let Poll::Ready(turn) = first.as_mut().poll(cx)
        {
            return Poll::Ready(Event::First(turn));
        }
        for (at, rival) in self.rivals.iter_mut().enumerate() {
            if let Some(running) = &mut rival.running
                && let Poll::Ready(turn) = running.as_mut().poll(cx)
            {
                rival.running = None;
                return Poll::Ready(Event::Rival(at, turn));
            }
        }
        match &mut self.timer {
            Some(timer) => timer.as_mut().poll(cx).map(|()| Event::Time),
            None => Poll::Pending,
        }
    }

    fn has_rivals(&self) -> bool {
        self.rivals.iter().any(|rival| rival.running.is_some())
    }

    /// The time is up: asks one more, if there is one, and the means for it.
    fn ask_another(&mut self, queue: &mut Queue) {
        let is_silent = self.progress.get() == Progress::Asked;
        if is_silent && !self.start(queue) {
            self.timer = None;
        }
        if let Some(timer) = &mut self.timer {
            timer.set(tokio::time::sleep(self.delay));
        }
    }

    fn start(&mut self, queue: &mut Queue) -> bool {
        let Some(lane) = self.lanes.next() else { return false };
        let model = &self.seed.model;
        let Some(index) = queue.rival(|index| self.suits(index)) else { return false };
        let found = model.targets.get(index).zip(model.deployment(index));
        let Some((target, deployment)) = found else { return false };
        let metrics = &self.seed.ticket.worker().gateway().metrics;
        if !self.hedging.take() {
            metrics.note_hedge(&model.name, "over_budget");
            queue.give_back(index);
            return false;
        }
        let mut exchange = Box::new(self.seed.fork(self.rivals.len() + 1));
        exchange.ticket.note_beside(self.held);
        if !exchange.afford(target) {
            metrics.note_hedge(&model.name, "unaffordable");
            self.hedging.give_back();
            queue.give_back(index);
            return false;
        }
        self.held = self.held.plus(exchange.ticket.held_cost());
        metrics.note_hedge(&model.name, "started");
        self.met.push(Arc::clone(deployment));
        let exchange: &'r mut Exchange = lane.insert(exchange);
        let step = Step { target: index, is_forced: false };
        let runner = Runner { step, target: Arc::clone(target) };
        let target = Arc::clone(target);
        let running = Box::pin(async move {
            let mut unfit = None;
            let left = Left { others: true, may_come_back: false, paused: false };
            // All gateways together may have no money for it: then it is as if it had not been its turn.
            if exchange.ticket.must_ask() && exchange.ticket.ask_for_hold().await.is_err() {
                return Turn::Closed;
            }
            exchange.target(step, &target, left, &mut unfit).await
        });
        self.rivals.push(Rival { runner, running: Some(running) });
        true
    }

    /// Another deployment than those that are asked, which nothing is known against now.
    fn suits(&self, index: usize) -> bool {
        let (model, ticket) = (&self.seed.model, &self.seed.ticket);
        let Some(deployment) = model.deployment(index) else { return false };
        let capacity = model.targets.get(index).and_then(|target| target.capacity.as_ref());
        let (policy, now) = (&self.seed.live.snapshot.health, ticket.worker().now());
        let tokens = self.seed.call.facts.input_tokens;
        let standing = deployment.standing(policy, capacity, tokens, now);
        let standing = match model.outliers() {
            None => standing,
            Some(outliers) => outliers.standing(index, standing, policy, now),
        };
        matches!(standing, Standing::Fit | Standing::Warming(_))
            && !self.met.iter().any(|met| Arc::ptr_eq(met, deployment))
    }

    /// Who is no longer waited for was not tried to its end.
    fn give_back(&self, queue: &mut Queue) {
        for rival in self.rivals.iter().filter(|rival| rival.running.is_some()) {
            queue.give_back(rival.runner.step.target);
        }
    }
}

/// Is there nothing to wait for any more? A failure that is the request's own would come from others too.
const fn ends_the_race(turn: &Turn) -> bool {
    match turn {
        Turn::Answered(..) | Turn::Counted | Turn::Rejected(_) => true,
        Turn::Failed(_, goes_on) => matches!(goes_on, GoesOn::IfSuited),
        Turn::Closed | Turn::Full | Turn::Unfit | Turn::TimeUp => false,
    }
}
