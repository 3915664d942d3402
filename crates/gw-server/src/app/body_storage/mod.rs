//! Bodies of calls in object storage: [`reader`] reads pieces of segments there, [`keeper`] sends segments and looks after those
//! that are there. Which segments there are, the database knows; what is not sent yet stands in files. It must not be waited for
//! by calls.

mod blocks;
pub(crate) mod keeper;
mod last;
mod reader;

use crate::app::state::App;
use gw_config::compile::{BodyStorage, BodyUpload, S3Settings};
use gw_model::{Clock, RequestId};
use gw_store::StoreError;
use gw_store::bodies::{BodyFiling, FarBodies};
use gw_store::traits::Database;
use gw_store::types::Unread;
use reader::Reader;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Where the settings stand in the configuration.
const SECTION: &str = "records.s3";

/// The object of a segment.
fn key_of(segment: &str) -> String {
    format!("{DIRECTORY}{segment}")
}

/// What names of objects begin with, behind the prefix of the configuration.
const DIRECTORY: &str = "bodies/";

/// What objects are said to be.
const KIND: &str = "application/octet-stream";

/// What became of segments.
#[derive(Debug, Default)]
pub(crate) struct RoomStats {
    sent: AtomicU64,
    failures: AtomicU64,
}

impl RoomStats {
    /// Segments that were sent.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Times that something could not be done in the storage.
    pub(crate) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }
}

/// Object storage in which bodies may stand.
#[derive(Debug)]
pub(crate) struct BodyRoom {
    reader: Arc<Reader>,
    settings: S3Settings,
    /// How segments are sent there; `None`: they are not, and what is there is looked after.
    upload: Option<BodyUpload>,
    pub(crate) stats: RoomStats,
}

impl BodyRoom {
    /// `None` where the configuration has none. Errors: the system refuses the thread that reads.
    pub(crate) fn start(settings: &BodyStorage, clock: &Arc<dyn Clock>) -> Result<Option<Self>, StoreError> {
        let Some(s3) = &settings.s3 else { return Ok(None) };
        let started = Reader::start(s3, Arc::clone(clock)).map_err(|source| StoreError::Io {
            operation: "start the thread that reads bodies from",
            path: PathBuf::from(&s3.endpoint),
            source,
        });
        let (reader, stats) = (Arc::new(started?), RoomStats::default());
        Ok(Some(Self { reader, settings: s3.clone(), upload: settings.upload, stats }))
    }

    /// Sends what is left when the process ends, for at most so long.
    pub(crate) fn send_last(&self, database: &dyn Database, clock: &Arc<dyn Clock>, limit: Duration) {
        last::send(self, database, clock, limit);
    }

    /// Ends the thread that reads.
    pub(crate) fn close(&self) {
        self.reader.close();
    }
}

/// Why the bodies of a call are not to be had here and now, and what can be done.
pub(crate) fn unread(app: &App, id: RequestId, why: Unread) -> String {
    let upload = app.storage.body_room.as_ref().and_then(|room| room.upload);
    match (why, upload) {
        (Unread::Away, _) => {
            format!(
                "the bodies of the request '{id}' stand in object storage, which cannot be read now: try again"
            )
        }
        (Unread::Elsewhere(node), Some(upload)) => format!(
            "the bodies of the request '{id}' are not in object storage yet: they stand in files of node {node:016x}; ask that \
             one, or try again in {} seconds",
            upload.after_seconds
        ),
        (Unread::Elsewhere(node), None) => format!(
            "the bodies of the request '{id}' stand in files of node {node:016x}, which this one does not see: ask that one, or \
             have nodes share 'records.bodies_directory'"
        ),
    }
}

/// How a database keeps bodies outside of itself; `usual` is the directory where the configuration names none.
pub(crate) fn filing(room: Option<&BodyRoom>, settings: &BodyStorage, usual: &Path) -> BodyFiling {
    BodyFiling {
        dir: settings.directory.clone().unwrap_or_else(|| usual.to_owned()),
        segment_bytes: settings.segment_bytes,
        far: room.map(|room| Arc::clone(&room.reader) as Arc<dyn FarBodies>),
        spool_bytes: room.and(settings.upload).map(|upload| upload.spool_bytes),
    }
}
