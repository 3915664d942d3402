//! What is sent when the process ends, so that a node which does not come back takes few bodies with it. What is not sent in time
//! stays in files for the next start.

use super::{BodyRoom, KIND, SECTION, key_of};
use crate::app::bucket::{Bucket, S3Error};
use gw_model::{Clock, Micros};
use gw_store::StoreError;
use gw_store::traits::Database;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

/// Why something stays.
enum Left {
    Store(StoreError),
    Storage(String),
}

impl From<StoreError> for Left {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<S3Error> for Left {
    fn from(error: S3Error) -> Self {
        Self::Storage(error.to_string())
    }
}

impl From<io::Error> for Left {
    fn from(error: io::Error) -> Self {
        Self::Storage(error.to_string())
    }
}

/// Sends all segments that are here, for at most so long. Nothing may be written to them any more.
pub(crate) fn send(room: &BodyRoom, database: &dyn Database, clock: &Arc<dyn Clock>, limit: Duration) {
    let until = clock.now().saturating_add(Micros::try_from(limit.as_micros()).unwrap_or(Micros::MAX));
    let why = match send_until(room, database, clock, until) {
        Ok(()) => return,
        Err(Left::Store(error)) => error.to_string(),
        Err(Left::Storage(why)) => why,
    };
    tracing::warn!(why, "some bodies of calls are not in the object storage; the next start sends them");
}

fn send_until(
    room: &BodyRoom,
    database: &dyn Database,
    clock: &Arc<dyn Clock>,
    until: Micros,
) -> Result<(), Left> {
    if room.upload.is_none() {
        return Ok(());
    }
    let waiting = database.segments_to_send(clock.now(), 0)?;
    if waiting.is_empty() {
        return Ok(());
    }
    let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(1).build()?;
    let local = LocalSet::new();
    let bucket =
        local.block_on(&runtime, async { Bucket::new(&room.settings, SECTION, Arc::clone(clock)) })?;
    let done = waiting.into_iter().try_for_each(|one| {
        let left = u64::try_from(until.saturating_sub(clock.now())).unwrap_or(0);
        let key = key_of(&one.segment.name());
        let put = async {
            let mut goes_on = async || true;
            let put = bucket.put_file(&key, KIND, &one.path, &mut goes_on);
            tokio::time::timeout(Duration::from_micros(left), put).await
        };
        match local.block_on(&runtime, put) {
            Ok(put) => put?,
            Err(_) => return Err(Left::Storage("there was no more time for it".to_owned())),
        }
        room.stats.sent.fetch_add(1, Ordering::Relaxed);
        if !database.segment_sent(one.segment)? {
            let left = u64::try_from(until.saturating_sub(clock.now())).unwrap_or(0);
            let remove =
                async { tokio::time::timeout(Duration::from_micros(left), bucket.remove(&key)).await };
            // What stays is found later, as nobody knows of it.
            if let Ok(removed) = local.block_on(&runtime, remove) {
                removed?;
            }
        }
        Ok(())
    });
    drop(bucket);
    end(runtime, local);
    done
}

fn end(runtime: Runtime, local: LocalSet) {
    runtime.block_on(async { drop(local) });
    runtime.shutdown_background();
}
