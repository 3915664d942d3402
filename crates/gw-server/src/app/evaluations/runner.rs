//! The thread that runs evaluations: several at a time, each of another organization, and in turns where more of them wait. Of
//! several nodes, the one that changes an evaluation's row first runs it; one that is silent for long has lost it to the others.
//! It must not be waited for by anything.

use super::run::Run;
use super::turns::{Head, Turns};
use super::{Evaluation, open};
use crate::app::chores::{self, Bell, Chore, Next, Stage};
use crate::app::state::App;
use gw_ingress::listen::worker::Phase;
use gw_model::Micros;
use gw_store::StoreError;
use gw_store::types::{EvaluationId, EvaluationState};
use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// After what silence whoever runs one is taken for gone.
const SILENT_US: Micros = 300_000_000;
const DAY_US: Micros = 86_400_000_000;
const SECOND_US: Micros = 1_000_000;
/// Old ones that are removed at once.
const REMOVED: usize = 20;
/// When one is looked at again that the database cut.
const AGAIN: Duration = Duration::from_secs(1);

/// Starts the thread; it ends with the process's last phase.
pub(crate) fn start(app: &Arc<App>, phase: watch::Receiver<Phase>) -> io::Result<JoinHandle<()>> {
    chores::start(app, phase, |stage| {
        let app = Arc::clone(&stage.app);
        let runner =
            Runner { node: app.storage.node(), app, phase: stage.phase(), others_wait: Cell::default() };
        Evaluations { runner: Rc::new(runner), turns: Turns::default() }
    })
}

struct Evaluations {
    runner: Rc<Runner>,
    turns: Turns,
}

impl Chore for Evaluations {
    const NAME: &'static str = "evaluations";
    const BLOCKING_THREADS: usize = 4;

    fn bell(app: &App) -> &Bell {
        &app.evaluation_bell
    }

    fn round(&mut self, stage: &Stage, _: bool) -> Result<Next, StoreError> {
        stage.run(self.work(stage.look_every()))
    }
}

impl Evaluations {
    /// Runs what there is, until nothing is left.
    async fn work(&mut self, look_every: Duration) -> Result<Next, StoreError> {
        let runner = Rc::clone(&self.runner);
        let mut runs = JoinSet::new();
        let mut phase = runner.phase.clone();
        loop {
            if let Err(error) = self.begin(&mut runs).await {
                if runs.is_empty() {
                    return Err(error);
                }
                tracing::warn!(%error, "evaluations cannot be looked after now");
            }
            if runs.is_empty() {
                return Ok(Next::In(look_every));
            }
            tokio::select! {
                Some(joined) = runs.join_next() => {
                    let Ok((id, done)) = joined else { continue };
                    self.turns.end(id);
                    if let Err::<_, StoreError>(error) = done {
                        tracing::warn!(%error, "an evaluation cannot be looked after now");
                        tokio::time::sleep(AGAIN).await;
                    }
                }
                () = runner.app.evaluation_bell.rung() => {}
                () = tokio::time::sleep(look_every) => {}
                _ = phase.wait_for(|phase| *phase >= Phase::Draining), if !runner.ends() => {}
            }
        }
    }

    /// Begins as many as there are places, and notes whether others wait for one.
    async fn begin(
        &mut self,
        runs: &mut JoinSet<(EvaluationId, Result<(), StoreError>)>,
    ) -> Result<(), StoreError> {
        loop {
            if self.runner.ends() {
                return Ok(());
            }
            self.runner.tidy().await?;
            let waiting = self.waiting().await?;
            let next = self.turns.next(&waiting);
            let is_full = self.turns.running() >= self.runner.app.evaluations.load().max_running;
            self.runner.others_wait.set(is_full && !next.is_empty());
            if is_full {
                return Ok(());
            }
            let Some(evaluation) = self.runner.claim(next).await? else { return Ok(()) };
            let (id, runner) = (evaluation.stored.id, Rc::clone(&self.runner));
            self.turns.begin(id, evaluation.job.organization.clone());
            runs.spawn_local(async move { (id, Run::new(runner, evaluation).run().await) });
        }
    }

    /// Those that this node may run.
    async fn waiting(&self) -> Result<Vec<Head>, StoreError> {
        let (now, node) = (self.runner.now(), self.runner.node);
        let open = self.runner.aside(open::heads).await?;
        let may_run = |one: &open::Open| {
            // What this node was at when it ended the last time is its to go on with.
            let is_cut = one.node == node || one.touched_at < now.saturating_sub(SILENT_US);
            !self.turns.runs(one.id) && (one.state == EvaluationState::Waiting || is_cut)
        };
        let waiting = open.into_iter().filter(may_run);
        Ok(waiting.map(|one| Head { id: one.id, party: one.organization }).collect())
    }
}

/// What all runs of this node have in common.
pub(super) struct Runner {
    pub(super) app: Arc<App>,
    pub(super) node: u64,
    pub(super) phase: watch::Receiver<Phase>,
    /// All places are taken, and somebody waits who has none.
    others_wait: Cell<bool>,
}

impl Runner {
    pub(super) fn ends(&self) -> bool {
        *self.phase.borrow() >= Phase::Draining
    }

    pub(super) fn now(&self) -> Micros {
        self.app.gateway.clock().now()
    }

    /// Is the turn of a run over that began then?
    pub(super) fn is_turn_over(&self, began: Micros) -> bool {
        let turn = Micros::try_from(self.app.evaluations.load().turn_seconds).unwrap_or(Micros::MAX);
        self.others_wait.get() && self.now().saturating_sub(began) >= turn.saturating_mul(SECOND_US)
    }

    /// Does something with the database, aside.
    pub(super) async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&App) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let app = Arc::clone(&self.app);
        let done = tokio::task::spawn_blocking(move || work(&app)).await;
        done.unwrap_or(Err(StoreError::Damaged { what: "work of an evaluation" }))
    }

    async fn tidy(&self) -> Result<(), StoreError> {
        let days = Micros::try_from(self.app.evaluations.load().retention_days).unwrap_or(Micros::MAX);
        let before = self.now().saturating_sub(days.saturating_mul(DAY_US));
        self.aside(move |app| app.storage.database.remove_evaluations(before, REMOVED).map(drop)).await
    }

    /// Takes the first of these that is still to be had.
    async fn claim(&self, next: Vec<EvaluationId>) -> Result<Option<Evaluation>, StoreError> {
        let (now, node) = (self.now(), self.node);
        let claim = move |app: &App| -> Result<_, StoreError> {
            for id in next {
                let stored = app.storage.database.evaluation(id)?;
                let Some(stored) = stored.filter(|one| one.state.is_open()) else { continue };
                let is_cut = stored.state == EvaluationState::Running;
                if is_cut && stored.node != node && stored.touched_at >= now.saturating_sub(SILENT_US) {
                    continue;
                }
                // A newer gateway may have written what this one does not know: it runs it.
                let Ok(mut evaluation) = Evaluation::read(stored) else { continue };
                evaluation.job.interruptions += u32::from(is_cut);
                evaluation.job.started_at.get_or_insert(now);
                let next = evaluation.next(EvaluationState::Running, node, now)?;
                if app.storage.database.change_evaluation(&next)? {
                    evaluation.stored = next;
                    return Ok(Some(evaluation));
                }
            }
            Ok(None)
        };
        self.aside(claim).await
    }
}
