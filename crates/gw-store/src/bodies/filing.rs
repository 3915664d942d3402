//! Where bodies of calls stand outside of the database: in segments here, and in object storage where segments went. Serves the
//! databases, which know the place of each. It must not know their tables.

use super::far::FarBodies;
use super::segments::{Place, SegmentName, Segments, erase_durably, frame_bytes, open_frame};
use crate::error::StoreError;
use crate::types::{FarSegment, LocalSegment, SealedBodies, Unread};
use gw_model::{Micros, RequestId};
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How bodies are kept outside of the database.
#[derive(Debug)]
pub struct BodyFiling {
    /// Where segments are written, and read.
    pub dir: PathBuf,
    /// New bodies go to segments of that size; `None`: to the database.
    pub segment_bytes: Option<u32>,
    /// Where segments stand that were sent away.
    pub far: Option<Arc<dyn FarBodies>>,
    /// Segments are sent there, and so many bytes may wait here for it; `None`: they stay.
    pub spool_bytes: Option<u64>,
}

impl BodyFiling {
    /// In files of a directory, and nowhere else.
    #[must_use]
    pub const fn in_files(dir: PathBuf, segment_bytes: Option<u32>) -> Self {
        Self { dir, segment_bytes, far: None, spool_bytes: None }
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct BodyFiles {
    pub(crate) segments: Segments,
    /// New ones go there.
    pub(crate) takes_new: bool,
    far: Option<Arc<dyn FarBodies>>,
    spool_bytes: Option<u64>,
    is_full: AtomicBool,
    pub(crate) others: Mutex<Others>,
}

/// How far a look for what is to go early from files of other nodes is, where a directory is shared.
#[derive(Debug, Default)]
pub(crate) struct Others {
    /// When the last one ended.
    pub(crate) ended_at: Micros,
    /// Behind which segment and place it goes on; `None` between two looks.
    pub(crate) after: Option<(i64, Vec<u8>)>,
}

impl BodyFiles {
    pub(crate) fn new(filing: BodyFiling) -> Self {
        let segments = Segments::new(filing.dir, filing.segment_bytes.unwrap_or(super::SEGMENT_BYTES));
        if filing.spool_bytes.is_some() {
            segments.measure();
        }
        Self {
            segments,
            takes_new: filing.segment_bytes.is_some(),
            far: filing.far,
            spool_bytes: filing.spool_bytes,
            is_full: AtomicBool::new(false),
            others: Mutex::default(),
        }
    }

    /// Segments may stand in object storage.
    pub(crate) const fn has_far(&self) -> bool {
        self.far.is_some()
    }

    /// Segments are sent there.
    pub(crate) const fn sends(&self) -> bool {
        self.spool_bytes.is_some() && self.far.is_some()
    }

    /// Segments of this node as they are to be sent: what is to go early, as `erasures` says by the numbers of segments, is overwritten in them, and then
    /// `forget` is told. Errors: those of both.
    pub(crate) fn ready(
        &self,
        own: Vec<SegmentName>,
        mut erasures: HashMap<u32, Vec<Place>>,
        forget: impl Fn(SegmentName, &[Place]) -> Result<(), StoreError>,
    ) -> Result<Vec<LocalSegment>, StoreError> {
        self.segments.measure_those(&own);
        let mut ready = Vec::new();
        for name in own {
            let path = self.segments.path(name);
            let places = erasures.remove(&name.number).unwrap_or_default();
            if let Err(error) = erase_durably(&path, &places) {
                tracing::warn!(%error, path = %path.display(), "bodies could not be overwritten: their file is not sent before they are");
                continue;
            }
            if !places.is_empty() {
                forget(name, &places)?;
            }
            ready.push(LocalSegment { segment: FarSegment(name), path });
        }
        Ok(ready)
    }

    /// Those of `known` whose files are not here. A file is made before anybody knows of it: ask for these after `known`.
    pub(crate) fn missing(&self, mut known: Vec<SegmentName>) -> Result<Vec<FarSegment>, StoreError> {
        let here: HashSet<u32> = self.segments.list()?.iter().map(|name| name.number).collect();
        known.retain(|name| !here.contains(&name.number));
        Ok(known.into_iter().map(FarSegment).collect())
    }

    /// Errors: so much waits to be sent that these may not wait too.
    pub(crate) fn check_room(&self, bodies: &[SealedBodies]) -> Result<(), StoreError> {
        let Some(most) = self.spool_bytes else { return Ok(()) };
        let bytes: u64 = bodies.iter().map(|one| frame_bytes(one.sealed.len())).sum();
        let is_full = self.segments.held().saturating_add(bytes) > most;
        if self.is_full.swap(is_full, Ordering::Relaxed) != is_full {
            match is_full {
                true => tracing::error!(
                    most,
                    "too many bytes of bodies wait for the object storage: bodies of calls are dropped until it takes some"
                ),
                false => tracing::info!("bodies of calls are kept again"),
            }
        }
        if is_full { Err(StoreError::SpoolFull) } else { Ok(()) }
    }
}

/// What is read of a call's bodies: what the database holds is the bodies themselves, or the place where they stand.
/// `elsewhere` is the other node in whose files that place is, and nowhere else.
pub(crate) fn find(
    files: Option<&BodyFiles>,
    request: RequestId,
    stored: Option<Vec<u8>>,
    elsewhere: Option<u64>,
) -> (Option<Vec<u8>>, Option<Unread>) {
    let Some(stored) = stored else { return (None, None) };
    let Some(place) = Place::read(&stored) else { return (Some(stored), None) };
    // A directory may be shared.
    if let Some(sealed) = files.and_then(|files| files.segments.read(request, place)) {
        return (Some(sealed), None);
    }
    if let Some(node) = elsewhere {
        return (None, Some(Unread::Elsewhere(node)));
    }
    let Some(far) = files.and_then(|files| files.far.as_deref()) else { return (None, None) };
    let (start, length) = place.frame();
    match far.read(&place.segment.file(), start, length) {
        Ok(Some(frame)) => (open_frame(&frame, request, place).map(<[u8]>::to_vec), None),
        Ok(None) => (None, None),
        Err(error) => {
            tracing::debug!(%error, %request, "bodies of a call can not be read from the object storage");
            (None, Some(Unread::Away))
        }
    }
}
