//! What callers are told when the journal can not take their call.

use crate::worker::Worker;
use gw_model::{ErrorCode, Refusal};
use gw_store::journal::JournalError;

/// The refusal of a call that could not be written down.
pub(crate) fn journal_refusal(worker: &Worker, error: &JournalError) -> Refusal {
    worker.gateway().metrics.storage_refusals.inc();
    worker.gateway().note_journal(Some(worker.now()));
    match error {
        JournalError::Full { .. } => Refusal::new(
            ErrorCode::StorageFull,
            "the gateway's disk is full, so the call could not be accounted for; free space in its data directory",
        )
        .retry_after(5),
        other => {
            tracing::error!(error = %other, "the journal could not be written");
            Refusal::new(ErrorCode::StorageFull, "the gateway's journal can not be written at present").retry_after(5)
        }
    }
}
