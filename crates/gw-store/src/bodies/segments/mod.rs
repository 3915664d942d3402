//! Bodies in files: appended to segments of a bounded size, those that may go in the same hour together, so that whole files
//! are removed. Who asks where the bodies of a call stand, a database knows. What is gone, cut off or damaged reads as no
//! bodies. Blocks; nothing here is for a worker of the request path.
//!
//! A segment is `"GWBODIES" | version u32 = 1 | number u32`, then frames
//! `request 16 | length u32 | CRC-32 of what follows u32 | sealed bodies`, all little-endian but ids. The form never changes.

mod files;
mod place;

pub(crate) use place::{Place, SegmentName};

use crate::data_dir::make_dir;
use crate::error::StoreError;
use crate::types::SealedBodies;
use files::{Files, is_it, read_frame};
use gw_model::{Micros, RequestId};
use parking_lot::Mutex;
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

const MAGIC: &[u8; 8] = b"GWBODIES";
const VERSION: u32 = 1;
const HEAD_BYTES: u32 = 16;
const FRAME_BYTES: u32 = 24;

/// Segments that are written at the same time, of different hours; whoever keeps bodies longer than others needs another. With fewer
/// than there are such hours, each write would begin new ones.
const MOST_OPEN: usize = 256;

/// Numbers that are asked for until one is of no file that is here.
const MOST_TAKEN: usize = 1_000;

/// Bytes of memory that stay in use between two writes.
const FRAMES_BYTES: usize = 1 << 20;

/// Usual bytes of a segment.
pub const SEGMENT_BYTES: u32 = 64 << 20;

/// A segment that is written.
#[derive(Debug)]
struct Open {
    name: SegmentName,
    file: File,
    /// Where the next frame goes.
    end: u32,
    /// When it was first looked whether it is old enough to be ended.
    seen: Option<Micros>,
}

#[derive(Debug, Default)]
struct Writing {
    /// The one that was used last comes last.
    open: Vec<Open>,
    /// The number of the next one; `None` before it was looked what is there.
    next: Option<u32>,
    /// What is written at once.
    frames: Vec<u8>,
    /// The hour up to which it was looked for files that nobody knows.
    swept: u32,
}

/// Who numbers segments: none may have the number of another.
pub(crate) enum Numbers<'a> {
    /// This directory, above the largest number that is known elsewhere.
    Above(u32),
    /// Whoever numbers those of several nodes.
    Asked(&'a dyn Fn() -> Result<u32, StoreError>),
}

/// What was appended, until whoever asked for it knows where it stands.
#[derive(Debug)]
pub(crate) struct Appended {
    /// In the order of what was given.
    pub(crate) places: Vec<Place>,
    /// Where the segments ended before, and after.
    ends: Vec<(SegmentName, u32, u32)>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Segments {
    dir: PathBuf,
    segment_bytes: u32,
    writing: Mutex<Writing>,
    files: Files,
    /// Bytes of all segments here, about.
    held: AtomicU64,
}

impl Segments {
    /// Bodies in a directory, which is made when there are any.
    pub(crate) fn new(dir: PathBuf, segment_bytes: u32) -> Self {
        let files = Files::new(dir.clone());
        Self { files, dir, segment_bytes, writing: Mutex::default(), held: AtomicU64::new(0) }
    }

    /// Appends bodies, with one write for all that go together; `known` is the largest number that is known elsewhere.
    ///
    /// # Errors
    /// The disk does not take it. Then nothing of it is known to anybody.
    pub(crate) fn append(&self, bodies: &[SealedBodies], known: u32) -> Result<Appended, StoreError> {
        self.append_numbered(bodies, &Numbers::Above(known))
    }

    /// The same, with numbers of new segments from somebody. Errors: also those of whoever numbers.
    pub(crate) fn append_numbered(
        &self,
        bodies: &[SealedBodies],
        numbers: &Numbers<'_>,
    ) -> Result<Appended, StoreError> {
        let mut order: Vec<(u32, usize)> =
            bodies.iter().enumerate().map(|(at, one)| (SegmentName::hour_of(one.expires), at)).collect();
        order.sort_unstable();
        let mut writing = self.writing.lock();
        let mut done = Appended { places: Vec::new(), ends: Vec::new() };
        let mut places: Vec<Option<Place>> = vec![None; bodies.len()];
        for group in order.chunk_by(|one, next| one.0 == next.0) {
            let members: Vec<(usize, &SealedBodies)> =
                group.iter().filter_map(|(_, at)| bodies.get(*at).map(|one| (*at, one))).collect();
            let hour = group.first().map_or(0, |(hour, _)| *hour);
            if let Err(error) =
                self.append_group(&mut writing, (hour, numbers), &members, &mut places, &mut done)
            {
                self.cut(&mut writing, &done);
                return Err(error);
            }
        }
        done.places = places.into_iter().flatten().collect();
        Ok(done)
    }

    /// Those of one hour: into the segment that is open for it, and into others as each is full.
    fn append_group(
        &self,
        writing: &mut Writing,
        (hour, numbers): (u32, &Numbers<'_>),
        members: &[(usize, &SealedBodies)],
        places: &mut [Option<Place>],
        done: &mut Appended,
    ) -> Result<(), StoreError> {
        let mut left = members;
        while !left.is_empty() {
            let mut open = match writing.open.iter().position(|open| open.name.hour == hour) {
                Some(at) => writing.open.remove(at),
                None => self.create(writing, hour, numbers)?,
            };
            let (mut frames, mut taken) = (std::mem::take(&mut writing.frames), 0);
            for (at, one) in left {
                let start = open.end.saturating_add(size(frames.len()));
                let length = size(one.sealed.len());
                let end = start.saturating_add(FRAME_BYTES).saturating_add(length);
                // The first of a segment always fits: it may be larger than any.
                if start > HEAD_BYTES && end > self.segment_bytes {
                    break;
                }
                frame(&mut frames, one);
                if let Some(place) = places.get_mut(*at) {
                    *place = Some(Place { segment: open.name, start, length });
                }
                taken += 1;
            }
            let before = open.end;
            let written = open.file.write_all_at(&frames, u64::from(before));
            if written.is_ok() {
                open.end = before.saturating_add(size(frames.len()));
                self.held.fetch_add(frames.len() as u64, Ordering::Relaxed);
            }
            done.ends.push((open.name, before, open.end));
            frames.clear();
            frames.shrink_to(FRAMES_BYTES);
            writing.frames = frames;
            left = left.get(taken..).unwrap_or_default();
            let (is_full, path) = (written.is_ok() && !left.is_empty(), self.path(open.name));
            if !is_full {
                writing.open.push(open);
            }
            written.map_err(StoreError::io("write to", &path))?;
        }
        Ok(())
    }

    fn create(&self, writing: &mut Writing, hour: u32, numbers: &Numbers<'_>) -> Result<Open, StoreError> {
        make_dir(&self.dir)?;
        let mut tries = 0;
        let (name, file) = loop {
            let number = match (numbers, writing.next) {
                (Numbers::Asked(next), _) => next()?,
                (Numbers::Above(known), Some(next)) => next.max(known.saturating_add(1)),
                (Numbers::Above(known), None) => {
                    self.list()?.iter().map(|name| name.number).fold(*known, u32::max).saturating_add(1)
                }
            };
            let name = SegmentName { number, hour };
            let mut options = OpenOptions::new();
            match options.write(true).create_new(true).mode(0o600).open(self.path(name)) {
                // Whoever numbers does not know of a file that was here before.
                Err(error)
                    if error.kind() == ErrorKind::AlreadyExists
                        && matches!(numbers, Numbers::Asked(_))
                        && tries < MOST_TAKEN =>
                {
                    tries += 1;
                }
                opened => break (name, opened.map_err(StoreError::io("create", &self.path(name)))?),
            }
        };
        let (number, path) = (name.number, self.path(name));
        writing.next = Some(number.saturating_add(1));
        let head = [&MAGIC[..], &VERSION.to_le_bytes(), &number.to_le_bytes()].concat();
        if let Err(error) = file.write_all_at(&head, 0) {
            // It would never be written to.
            let _ = std::fs::remove_file(&path);
            return Err(StoreError::io("write to", &path)(error));
        }
        if writing.open.len() >= MOST_OPEN {
            writing.open.remove(0);
        }
        Ok(Open { name, file, end: HEAD_BYTES, seen: None })
    }

    /// Takes back what was appended: nobody will know where it stands.
    pub(crate) fn undo(&self, appended: &Appended) {
        self.cut(&mut self.writing.lock(), appended);
    }

    fn cut(&self, writing: &mut Writing, appended: &Appended) {
        for (name, before, after) in appended.ends.iter().rev() {
            let open = writing.open.iter_mut().find(|open| open.name == *name);
            let cut = match open {
                Some(open) if open.end == *after => {
                    open.end = *before;
                    open.file.set_len(u64::from(*before))
                }
                // Others were appended behind.
                Some(_) => Ok(()),
                // It became full.
                None => cut_file(&self.path(*name), *before, *after),
            };
            if let Err(error) = cut {
                tracing::warn!(%error, path = %self.path(*name).display(), "bodies that nobody knows of stay until their time is over");
            }
        }
    }

    /// The bodies of a call, sealed; `None` where they are not any more, or are damaged.
    pub(crate) fn read(&self, request: RequestId, place: Place) -> Option<Vec<u8>> {
        match self.files.get(place.segment).and_then(|file| read_frame(&file, request, place)) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => {
                tracing::warn!(%error, path = %self.path(place.segment).display(), "bodies of a call can not be read");
                None
            }
        }
    }

    /// Overwrites bodies that are to go before their file does. They are gone from the disk, too, when this returns.
    pub(crate) fn erase(&self, places: &[Place]) {
        let mut places = places.to_vec();
        places.sort_unstable_by_key(|place| (place.segment.number, place.start));
        for group in places.chunk_by(|one, next| one.segment == next.segment) {
            let Some(first) = group.first() else { continue };
            let path = self.path(first.segment);
            if let Err(error) = erase_durably(&path, group) {
                tracing::warn!(%error, path = %path.display(), "bodies could not be overwritten; they go with their file");
            }
        }
    }

    /// Returns when what was appended would survive a power cut.
    ///
    /// # Errors
    /// The disk does not take it.
    pub(crate) fn sync(&self, appended: &Appended) -> Result<(), StoreError> {
        for (name, ..) in &appended.ends {
            let path = self.path(*name);
            let synced = File::open(&path).and_then(|file| file.sync_all());
            synced.map_err(StoreError::io("write to", &path))?;
        }
        Ok(())
    }

    /// Removes a segment. What is appended for its hour later goes to another one.
    pub(crate) fn remove(&self, name: SegmentName) {
        self.writing.lock().open.retain(|open| open.name != name);
        let path = self.path(name);
        let bytes = std::fs::metadata(&path).map_or(0, |file| file.len());
        match std::fs::remove_file(&path) {
            Ok(()) => {
                let less = |held: u64| Some(held.saturating_sub(bytes));
                let _ = self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                tracing::warn!(%error, path = %path.display(), "old bodies could not be removed");
            }
        }
        // Whoever opens it from now on finds that it is gone.
        self.files.forget(name);
    }

    /// Removes files whose time is over and that nobody knew of, once in an hour: call it when all that is known is removed.
    pub(crate) fn sweep(&self, now: Micros) {
        let hour = SegmentName::hour_at(now);
        if std::mem::replace(&mut self.writing.lock().swept, hour) == hour {
            return;
        }
        for name in self.list().unwrap_or_default().into_iter().filter(|name| name.hour <= hour) {
            self.remove(name);
        }
    }

    /// Segments to which nothing is appended any more, the oldest first; those that were looked at for so long are ended.
    pub(crate) fn settled(&self, now: Micros, age: Micros) -> Result<Vec<SegmentName>, StoreError> {
        let mut writing = self.writing.lock();
        writing.open.retain_mut(|open| now.saturating_sub(*open.seen.get_or_insert(now)) < age);
        let mut names = self.list()?;
        names.retain(|name| !writing.open.iter().any(|open| open.name == *name));
        drop(writing);
        names.sort_unstable_by_key(|name| name.number);
        Ok(names)
    }

    /// Looks how many bytes there are.
    pub(crate) fn measure(&self) {
        let names = self.list().unwrap_or_default();
        let bytes = names.into_iter().filter_map(|name| std::fs::metadata(self.path(name)).ok());
        self.held.store(bytes.map(|file| file.len()).sum(), Ordering::Relaxed);
    }

    /// The same of those segments, and of those that are written.
    pub(crate) fn measure_those(&self, names: &[SegmentName]) {
        let writing = self.writing.lock();
        let written: u64 = writing.open.iter().map(|open| u64::from(open.end)).sum();
        let files = names.iter().filter_map(|name| std::fs::metadata(self.path(*name)).ok());
        self.held.store(files.map(|file| file.len()).sum::<u64>() + written, Ordering::Relaxed);
    }

    /// Nothing more is appended to where that went: whether it is known there nobody can say.
    pub(crate) fn abandon(&self, appended: &Appended) {
        let is_one = |open: &Open| appended.ends.iter().any(|(name, ..)| *name == open.name);
        self.writing.lock().open.retain(|open| !is_one(open));
    }

    /// Bytes of all segments that are there: as they were measured, and what was appended since.
    pub(crate) fn held(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }

    /// All segments that are there.
    pub(crate) fn list(&self) -> Result<Vec<SegmentName>, StoreError> {
        let entries = match std::fs::read_dir(&self.dir) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(StoreError::io("list", &self.dir))?,
        };
        let names = entries.flatten().filter_map(|entry| SegmentName::parse(entry.file_name().to_str()?));
        Ok(names.collect())
    }

    /// A segment's file.
    pub(crate) fn path(&self, name: SegmentName) -> PathBuf {
        self.dir.join(name.file())
    }
}

/// Cuts what ends somewhere.
fn cut_file(path: &Path, before: u32, after: u32) -> std::io::Result<()> {
    let file = OpenOptions::new().write(true).open(path)?;
    match file.metadata()?.len() == u64::from(after) {
        true => file.set_len(u64::from(before)),
        false => Ok(()),
    }
}

/// Files of bodies that lie in a directory, for whoever saves it.
pub(crate) fn files_in(dir: &Path) -> Result<Vec<String>, StoreError> {
    let mut names = Segments::new(dir.to_owned(), SEGMENT_BYTES).list()?;
    names.sort_unstable_by_key(|name| name.number);
    Ok(names.into_iter().map(SegmentName::file).collect())
}

/// Overwrites in a copy of a segment what stands at some places. Errors: the file does not take it.
pub(crate) fn overwrite(file: &Path, places: &[Place]) -> std::io::Result<()> {
    files::erase(file, places).map(drop)
}

/// The same in a segment: a power cut does not bring it back, since nobody would know of it any more.
pub(crate) fn erase_durably(file: &Path, places: &[Place]) -> std::io::Result<()> {
    files::erase(file, places)?.map_or(Ok(()), |file| file.sync_data())
}

/// The sealed bodies in the bytes of a frame; `None` when it is not what was written at that place for that call.
pub(crate) fn open_frame(frame: &[u8], request: RequestId, place: Place) -> Option<&[u8]> {
    let (head, sealed) = frame.split_at_checked(FRAME_BYTES as usize)?;
    is_it(head, sealed, request, place).then_some(sealed)
}

/// Bytes that sealed bodies take in a segment.
pub(crate) fn frame_bytes(sealed: usize) -> u64 {
    u64::from(FRAME_BYTES) + sealed as u64
}

fn frame(out: &mut Vec<u8>, one: &SealedBodies) {
    out.extend_from_slice(&one.request.0.to_be_bytes());
    out.extend_from_slice(&size(one.sealed.len()).to_le_bytes());
    out.extend_from_slice(&crc32fast::hash(&one.sealed).to_le_bytes());
    out.extend_from_slice(&one.sealed);
}

fn size(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
