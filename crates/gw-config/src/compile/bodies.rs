//! Where bodies of calls are kept, resolved: in the database, in files, or in object storage.

use super::database::DatabaseSettings;
use super::exports::{S3Settings, bucket};
use crate::errors::Faults;
use crate::settings::records::{BodiesInName, RecordSettings};
use std::path::PathBuf;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyStorage {
    /// Bytes of a file of bodies; `None`: new ones go to the database.
    pub segment_bytes: Option<u32>,
    /// Of files of bodies; `None` for the one in the data directory.
    pub directory: Option<PathBuf>,
    /// Object storage in which bodies may stand.
    pub s3: Option<S3Settings>,
    /// How files are sent there; `None`: they are not.
    pub upload: Option<BodyUpload>,
}

/// How files of bodies are sent to object storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyUpload {
    /// When one is sent that is not full.
    pub after_seconds: u64,
    /// Bytes that may wait for it.
    pub spool_bytes: u64,
}

pub(super) fn bodies(
    records: &RecordSettings,
    database: &DatabaseSettings,
    faults: &mut Faults,
) -> BodyStorage {
    let is_shared = matches!(database, DatabaseSettings::Postgres(_));
    let is_in_memory = matches!(database, DatabaseSettings::Memory);
    let kept_in = match records.bodies_in {
        Some(name) => name.value,
        // Other nodes would not find them in files, and files would outlive a database in memory.
        None if is_shared || is_in_memory => BodiesInName::Database,
        None => BodiesInName::Files,
    };
    if let Some(asked) = records.bodies_in.filter(|_| is_in_memory && kept_in != BodiesInName::Database) {
        let message = "'database_url: memory:' goes with the process, and bodies in files or in S3 would stay, where nothing finds them \
                       again: leave 'bodies_in' out, or say 'database'";
        faults.add(asked.place, message);
    }
    if let (Some(asked), BodiesInName::S3, None) = (records.bodies_in, kept_in, &records.s3) {
        faults.add(asked.place, "'bodies_in: s3' needs 'records.s3': say which bucket");
    }
    if let (Some(directory), false) = (&records.bodies_directory, is_shared) {
        let message = "'bodies_directory' needs a database in PostgreSQL: with SQLite, bodies stand in the data directory, which is \
                       saved and moved as a whole";
        faults.add(directory.place, message);
    }
    let segment_bytes = u32::try_from(records.body_segment_bytes.value.get()).unwrap_or(u32::MAX);
    let upload = BodyUpload {
        after_seconds: records.body_upload_seconds.value.get(),
        spool_bytes: records.body_spool_bytes.value.get(),
    };
    if kept_in == BodiesInName::S3 && upload.spool_bytes < u64::from(segment_bytes) {
        let message = "'body_spool_bytes' is below 'body_segment_bytes': bodies would be dropped before a file could become full";
        faults.add(records.body_spool_bytes.place, message);
    }
    BodyStorage {
        segment_bytes: (kept_in != BodiesInName::Database).then_some(segment_bytes),
        directory: records.bodies_directory.as_ref().map(|path| PathBuf::from(path.value.as_str())),
        s3: records.s3.as_ref().and_then(|s3| bucket(&s3.value, faults)),
        upload: (kept_in == BodiesInName::S3).then_some(upload),
    }
}

#[cfg(test)]
mod tests;
