//! The thread that looks after bodies in object storage: sends segments once they are full or old enough, removes those of which
//! nothing is left to be kept, writes anew those of which something is to go early, and removes what nobody knows of. A node
//! sends its own; what is there, any node looks after. What fails is done again later. It must not be waited for by anything.

use super::{BodyRoom, DIRECTORY, KIND, SECTION, key_of};
use crate::app::bucket::{Bucket, S3Error};
use crate::app::chores::{self, Bell, Chore, Next, Stage};
use crate::app::state::App;
use gw_ingress::listen::worker::Phase;
use gw_model::Micros;
use gw_store::StoreError;
use gw_store::traits::Database;
use gw_store::types::{FarSegment, Rewrite};
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::watch;

/// How often it looks, at least; and the shortest and longest pause after the storage failed.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Segments that are removed, or written anew, in a round; and those that are looked at for the latter.
const REMOVED: usize = 100;
const REWRITTEN: usize = 20;
const LOOKED_AT: usize = 200;
/// Segments that could not be sent, or written anew, until a round tries no more.
const FAILURES: usize = 3;
/// How long one that could not be written anew, or asked for, is left to itself: others go before it.
const LEFT_US: Micros = 600_000_000;
/// How long a segment is this node's to write anew, and how long before that ends nothing more of it is begun: what is under way
/// still arrives, and clocks of nodes differ.
const HOLD_US: Micros = 3_600_000_000;
const MARGIN_US: Micros = 300_000_000;
/// Where nothing is sent, how long it is gathered what is to go early from a segment.
const GATHER_US: Micros = 60_000_000;
/// How often it is looked for what nobody knows of, and how long after its time that goes.
const SWEEP_EVERY_US: Micros = 6 * 3_600_000_000;
const SWEEP_AFTER_US: Micros = 86_400_000_000;
/// Bytes of a segment that are read at once to write it anew.
const PIECE: usize = 8 << 20;
/// The copy of a segment that is written anew.
const COPY: &str = "bodies-rewritten.tmp";

/// Starts the thread, which ends with the process; `None` where there is no object storage for bodies.
pub(crate) fn start(app: &Arc<App>, phase: watch::Receiver<Phase>) -> io::Result<Option<JoinHandle<()>>> {
    // Of a process that was ended in the midst of it: bodies stand in it that are to go.
    match std::fs::remove_file(app.storage.path().join(COPY)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, "a copy of bodies in object storage cannot be removed: {COPY}");
        }
        _ => {}
    }
    if app.storage.body_room.is_none() {
        return Ok(None);
    }
    chores::start(app, phase, |stage| Keeper {
        app: Arc::clone(&stage.app),
        bucket: None,
        noticed: HashMap::new(),
        stuck: Vec::new(),
        missing: Missing::default(),
        swept: Sweep::default(),
        pause: Duration::ZERO,
    })
    .map(Some)
}

/// How far the look for what nobody knows of is.
#[derive(Default)]
struct Sweep {
    began_at: Micros,
    /// Behind which object it goes on, while it is under way.
    after: Option<String>,
}

/// Segments that should be here, and are not.
#[derive(Default)]
struct Missing {
    /// Those that are still to be asked for; `None` before it was looked for them.
    left: Option<Vec<FarSegment>>,
    /// They are not asked for before then.
    not_before: Micros,
}

struct Keeper {
    app: Arc<App>,
    bucket: Option<Bucket>,
    /// When it was first seen that something is to go early from a segment; later where that could not be done.
    noticed: HashMap<String, Micros>,
    /// Segments that could not be sent: others go before them.
    stuck: Vec<FarSegment>,
    missing: Missing,
    swept: Sweep,
    /// Until the next try; none where the last one succeeded.
    pause: Duration,
}

/// Why a round ended early.
enum Halt {
    Store(StoreError),
    Storage(S3Error),
    File(io::Error),
    /// The process ends.
    Ends,
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<S3Error> for Halt {
    fn from(error: S3Error) -> Self {
        Self::Storage(error)
    }
}

impl Chore for Keeper {
    const NAME: &'static str = "body storage";
    const BLOCKING_THREADS: usize = 2;

    fn bell(app: &App) -> &Bell {
        &app.storage.body_bell
    }

    fn round(&mut self, stage: &Stage, _is_first: bool) -> Result<Next, StoreError> {
        let app = Arc::clone(&self.app);
        let Some(room) = &app.storage.body_room else { return Ok(Next::In(LONGEST_PAUSE)) };
        let pause = room.upload.map_or(LOOK_EVERY, |upload| Duration::from_secs(upload.after_seconds));
        let done = self.tend(stage, room);
        let failed = match done {
            Ok(is_behind) => {
                if !self.pause.is_zero() {
                    tracing::info!("the object storage takes bodies of calls again");
                    self.pause = Duration::ZERO;
                }
                return Ok(if is_behind { Next::Now } else { Next::In(pause.min(LOOK_EVERY)) });
            }
            Err(Halt::Ends) => return Ok(Next::In(LOOK_EVERY)),
            Err(Halt::Store(error)) => return Err(error),
            Err(Halt::Storage(error)) => error.to_string(),
            Err(Halt::File(error)) => format!("a segment cannot be written anew: {error}"),
        };
        room.stats.failures.fetch_add(1, Ordering::Relaxed);
        if self.pause.is_zero() {
            tracing::warn!(
                why = failed,
                "the object storage cannot be used for bodies of calls; they wait in files, and it is tried again"
            );
        }
        self.pause = (self.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        Ok(Next::In(self.pause))
    }
}

impl Keeper {
    fn now(&self) -> Micros {
        self.app.gateway.clock().now()
    }

    /// One round; true when there is more to do at once.
    fn tend(&mut self, stage: &Stage, room: &BodyRoom) -> Result<bool, Halt> {
        let bucket = match self.bucket.take() {
            Some(bucket) => bucket,
            None => stage.run(async { Bucket::new(&room.settings, SECTION, self.app.gateway.clock()) })?,
        };
        // What goes makes room, and is not kept from going by what cannot be sent.
        let removed = self.remove(stage, room, &bucket);
        let sent = self.send(stage, room, &bucket);
        let found = self.find_missing(stage, &bucket);
        let rewritten = self.rewrite(stage, room, &bucket);
        let swept = self.sweep(stage, &bucket);
        self.bucket = Some(bucket);
        let is_behind = removed? >= REMOVED;
        sent.and(rewritten)?;
        let is_looking = found?;
        Ok(swept? || is_behind || is_looking)
    }

    fn database(&self) -> &dyn Database {
        &*self.app.storage.database
    }

    fn send(&mut self, stage: &Stage, room: &BodyRoom, bucket: &Bucket) -> Result<(), Halt> {
        let Some(upload) = room.upload else { return Ok(()) };
        let age = micros(upload.after_seconds);
        let mut waiting = self.app.storage.database.segments_to_send(self.now(), age)?;
        waiting.sort_by_key(|local| self.stuck.contains(&local.segment));
        self.stuck.retain(|stuck| waiting.iter().any(|local| local.segment == *stuck));
        let mut failed = Vec::new();
        for local in waiting {
            let name = local.segment.name();
            // A directory that others clear, too, is no reason to stop.
            if !local.path.exists() {
                continue;
            }
            match put(stage, bucket, &key_of(&name), &local.path) {
                Ok(()) => self.stuck.retain(|stuck| *stuck != local.segment),
                Err(Halt::Ends) => return Err(Halt::Ends),
                Err(error) => {
                    self.stuck.push(local.segment);
                    failed.push(error);
                    // It may be the file, or the storage.
                    if failed.len() >= FAILURES {
                        break;
                    }
                    continue;
                }
            }
            room.stats.sent.fetch_add(1, Ordering::Relaxed);
            if !self.database().segment_sent(local.segment)? {
                within(stage, bucket.remove(&key_of(&name)))?;
            }
        }
        failed.into_iter().next().map_or(Ok(()), Err)
    }

    /// Removes what nothing is left of; how many it were.
    fn remove(&self, stage: &Stage, room: &BodyRoom, bucket: &Bucket) -> Result<usize, Halt> {
        let over = self.database().segments_to_remove(REMOVED)?;
        for segment in &over {
            let name = segment.name();
            within(stage, bucket.remove(&key_of(&name)))?;
            self.database().segment_removed(*segment)?;
            room.reader.forget(&name);
        }
        Ok(over.len())
    }

    /// Looks once whether segments that should be here, and are not, stand in the storage: the process was ended before that was
    /// noted, or the database is a copy of before. What the storage does not have stays as it is: a directory that is not mounted
    /// looks the same. True when there is more.
    fn find_missing(&mut self, stage: &Stage, bucket: &Bucket) -> Result<bool, Halt> {
        if self.now() < self.missing.not_before {
            return Ok(false);
        }
        let mut missing = match self.missing.left.take() {
            Some(missing) => missing,
            None => self.database().segments_missing()?,
        };
        for _ in 0..REMOVED {
            let Some(segment) = missing.pop() else { break };
            let found = within(stage, bucket.get(&key_of(&segment.name()), 0, 1));
            let noted = found.and_then(|found| match found {
                Some(begin) if !begin.is_empty() => Ok(self.database().segment_sent(segment).map(drop)?),
                _ => Ok(()),
            });
            if let Err(error) = noted {
                // It may be this one alone: others go first, and nothing waits for it.
                missing.insert(0, segment);
                self.missing =
                    Missing { left: Some(missing), not_before: self.now().saturating_add(LEFT_US) };
                return Err(error);
            }
        }
        let is_more = !missing.is_empty();
        self.missing.left = Some(missing);
        Ok(is_more)
    }

    /// Overwrites what is to go early, once it was gathered for a while. One that cannot be written anew does not keep others
    /// from it.
    fn rewrite(&mut self, stage: &Stage, room: &BodyRoom, bucket: &Bucket) -> Result<(), Halt> {
        let gather = room.upload.map_or(GATHER_US, |upload| micros(upload.after_seconds));
        let now = self.now();
        let found = self.app.storage.database.segments_to_rewrite(LOOKED_AT)?;
        let (mut tried, mut failed) = (0, Vec::new());
        self.noticed.retain(|name, _| found.iter().any(|segment| segment.name() == *name));
        for segment in found {
            let since = *self.noticed.entry(segment.name()).or_insert(now);
            if now.saturating_sub(since) < gather {
                continue;
            }
            if tried >= REWRITTEN || failed.len() >= FAILURES {
                break;
            }
            let began = self.now();
            let until = began.saturating_add(HOLD_US);
            let Some(rewrite) = self.database().begin_rewrite(segment, began, until)? else { continue };
            tried += 1;
            let done = self.anew(stage, bucket, &rewrite);
            room.reader.forget(&segment.name());
            match done {
                Ok(()) => drop(self.noticed.remove(&segment.name())),
                Err(Halt::Ends) => return Err(Halt::Ends),
                Err(error) => {
                    self.noticed.insert(segment.name(), now.saturating_add(LEFT_US));
                    failed.push(error);
                }
            }
        }
        failed.into_iter().next().map_or(Ok(()), Err)
    }

    /// Writes one anew, and notes that.
    fn anew(&self, stage: &Stage, bucket: &Bucket, rewrite: &Rewrite) -> Result<(), Halt> {
        let copy = self.app.storage.path().join(COPY);
        let done = anew(stage, bucket, (rewrite, &|| self.now()), &copy);
        // It holds what is to be kept no longer.
        let _ = std::fs::remove_file(&copy);
        let ended = match &done {
            Ok(()) => self.database().end_rewrite(rewrite)?,
            // Somebody may try again before the hour is over.
            Err(_) => self.database().end_rewrite(&rewrite.given_up())?,
        };
        if !ended {
            // It was removed meanwhile, and may have been put after that.
            within(stage, bucket.remove(&key_of(&rewrite.segment.name())))?;
        }
        done
    }

    /// Looks for objects whose time is long over and that the database does not know, a page at a time; true when there is more.
    fn sweep(&mut self, stage: &Stage, bucket: &Bucket) -> Result<bool, Halt> {
        let now = self.now();
        let after = match self.swept.after.take() {
            Some(after) => after,
            None if self.swept.began_at > 0 && now.saturating_sub(self.swept.began_at) < SWEEP_EVERY_US => {
                return Ok(false);
            }
            None => String::new(),
        };
        let (names, is_cut) = within(stage, bucket.list(DIRECTORY, &after))?;
        if after.is_empty() {
            self.swept.began_at = now;
        }
        // Names are in the order of the hours in which they may go.
        for name in &names {
            let Some(segment) = FarSegment::of(name) else { continue };
            if segment.expires().saturating_add(SWEEP_AFTER_US) > now {
                return Ok(false);
            }
            within(stage, bucket.remove(&key_of(name)))?;
        }
        // Names of others may stand there, too; but never before what was seen already.
        self.swept.after = names.last().filter(|last| is_cut && **last > after).cloned();
        Ok(self.swept.after.is_some())
    }
}

fn micros(seconds: u64) -> Micros {
    Micros::try_from(seconds).unwrap_or(Micros::MAX).saturating_mul(1_000_000)
}

/// Waits for the storage, but not when the process ends meanwhile.
fn within<T>(stage: &Stage, work: impl Future<Output = Result<T, S3Error>>) -> Result<T, Halt> {
    if stage.ends() {
        return Err(Halt::Ends);
    }
    let mut phase = stage.phase();
    stage.run(async {
        tokio::select! {
            done = work => done.map_err(Halt::from),
            _ = phase.wait_for(|phase| *phase >= Phase::Leaving) => Err(Halt::Ends),
        }
    })
}

fn put(stage: &Stage, bucket: &Bucket, key: &str, file: &Path) -> Result<(), Halt> {
    let mut goes_on = async || !stage.ends();
    within(stage, bucket.put_file(key, KIND, file, &mut goes_on))
}

/// Writes an object anew without what is to go, for as long as it is this node's to do: another one may be at it then, and know of
/// more. One that is gone needs nothing.
fn anew(
    stage: &Stage,
    bucket: &Bucket,
    (rewrite, now): (&Rewrite, &dyn Fn() -> Micros),
    copy: &Path,
) -> Result<(), Halt> {
    let key = key_of(&rewrite.segment.name());
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(copy);
    let mut file = file.map_err(Halt::File)?;
    if !fetch(stage, bucket, &key, &mut file)? {
        return Ok(());
    }
    rewrite.overwrite(copy).map_err(Halt::File)?;
    let last = rewrite.until.saturating_sub(MARGIN_US);
    let left = Duration::from_micros(u64::try_from(last.saturating_sub(now())).unwrap_or(0));
    // The clock besides: time may go on where the process does not.
    let mut goes_on = async || !stage.ends() && now() < last;
    let put = bucket.put_file(&key, KIND, copy, &mut goes_on);
    within(stage, async {
        match tokio::time::timeout(left, put).await {
            Ok(put) => put,
            Err(_) => Err(S3Error("it took longer than a node has for it".to_owned())),
        }
    })
}

/// Reads an object into a file; false where there is none.
fn fetch(stage: &Stage, bucket: &Bucket, key: &str, file: &mut File) -> Result<bool, Halt> {
    let mut at = 0;
    loop {
        let Some(piece) = within(stage, bucket.get(key, at, PIECE))? else { return Ok(false) };
        file.write_all(&piece).map_err(Halt::File)?;
        at += piece.len() as u64;
        if piece.len() < PIECE {
            return file.flush().map(|()| true).map_err(Halt::File);
        }
    }
}
