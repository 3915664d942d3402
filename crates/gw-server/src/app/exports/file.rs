//! Writes the records of an export into a file, a page at a time. Under its final name a file is whole: until then it is
//! called otherwise.

use super::Job;
use super::columns;
use super::parquet;
use crate::app::body_storage;
use crate::app::state::App;
use gw_store::StoreError;
use gw_store::bodies::BodyContent;
use gw_store::types::{LogFilter, LogPage, LogRow, Unread};
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

/// Records that are read at once.
const PAGE: usize = 1_000;

/// How long one search takes before it says how far it came: rare records among very many would run into the bounds of a database.
const LOOK: Duration = Duration::from_secs(10);

/// Why a file was not written.
#[derive(Debug)]
pub(super) enum FileError {
    /// Somebody does not want it any more, or the process ends.
    Stopped,
    Store(StoreError),
    /// Bodies that are kept cannot be read here and now.
    Unread(String),
    Io(io::Error),
}

impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stopped => f.write_str("it was stopped"),
            Self::Store(error) => write!(f, "records cannot be read: {error}"),
            Self::Unread(why) => f.write_str(why),
            Self::Io(error) => write!(f, "the file cannot be written: {error}"),
        }
    }
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<StoreError> for FileError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

enum Out {
    Parquet(Box<parquet::Writer<BufWriter<File>>>),
    Lines(BufWriter<File>),
}

/// What is in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) records: u64,
    /// Those of which bodies are kept and could not be read.
    pub(super) without_bodies: u64,
}

/// Writes all records of a job. `goes_on` is told after each page.
pub(super) fn write(
    app: &App,
    job: &Job,
    filter: LogFilter,
    path: &Path,
    goes_on: &mut dyn FnMut(u64) -> bool,
) -> Result<Written, FileError> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    let buffer = BufWriter::with_capacity(256 << 10, file);
    let mut out = match job.is_parquet() {
        true => Out::Parquet(Box::new(parquet::Writer::new(buffer, columns::columns(job.with_bodies))?)),
        false => Out::Lines(buffer),
    };
    // One that had to wait before gives the thread to others at the first sign of the same.
    let again = if job.error.is_some() { AGAIN } else { 0 };
    let (mut written, mut again) = (Written::default(), again);
    let mut filter = LogFilter {
        from: Some(job.from),
        to: Some(job.until),
        with_bodies: job.with_bodies,
        limit: PAGE,
        max_bytes: Some(app.storage.max_page_bytes),
        ..filter
    };
    loop {
        let page = page(app, &filter, &mut again, &mut || goes_on(written.records))?;
        for row in &page.rows {
            check(app, job, row)?;
            put(app, job, row, &mut out)?;
            written.records += 1;
            written.without_bodies += u64::from(row.unread.is_some());
        }
        if !goes_on(written.records) {
            return Err(FileError::Stopped);
        }
        let Some(next) = page.next else { break };
        filter.before = Some(next);
    }
    let mut buffer = match out {
        Out::Parquet(writer) => writer.finish()?,
        Out::Lines(buffer) => buffer,
    };
    buffer.flush()?;
    buffer.get_ref().sync_all()?;
    Ok(written)
}

/// How often a page is read again in which bodies could not be read from object storage, and the pause before that: longer than
/// the storage is left alone after a failure. A million calls are tens of thousands of pieces, of which some fail.
const AGAIN: usize = 10;
const PAUSE: Duration = Duration::from_secs(6);
/// How often it is looked meanwhile whether to go on.
const STEP: Duration = Duration::from_millis(250);

/// The next page of records. `again` is how often in a row some could not be read: where none was for so long, those behind are not
/// waited for.
fn page(
    app: &App,
    filter: &LogFilter,
    again: &mut usize,
    goes_on: &mut dyn FnMut() -> bool,
) -> Result<LogPage, FileError> {
    loop {
        let page = app.storage.database.search(filter, Some(LOOK), &mut |_| true)?;
        let is_away = page.rows.iter().any(|row| row.unread == Some(Unread::Away));
        if !is_away {
            *again = 0;
        }
        if !is_away || *again >= AGAIN || app.storage.body_room.is_none() {
            return Ok(page);
        }
        *again += 1;
        let mut left = PAUSE;
        while !left.is_zero() {
            if !goes_on() {
                return Err(FileError::Stopped);
            }
            std::thread::sleep(STEP);
            left = left.saturating_sub(STEP);
        }
    }
}

/// How long an export waits for bodies.
const WAITS_US: i64 = 86_400_000_000;

/// Bodies that will be in object storage, or that are there, are waited for: the export is tried again, for a day. Those that do not
/// come, as their node was lost, and those in files of other nodes that stay there are left out.
fn check(app: &App, job: &Job, row: &LogRow) -> Result<(), FileError> {
    let waits = || app.gateway.clock().now().saturating_sub(job.created_at) < WAITS_US;
    match row.unread {
        Some(why) if app.storage.body_room.is_some() && waits() => {
            Err(FileError::Unread(body_storage::unread(app, row.request_id, why)))
        }
        _ => Ok(()),
    }
}

fn put(app: &App, job: &Job, row: &LogRow, out: &mut Out) -> io::Result<()> {
    // What cannot be opened, for want of the key that it was sealed with, is left out.
    let open = |sealed: &Vec<u8>| app.storage.bodies.sealer().open(row.request_id, sealed).ok();
    let content: Option<BodyContent> = row.bodies.as_ref().filter(|_| job.with_bodies).and_then(open);
    let bodies = job.with_bodies.then_some(content.as_ref());
    match out {
        Out::Parquet(writer) => writer.row(columns::cells(row, bodies)),
        Out::Lines(buffer) => writeln!(buffer, "{}", columns::json(row, bodies)),
    }
}

/// Makes a directory for its owner only.
pub(super) fn make_directory(path: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Gives a finished file its name, in a way that outlives a power cut.
pub(super) fn put_in_place(from: &Path, to: &Path) -> io::Result<()> {
    let parent = to.parent().unwrap_or(to);
    make_directory(parent)?;
    std::fs::rename(from, to)?;
    File::open(parent)?.sync_all()
}
