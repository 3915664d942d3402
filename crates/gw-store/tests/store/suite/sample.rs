//! Records for tests, and the way from a record to what a batch takes: through the bytes of a journal.

use gw_model::{
    AttemptId, AttemptRecord, KeyId, NanoUsd, Outcome, Record, RequestId, Usage, UsageSource, WireFormat,
};
use gw_store::StoreError;
use gw_store::journal::{Frame, Intent, Journal, JournalSettings, SegmentReader, list_segments};
use gw_store::traits::{Batch, Ledger};
use gw_store::types::PendingIntent;

/// 2026-10-30T12:00:00Z, a Friday.
pub(crate) const NOON: i64 = 1_793_361_600_000_000;
pub(crate) const HOUR: i64 = 3_600_000_000;
pub(crate) const DAY: i64 = 24 * HOUR;

pub(crate) fn attempt(provider: &str, cost: u64) -> AttemptRecord {
    AttemptRecord {
        provider: provider.to_owned(),
        upstream_model: format!("{provider}-large"),
        status: 200,
        reason: String::new(),
        duration_us: 1000,
        usage: Usage { input_tokens: 10, output_tokens: 20, cached_tokens: 4, ..Usage::default() },
        usage_source: UsageSource::Upstream,
        cost: NanoUsd(cost),
    }
}

/// A successful request of key 1 that cost 100 nano-dollars, at [`NOON`] and `number` milliseconds.
pub(crate) fn record(number: u32) -> Record {
    let time = NOON + i64::from(number) * 1000;
    Record {
        id: RequestId::new(time, u128::from(number)),
        time,
        key: Some(KeyId(1)),
        team_id: Some("core".to_owned()),
        format: WireFormat::OpenAiChat,
        model: "chat".to_owned(),
        stream: false,
        outcome: Outcome::Success,
        status: 200,
        error_code: String::new(),
        error_detail: String::new(),
        attempts: vec![attempt("alpha", 100)],
        cache: String::new(),
        customer: None,
        first_byte_us: Some(500),
        total_us: 1500,
        parent: None,
        tolls: Vec::new(),
        saved: gw_model::NanoUsd::ZERO,
        details: gw_model::RecordDetails::default(),
        accounts: Vec::new(),
    }
}

/// The intent that would have gone before a record, with that hold.
pub(crate) fn intent(record: &Record, number: u8, hold: u64) -> Intent<'_> {
    Intent {
        attempt: AttemptId { request: record.id, attempt: number },
        time: record.time,
        key: record.key,
        team_id: record.team_id.as_deref(),
        hold: NanoUsd(hold),
        format: record.format,
        model: &record.model,
        provider: "alpha",
        upstream_model: "alpha-large",
        stream: record.stream,
        input_tokens: 10,
        parent: record.parent,
        accounts: &record.accounts,
    }
}

/// Calls `with` with a batch and each entry of a journal that holds the given records.
fn through_journal(
    records: &[Record],
    mut with: impl FnMut(&Frame<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), 0, &JournalSettings::default()).unwrap();
    for record in records {
        journal.record(record, 0).unwrap();
    }
    drop(journal);
    for id in list_segments(dir.path()).unwrap() {
        let mut reader = SegmentReader::open(dir.path(), id).unwrap();
        reader.read(&mut Vec::new(), usize::MAX, |frame, _| with(&frame))?;
    }
    Ok(())
}

/// Folds records in one batch; the number of those that were new.
pub(crate) fn fold(store: &dyn Ledger, records: &[Record]) -> usize {
    let folded = store.fold(&mut |batch| fold_into(batch, records)).unwrap();
    usize::try_from(folded.records).unwrap()
}

pub(crate) fn fold_into(batch: &mut dyn Batch, records: &[Record]) -> Result<(), StoreError> {
    through_journal(records, |frame| match frame {
        Frame::Record(record) => batch.record(record),
        _ => Ok(()),
    })
}

/// The intents of a call, as they are kept.
pub(crate) fn pending(record: &Record, holds: &[u64]) -> Vec<PendingIntent> {
    let one = |(number, hold): (u8, &u64)| PendingIntent {
        request: record.id.0,
        attempt: number,
        time: record.time,
        key: record.key.map(|k| k.0),
        team_id: record.team_id.clone(),
        hold: *hold,
        format: "chat".to_owned(),
        model: record.model.clone(),
        provider: "alpha".to_owned(),
        upstream_model: "alpha-large".to_owned(),
        stream: false,
        input_tokens: 10,
        parent: record.parent.map(|parent| (parent.request.0, 2)),
        accounts: record.accounts.clone(),
    };
    (0u8..).zip(holds).map(one).collect()
}
