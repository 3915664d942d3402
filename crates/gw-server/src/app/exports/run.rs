//! The thread that writes exports, one after the other: what was asked for, and what schedules want. Of several nodes, the one
//! that changes an export's row first writes it; one that is silent for long has lost it to the others. It must not be waited
//! for by anything.

use super::file::{self, FileError};
use super::{Export, MAX_OPEN, directory, schedule, shown};
use crate::admin::log_filter;
use crate::app::bucket::Bucket;
use crate::app::chores::{self, Bell, Chore, Next, Stage};
use crate::app::state::App;
use gw_ingress::listen::worker::Phase;
use gw_model::Micros;
use gw_store::StoreError;
use gw_store::types::{ExportState, StoredExport};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::watch;

/// How often whoever writes says that it is at it, and after what silence it is taken for gone.
const TOUCH_US: Micros = 5_000_000;
const SILENT_US: Micros = 300_000_000;
/// How often one is tried, and the pause behind the first failure; each is twice as long.
const TRIES: u32 = 6;
const PAUSE_US: Micros = 5_000_000;
/// How often schedules are looked at.
const WANT_EVERY: Duration = Duration::from_secs(10);
const DAY_US: Micros = 86_400_000_000;
/// Old ones that are removed at once.
const REMOVED: usize = 100;

/// Starts the thread; it ends with the process's last phase.
pub(crate) fn start(app: &Arc<App>, phase: watch::Receiver<Phase>) -> io::Result<JoinHandle<()>> {
    chores::start(app, phase, |stage| {
        let app = Arc::clone(&stage.app);
        Exporter { node: app.storage.node(), since: app.gateway.clock().now(), wanted_at: 0, app }
    })
}

struct Exporter {
    app: Arc<App>,
    node: u64,
    /// From when on schedules are looked at.
    since: Micros,
    /// When they were looked at last.
    wanted_at: Micros,
}

/// What came of one try.
enum Outcome {
    Done {
        bytes: u64,
    },
    /// Not wanted any more, or lost to another node.
    Lost,
    /// The process ends.
    Ends,
    /// Bodies are on their way to object storage, or it is away.
    Waits(String),
    Failed(String),
}

impl Chore for Exporter {
    const NAME: &'static str = "exports";
    const BLOCKING_THREADS: usize = 2;

    fn bell(app: &App) -> &Bell {
        &app.export_bell
    }

    /// Wants what is due, and writes one. What this node was at when it ended the last time is its to go on with.
    fn round(&mut self, stage: &Stage, is_first: bool) -> Result<Next, StoreError> {
        let now = self.now();
        self.want(now)?;
        self.tidy(now)?;
        let mut due = stage.look_every();
        if !self.app.exports.load().schedules.is_empty() {
            due = due.min(WANT_EVERY);
        }
        for stored in self.app.storage.database.open_exports(MAX_OPEN)? {
            let is_mine = is_first && stored.node == self.node;
            let is_silent = stored.touched_at < now.saturating_sub(SILENT_US);
            if stored.state == ExportState::Running && !is_mine && !is_silent {
                continue;
            }
            let mut export = Export::read(stored)?;
            if export.job.not_before > now {
                let wait = u64::try_from(export.job.not_before - now).unwrap_or_default();
                due = due.min(Duration::from_micros(wait));
                continue;
            }
            export.job.tries += 1;
            let next = export.next(ExportState::Running, self.node, now)?;
            if self.app.storage.database.change_export(&next)? {
                export.stored = next;
                self.write(stage, export)?;
                return Ok(Next::Now);
            }
        }
        Ok(Next::In(due))
    }
}

impl Exporter {
    fn now(&self) -> Micros {
        self.app.gateway.clock().now()
    }

    /// Adds what schedules want and is not there.
    fn want(&mut self, now: Micros) -> Result<(), StoreError> {
        let settings = self.app.exports.load_full();
        let since = u64::try_from(now.saturating_sub(self.wanted_at)).unwrap_or_default();
        if settings.schedules.is_empty() || Duration::from_micros(since) < WANT_EVERY {
            return Ok(());
        }
        self.wanted_at = now;
        let database = &self.app.storage.database;
        for wanted in &settings.schedules {
            // What was missed while no gateway ran is made up for, where the schedule was there before.
            let missing = schedule::missing(wanted, now, self.since, |id| {
                database.export(id).map(|there| there.is_some())
            })?;
            for (id, job) in missing {
                let empty = StoredExport {
                    id,
                    state: ExportState::Waiting,
                    node: 0,
                    touched_at: now,
                    revision: 0,
                    job: String::new(),
                };
                let export = Export { stored: empty, job };
                self.app.storage.database.add_export(&export.next(ExportState::Waiting, 0, now)?)?;
            }
        }
        Ok(())
    }

    /// Forgets old ones; what was written by hand goes with them.
    fn tidy(&self, now: Micros) -> Result<(), StoreError> {
        let days = Micros::try_from(self.app.exports.load().retention_days.max(1)).unwrap_or(Micros::MAX);
        let before = now.saturating_sub(days.saturating_mul(DAY_US));
        for stored in self.app.storage.database.remove_exports(before, REMOVED)? {
            let export = Export::read(stored)?;
            if export.job.schedule.is_none() && export.job.to == "directory" {
                forget(&directory(&self.app).join(&export.job.name));
            }
        }
        Ok(())
    }

    /// One try.
    fn write(&self, stage: &Stage, mut export: Export) -> Result<(), StoreError> {
        let directory = directory(&self.app);
        let path = directory.join(format!("{}.part", shown(export.stored.id)));
        let outcome = self.outcome(stage, &mut export, (&directory, &path));
        forget(&path);
        let now = self.now();
        let state = match outcome {
            Outcome::Lost => return Ok(()),
            Outcome::Done { bytes } => {
                (export.job.bytes, export.job.error, export.job.ended_at) = (bytes, None, Some(now));
                ExportState::Done
            }
            Outcome::Ends => {
                export.job.tries -= 1;
                ExportState::Waiting
            }
            Outcome::Waits(why) => {
                tracing::info!(export = export.id(), "an export waits: {why}");
                export.job.error = Some(why);
                export.job.not_before = now.saturating_add(PAUSE_US << export.job.tries.min(10));
                // However long it waits, something else may go wrong once.
                export.job.tries = export.job.tries.min(TRIES - 2);
                ExportState::Waiting
            }
            Outcome::Failed(error) => {
                tracing::warn!(export = export.id(), tried = export.job.tries, "an export failed: {error}");
                export.job.error = Some(error);
                let pause = PAUSE_US << export.job.tries.min(10);
                export.job.not_before = now.saturating_add(pause);
                if export.job.tries >= TRIES {
                    export.job.ended_at = Some(now);
                    ExportState::Failed
                } else {
                    ExportState::Waiting
                }
            }
        };
        let next = export.next(state, self.node, now)?;
        // Another node or somebody's cancelling was faster.
        self.app.storage.database.change_export(&next).map(drop)
    }

    fn outcome(&self, stage: &Stage, export: &mut Export, (directory, path): (&Path, &Path)) -> Outcome {
        let job = export.job.clone();
        let filter = match log_filter(&job.filter) {
            Ok(filter) => filter,
            Err(error) => return Outcome::Failed(error),
        };
        if let Err(error) = file::make_directory(directory) {
            return Outcome::Failed(format!("{} cannot be made: {error}", directory.display()));
        }
        let mut is_lost = false;
        let written = {
            let mut touch = |records: u64| {
                export.job.records = records;
                is_lost = !self.touch(export);
                !is_lost && !stage.ends()
            };
            file::write(&self.app, &job, filter, path, &mut touch)
        };
        match written {
            Ok(written) => {
                (export.job.records, export.job.without_bodies) = (written.records, written.without_bodies);
                if written.without_bodies > 0 {
                    let (export, missing) = (export.id(), written.without_bodies);
                    tracing::warn!(
                        export,
                        missing,
                        "bodies that are kept are not in an export: they could not be read"
                    );
                }
            }
            Err(FileError::Stopped) if is_lost => return Outcome::Lost,
            Err(FileError::Stopped) => return Outcome::Ends,
            // Nothing is read any more then.
            Err(FileError::Unread(_)) if stage.ends() => return Outcome::Ends,
            Err(FileError::Unread(why)) => return Outcome::Waits(why),
            Err(error) => return Outcome::Failed(error.to_string()),
        }
        let bytes = std::fs::metadata(path).map_or(0, |file| file.len());
        if job.to != "s3" {
            return match file::put_in_place(path, &directory.join(&job.name)) {
                Ok(()) => Outcome::Done { bytes },
                Err(error) => Outcome::Failed(format!("the file cannot be put in place: {error}")),
            };
        }
        // One part may take minutes, and the process ends in less.
        let mut phase = stage.phase();
        stage.run(async {
            tokio::select! {
                done = self.send(stage, export, (path, bytes)) => done,
                _ = phase.wait_for(|phase| *phase >= Phase::Leaving) => Outcome::Ends,
            }
        })
    }

    async fn send(&self, stage: &Stage, export: &mut Export, (path, bytes): (&Path, u64)) -> Outcome {
        let settings = self.app.exports.load_full();
        let Some(s3) = &settings.s3 else {
            return Outcome::Failed("there is no object storage in the configuration any more".to_owned());
        };
        let bucket = match Bucket::new(s3, "exports.s3", self.app.gateway.clock()) {
            Ok(bucket) => bucket,
            Err(error) => return Outcome::Failed(error.to_string()),
        };
        let (name, kind) = (export.job.name.clone(), export.job.media_type());
        let mut is_lost = false;
        let mut goes_on = async || {
            is_lost = !self.touch_aside(export).await;
            !is_lost && !stage.ends()
        };
        match bucket.put_file(&name, kind, path, &mut goes_on).await {
            Ok(()) => Outcome::Done { bytes },
            Err(_) if is_lost => Outcome::Lost,
            Err(_) if stage.ends() => Outcome::Ends,
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }

    /// Says that this node is at it, now and then; false when the export is no longer its.
    fn touch(&self, export: &mut Export) -> bool {
        let Some(next) = self.touched(export) else { return true };
        let done = self.app.storage.database.change_export(&next);
        is_still_ours(export, next, done)
    }

    /// The same while sockets are waited for.
    async fn touch_aside(&self, export: &mut Export) -> bool {
        let Some(next) = self.touched(export) else { return true };
        let (app, changed) = (Arc::clone(&self.app), next.clone());
        match tokio::task::spawn_blocking(move || app.storage.database.change_export(&changed)).await {
            Ok(done) => is_still_ours(export, next, done),
            Err(_) => false,
        }
    }

    /// What is to be written down, if it is time.
    fn touched(&self, export: &Export) -> Option<StoredExport> {
        let now = self.now();
        match now.saturating_sub(export.stored.touched_at) < TOUCH_US {
            true => None,
            false => export.next(ExportState::Running, self.node, now).ok(),
        }
    }
}

fn is_still_ours(export: &mut Export, next: StoredExport, done: Result<bool, StoreError>) -> bool {
    match done {
        Ok(true) => {
            export.stored = next;
            true
        }
        Ok(false) => false,
        // A database that is away for a moment takes nothing from anybody.
        Err(_) => true,
    }
}

fn forget(path: &Path) {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, path = %path.display(), "a file of an export stays");
        }
        _ => {}
    }
}
