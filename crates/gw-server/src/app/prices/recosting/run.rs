//! The thread that looks after prices: it writes down when they change, and does what is to be re-costed, page by page, each in one
//! transaction with how far it is. Between pages it rests for as long as one took, so that the fold is never held up for long. It
//! must not be waited for by anything.

use super::reprice::reprice;
use super::{Job, Recosting, shown};
use crate::app::chores::{self, Bell, Chore, Next, Stage};
use crate::app::prices::{book, in_force};
use crate::app::state::App;
use gw_ingress::listen::worker::Phase;
use gw_model::{Micros, RequestId, Snapshot};
use gw_pipeline::Live;
use gw_store::StoreError;
use gw_store::types::{JobState, LogFilter, LogPage, Recost, Written};
use std::io;
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::watch;

/// The catalogue is written down so long after the start: most processes that end sooner have nothing to say.
const CATALOGUE_AFTER_US: Micros = 60_000_000;
/// Records of a page.
const PAGE: usize = 500;
/// Longest time that one is looked for, where few records are of the model.
const SEARCH: Duration = Duration::from_secs(5);
/// After what silence a node that does one is taken for gone.
const SILENT_US: Micros = 60_000_000;
/// Failures behind each other after which one is given up.
const FAILURES: u32 = 10;
/// How often a page is read again because it changed meanwhile.
const AGAIN: u32 = 5;
/// How long those that are over are known, and how many are removed at once.
const KEPT_US: Micros = 400 * 86_400_000_000;
const REMOVED: usize = 20;
const TIDY_EVERY_US: Micros = 600_000_000;

/// Starts the thread; it ends with the process's last phase.
pub(crate) fn start(app: &Arc<App>, phase: watch::Receiver<Phase>) -> io::Result<JoinHandle<()>> {
    chores::start(app, phase, |stage| {
        let app = Arc::clone(&stage.app);
        let (node, since) = (app.storage.node(), app.gateway.clock().now());
        Keeper { app, node, since, has_catalogue: false, known: Weak::new(), tidied_at: 0, failures: 0 }
    })
}

struct Keeper {
    app: Arc<App>,
    node: u64,
    since: Micros,
    has_catalogue: bool,
    /// The configuration whose prices are written down.
    known: Weak<Live>,
    tidied_at: Micros,
    failures: u32,
}

/// What came of a page.
enum Step {
    /// There may be another one.
    More,
    /// It is over, or another node's.
    Over,
}

impl Chore for Keeper {
    const NAME: &'static str = "prices";
    const BLOCKING_THREADS: usize = 1;

    fn bell(app: &App) -> &Bell {
        &app.price_bell
    }

    /// Writes down what changed, and does one page.
    fn round(&mut self, stage: &Stage, _is_first: bool) -> Result<Next, StoreError> {
        let begun = self.now();
        self.keep_prices()?;
        self.tidy()?;
        let recosting = match self.next()? {
            Some(recosting) if recosting.job.not_before <= begun => recosting,
            later => return Ok(Next::In(self.pause(stage, later.as_ref()))),
        };
        match self.page(recosting.clone()) {
            Ok(Step::More) => {
                self.failures = 0;
                let took = (self.now() - begun).unsigned_abs().clamp(1_000, 1_000_000);
                Ok(Next::In(Duration::from_micros(took)))
            }
            Ok(Step::Over) => {
                self.failures = 0;
                Ok(Next::Now)
            }
            Err(error) if error.is_unavailable() => Err(error),
            Err(error) => {
                self.failures += 1;
                if self.failures >= FAILURES {
                    self.give_up(recosting, &error)?;
                }
                Err(error)
            }
        }
    }
}

impl Keeper {
    fn now(&self) -> Micros {
        self.app.gateway.clock().now()
    }

    /// The one that this node may go on with, if it is time.
    fn next(&self) -> Result<Option<Recosting>, StoreError> {
        let Some(stored) = self.app.storage.database.open_recosting()? else { return Ok(None) };
        let now = self.now();
        let is_mine = stored.state == JobState::Running && stored.node == self.node;
        let is_free = stored.state == JobState::Waiting || stored.touched_at < now.saturating_sub(SILENT_US);
        if !is_mine && !is_free {
            return Ok(None);
        }
        Recosting::read(stored).map(Some)
    }

    /// When to look again, with nothing to do now: `later` is for then.
    fn pause(&self, stage: &Stage, later: Option<&Recosting>) -> Duration {
        let catalogue = (!self.has_catalogue).then(|| self.since.saturating_add(CATALOGUE_AFTER_US));
        let times = catalogue.into_iter().chain(later.map(|later| later.job.not_before));
        let wait = times.map(|time| u64::try_from(time.saturating_sub(self.now())).unwrap_or_default()).min();
        wait.map_or(stage.look_every(), |wait| stage.look_every().min(Duration::from_micros(wait)))
    }

    fn keep_prices(&mut self) -> Result<(), StoreError> {
        let live = self.app.gateway.live();
        let now = self.now();
        if !std::ptr::eq(self.known.as_ptr(), Arc::as_ptr(&live)) {
            book::keep_configuration(&self.app, now)?;
            self.known = Arc::downgrade(&live);
        }
        if !self.has_catalogue && now.saturating_sub(self.since) >= CATALOGUE_AFTER_US {
            book::keep_catalogue(&self.app, &live.snapshot, self.since)?;
            self.has_catalogue = true;
        }
        Ok(())
    }

    fn tidy(&mut self) -> Result<(), StoreError> {
        let now = self.now();
        if now.saturating_sub(self.tidied_at) < TIDY_EVERY_US {
            return Ok(());
        }
        self.tidied_at = now;
        self.app.storage.database.remove_recostings(now.saturating_sub(KEPT_US), REMOVED).map(drop)
    }

    fn give_up(&mut self, mut recosting: Recosting, error: &StoreError) -> Result<(), StoreError> {
        self.failures = 0;
        let now = self.now();
        (recosting.job.error, recosting.job.ended_at) = (Some(error.to_string()), Some(now));
        let next = recosting.next(JobState::Failed, self.node, now)?;
        self.app.storage.database.change_recosting(&next).map(drop)
    }

    /// Does one page.
    fn page(&self, mut recosting: Recosting) -> Result<Step, StoreError> {
        let database = &self.app.storage.database;
        for _ in 0..AGAIN {
            let now = self.now();
            let job = recosting.job.clone();
            let page = database.search(&filter(&job), Some(SEARCH), &mut |_| true)?;
            let is_last = page.next.is_none();
            let live = self.app.gateway.live();
            recosting.job.started_at.get_or_insert(now);
            let records = take(&live.snapshot, &mut recosting.job, page);
            let state = if is_last { JobState::Done } else { JobState::Running };
            recosting.job.ended_at = is_last.then_some(now);
            let next = recosting.next(state, self.node, now)?;
            let written = match recosting.job.dry_run {
                true => database.recost(&next, &[])?,
                false => database.recost(&next, &records)?,
            };
            match written {
                Written::Lost => return Ok(Step::Over),
                Written::Outdated => recosting.job = job,
                Written::Done if is_last => {
                    let (id, changed) = (shown(recosting.stored.id), recosting.job.changed.records);
                    tracing::info!(id, changed, dry_run = job.dry_run, "past calls were re-costed");
                    return Ok(Step::Over);
                }
                Written::Done => return Ok(Step::More),
            }
        }
        Ok(Step::More)
    }
}

/// The next page of it, newest first.
fn filter(job: &Job) -> LogFilter {
    LogFilter {
        model: job.model.clone(),
        from: Some(job.from),
        to: Some(job.until),
        before: job.before.as_ref().and_then(|id| id.parse::<RequestId>().ok()),
        sub_calls: true,
        limit: PAGE,
        ..LogFilter::default()
    }
}

/// Takes a page up: what is to be changed, and what is told of it.
fn take(snapshot: &Snapshot, job: &mut Job, page: LogPage) -> Vec<Recost> {
    job.before = page.next.map(|id| id.to_string());
    let mut records = Vec::new();
    let now = |alias: &str, provider: &str, model: &str| in_force(snapshot, alias, provider, model);
    for row in page.rows {
        job.seen += 1;
        match reprice(&now, job, row) {
            Ok(None) => {}
            Err(left) => *job.left.entry(left.as_str().to_owned()).or_default() += 1,
            Ok(Some(record)) => {
                tell(job, &record);
                records.push(record);
            }
        }
    }
    records
}

fn tell(job: &mut Job, record: &Recost) {
    job.changed.add(record.row.cost, record.cost());
    let team = record.row.accounts.iter().find(|id| id.level == gw_model::Level::Team);
    let team = team.map(ToString::to_string).or_else(|| record.row.team_id.clone()).unwrap_or_default();
    Job::tell(&mut job.teams, &team, record.row.cost, record.cost());
    for one in &record.repriced {
        if let Some(attempt) = record.attempts.get(one.attempt) {
            let name = format!("{}/{}", attempt.provider, attempt.upstream_model);
            Job::tell(&mut job.models, &name, attempt.cost, one.cost);
        }
    }
}
