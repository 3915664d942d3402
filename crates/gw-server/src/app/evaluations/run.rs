//! One evaluation's run: items are put to models, several at a time, and what comes of them is kept. What has a result is not
//! done again.

use super::checks::Checks;
use super::item::{Bench, Ended, begun, purse_name};
use super::line::Line;
use super::results::Outcome;
use super::runner::Runner;
use super::{Evaluation, Job};
use crate::app::datasets::{self, Item};
use crate::app::state::App;
use gw_ingress::listen::worker::Phase;
use gw_model::{Micros, NanoUsd};
use gw_pipeline::Purse;
use gw_store::StoreError;
use gw_store::types::{DatasetId, EvaluationId, EvaluationState, ItemId, LogFilter, ResultFigures, Verdict};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// How often is looked how far it is.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often it is said how far it is.
const TOUCH_US: Micros = 1_000_000;
/// Items and records that are read at once.
const PAGE: usize = 20;
const RECORDS: usize = 1_000;

/// Why it stops where its budget is used up.
const NOT_ENOUGH: &str = "'budget_usd' has not enough left for the next call: resume with more";

/// How a run ended.
enum End {
    Done,
    /// It can go on later.
    Stopped(String),
    /// Others are to go on, and then this one again.
    Yields,
    /// Not wanted any more, or lost to another node.
    Lost,
    /// The process ends.
    Leaves,
}

/// What is to be put to which model.
type Pending = (Rc<Item>, usize);

/// See the module.
pub(super) struct Run {
    runner: Rc<Runner>,
    evaluation: Evaluation,
    began: Micros,
    known: HashMap<(ItemId, usize), ResultFigures>,
    ready: VecDeque<Pending>,
    /// The last item that was read, and how many were.
    after: Option<ItemId>,
    taken: usize,
    is_all: bool,
    /// Others' calls were collected into the dataset meanwhile, which nobody said may be seen.
    is_changed: bool,
    /// There was not enough money, and nothing was settled since.
    is_blocked: bool,
    /// That was so too when nothing else was under way.
    was_alone: bool,
    tasks: JoinSet<(Pending, Ended)>,
}

impl Run {
    pub(super) fn new(runner: Rc<Runner>, evaluation: Evaluation) -> Self {
        Self {
            began: runner.now(),
            runner,
            evaluation,
            known: HashMap::new(),
            ready: VecDeque::new(),
            after: None,
            taken: 0,
            is_all: false,
            is_changed: false,
            is_blocked: false,
            was_alone: false,
            tasks: JoinSet::new(),
        }
    }

    /// Goes as far as it gets, and writes down how it ended.
    pub(super) async fn run(mut self) -> Result<(), StoreError> {
        let end = match self.go().await {
            Ok(end) => end,
            Err(error) => End::Stopped(format!("the database: {error}")),
        };
        let now = self.runner.now();
        let job = &mut self.evaluation.job;
        let state = match end {
            End::Lost => return Ok(()),
            End::Yields => EvaluationState::Waiting,
            End::Leaves => {
                job.interruptions += 1;
                EvaluationState::Waiting
            }
            End::Done => {
                (job.ended_at, job.error, job.redo) = (Some(now), None, false);
                EvaluationState::Done
            }
            End::Stopped(why) => {
                (job.ended_at, job.error, job.redo) = (Some(now), Some(why), false);
                EvaluationState::Stopped
            }
        };
        let next = self.evaluation.next(state, self.runner.node, now)?;
        // Somebody's cancelling was faster.
        self.runner.aside(move |app| app.storage.database.change_evaluation(&next)).await.map(drop)
    }

    async fn go(&mut self) -> Result<End, StoreError> {
        let id = self.evaluation.stored.id;
        let Ok(dataset) = self.evaluation.job.dataset_id.parse::<DatasetId>() else {
            return Ok(End::Stopped("there is no such dataset".to_owned()));
        };
        let read = move |app: &App| -> Result<_, StoreError> {
            let database = &app.storage.database;
            Ok((database.result_figures(id)?, database.dataset(dataset)?.is_some()))
        };
        let (figures, is_there) = self.runner.aside(read).await?;
        if !is_there {
            return Ok(End::Stopped("the dataset is not there any more".to_owned()));
        }
        self.recall(&figures);
        let spent = self.spent(&figures).await?;
        let bench = match self.bench(spent) {
            Ok(bench) => Rc::new(bench),
            Err(why) => return Ok(End::Stopped(why)),
        };
        let end = self.all(&bench, dataset).await;
        self.evaluation.job.spent = bench.purse.spent(self.runner.now()).0;
        // What is under way is dropped, as a client's leaving does.
        self.tasks.abort_all();
        end
    }

    /// Takes up what was done before.
    fn recall(&mut self, figures: &[ResultFigures]) {
        let job = &mut self.evaluation.job;
        (job.passed, job.failed, job.errors) = (0, 0, 0);
        for one in figures {
            let number = usize::try_from(one.target).unwrap_or(usize::MAX);
            self.known.insert((one.item, number), *one);
            if !job.does_again(one) {
                count(job, one.verdict);
            }
        }
    }

    /// What was spent before: by results, or by records where more is known of calls that were cut.
    async fn spent(&self, figures: &[ResultFigures]) -> Result<NanoUsd, StoreError> {
        let by_results = figures.iter().fold(NanoUsd::ZERO, |sum, one| sum.plus(one.cost));
        if figures.is_empty() {
            return Ok(by_results);
        }
        let mut filter = LogFilter {
            session: Some(self.evaluation.stored.id.to_string()),
            from: Some(self.evaluation.job.created_at),
            sub_calls: true,
            limit: RECORDS,
            ..LogFilter::default()
        };
        let sum = move |app: &App| -> Result<NanoUsd, StoreError> {
            let mut sum = NanoUsd::ZERO;
            loop {
                let page = app.storage.database.logs(&filter)?;
                sum = page.rows.iter().fold(sum, |sum, row| sum.plus(row.cost));
                let Some(next) = page.next else { return Ok(sum) };
                filter.before = Some(next);
            }
        };
        Ok(by_results.max(self.runner.aside(sum).await?))
    }

    fn bench(&self, spent: NanoUsd) -> Result<Bench, String> {
        let (id, job) = (self.evaluation.stored.id, &self.evaluation.job);
        let checks = Checks::new(&job.checks).map_err(|(number, why)| format!("checks[{number}]: {why}"))?;
        let key = job.key_id.parse().map_err(|_| "the key is not there any more".to_owned())?;
        let purse = Purse::new(id.0, &purse_name(id), job.budget(), spent, self.runner.now());
        Ok(Bench {
            app: Arc::clone(&self.runner.app),
            id,
            targets: job.targets.clone(),
            checks,
            key,
            from: job.from.parse().ok(),
            purse,
            line: Line::default(),
        })
    }

    async fn all(&mut self, bench: &Rc<Bench>, dataset: DatasetId) -> Result<End, StoreError> {
        let mut why = None;
        let mut tick = tokio::time::interval(LOOK_EVERY);
        let mut phase = self.runner.phase.clone();
        loop {
            while why.is_none() && self.has_room(bench) {
                let Some(next) = self.next(dataset).await? else { break };
                if !self.begin(bench, next).await? {
                    return Ok(End::Lost);
                }
            }
            if self.tasks.is_empty() {
                // What others held is free meanwhile.
                if self.is_blocked && !std::mem::replace(&mut self.was_alone, true) && why.is_none() {
                    self.is_blocked = false;
                    continue;
                }
                return Ok(match why {
                    Some(why) => End::Stopped(why),
                    None if self.is_changed => {
                        End::Stopped("calls were collected into the dataset meanwhile: resume".to_owned())
                    }
                    None if self.runner.ends() => End::Leaves,
                    None if self.is_blocked => End::Stopped(NOT_ENOUGH.to_owned()),
                    None if self.is_turn_over() && !(self.is_all && self.ready.is_empty()) => End::Yields,
                    None => End::Done,
                });
            }
            tokio::select! {
                Some(joined) = self.tasks.join_next() => match joined {
                    Ok((_, Ended::Result(outcome))) => {
                        (self.is_blocked, self.was_alone) = (false, false);
                        if !self.keep(&outcome).await? {
                            return Ok(End::Lost);
                        }
                    }
                    Ok((pending, Ended::OverBudget)) => {
                        self.is_blocked = true;
                        if !self.put_back(&pending).await? {
                            return Ok(End::Lost);
                        }
                        self.ready.push_front(pending);
                    }
                    Ok((_, Ended::Unjudged(outcome))) => {
                        // Nobody else held anything: further answers would be paid for and not judged either.
                        why = Some(NOT_ENOUGH.to_owned());
                        if !self.keep(&outcome).await? {
                            return Ok(End::Lost);
                        }
                    }
                    Ok((_, Ended::Refused(text))) => why = Some(text),
                    Ok((_, Ended::Leaves)) => return Ok(End::Leaves),
                    Err(error) => {
                        tracing::error!(%error, "a call of an evaluation failed");
                        why = Some("a call failed within the gateway: its log says more".to_owned());
                    }
                },
                _ = tick.tick() => {}
                _ = phase.wait_for(|phase| *phase >= Phase::Leaving) => return Ok(End::Leaves),
            }
            self.evaluation.job.spent = bench.purse.spent(self.runner.now()).0;
            if !self.touch().await? {
                return Ok(End::Lost);
            }
        }
    }

    fn is_turn_over(&self) -> bool {
        self.runner.is_turn_over(self.began)
    }

    fn has_room(&self, bench: &Bench) -> bool {
        // Where money is short, whoever is under way must end first.
        let most = if self.is_blocked || bench.line.is_waited_in() {
            0
        } else {
            self.evaluation.job.concurrency.max(1)
        };
        self.tasks.len() < most && !self.runner.ends() && !self.is_turn_over()
    }

    /// What is to be done next.
    async fn next(&mut self, dataset: DatasetId) -> Result<Option<Pending>, StoreError> {
        loop {
            if let Some(next) = self.ready.pop_front() {
                return Ok(Some(next));
            }
            let wanted = PAGE.min(self.evaluation.job.items.saturating_sub(self.taken));
            if self.is_all || wanted == 0 {
                return Ok(None);
            }
            let after = self.after;
            let origins = self.evaluation.job.origins.clone();
            let read = move |app: &App| -> Result<_, StoreError> {
                let (items, next) = datasets::items(app, dataset, after, wanted)?;
                // After the items: what was added before they were read is seen.
                let is = app.storage.database.dataset(dataset)?;
                Ok(is.is_some_and(|(is, _)| is.origins == origins).then_some((items, next.is_none())))
            };
            let Some((items, is_all)) = self.runner.aside(read).await? else {
                self.is_changed = true;
                self.is_all = true;
                return Ok(None);
            };
            self.is_all = is_all;
            self.taken += items.len();
            self.after = items.last().map(|last| last.id).or(self.after);
            for item in items.into_iter().map(Rc::new) {
                for number in 0..self.evaluation.job.targets.len() {
                    let known = self.known.get(&(item.id, number));
                    if known.is_none_or(|known| self.evaluation.job.does_again(known)) {
                        self.ready.push_back((Rc::clone(&item), number));
                    }
                }
            }
        }
    }

    /// Notes that an item is under way, and has it put to its model. False: the evaluation is gone.
    async fn begin(&mut self, bench: &Rc<Bench>, (item, number): Pending) -> Result<bool, StoreError> {
        let before = self.known.get(&(item.id, number)).copied();
        let outcome = begun(&item, number, before);
        if !self.put(&outcome).await? {
            return Ok(false);
        }
        if self.evaluation.job.redo {
            self.evaluation.job.redo_after = Some((item.id.to_string(), number));
        }
        let bench = Rc::clone(bench);
        self.tasks.spawn_local(async move {
            let _place = bench.line.join();
            let ended = match bench.put(&item, number, before).await {
                Ok(outcome) => Ended::Result(outcome),
                Err(ended) => ended,
            };
            ((item, number), ended)
        });
        Ok(true)
    }

    /// Notes that an item was not tried after all: nothing of it was spent.
    async fn put_back(&self, (item, number): &Pending) -> Result<bool, StoreError> {
        let mut outcome = begun(item, *number, self.known.get(&(item.id, *number)).copied());
        outcome.figures.tries -= 1;
        self.put(&outcome).await
    }

    async fn keep(&mut self, outcome: &Outcome) -> Result<bool, StoreError> {
        count(&mut self.evaluation.job, outcome.figures.verdict);
        self.put(outcome).await
    }

    async fn put(&self, outcome: &Outcome) -> Result<bool, StoreError> {
        let (id, outcome) = (self.evaluation.stored.id, outcome.clone());
        self.runner.aside(move |app| put(app, id, &outcome)).await
    }

    /// Says how far it is, now and then; false when it is no longer this node's.
    async fn touch(&mut self) -> Result<bool, StoreError> {
        let now = self.runner.now();
        if now.saturating_sub(self.evaluation.stored.touched_at) < TOUCH_US {
            return Ok(true);
        }
        let next = self.evaluation.next(EvaluationState::Running, self.runner.node, now)?;
        let changed = next.clone();
        match self.runner.aside(move |app| app.storage.database.change_evaluation(&changed)).await {
            Ok(true) => {
                self.evaluation.stored = next;
                Ok(true)
            }
            Ok(false) => Ok(false),
            // A database that is away for a moment takes nothing from anybody.
            Err(error) if error.is_unavailable() => Ok(true),
            Err(error) => Err(error),
        }
    }
}

fn put(app: &App, id: EvaluationId, outcome: &Outcome) -> Result<bool, StoreError> {
    app.storage.database.put_result(id, &outcome.stored(app, id)?)
}

const fn count(job: &mut Job, verdict: Verdict) {
    match verdict {
        Verdict::Passed => job.passed += 1,
        Verdict::Failed => job.failed += 1,
        Verdict::Error => job.errors += 1,
        Verdict::Begun => {}
    }
}
