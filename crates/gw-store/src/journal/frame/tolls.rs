//! Version 4 of a record: version 3, with or without a parent, and behind it the budgets within dynamic routes that the
//! request counts in. Other requests are written as before, which takes no more bytes for them.

use super::media::MediaFrame;
use super::parent::ParentFrame;
use super::{RecordFrame, RecordOut};
use gw_model::Toll;
use gw_model::routing::MAX_BUDGET_GATES;
use serde::{Deserialize, Serialize};

/// The version of such records.
pub(super) const VERSION: u8 = 4;

/// Most bytes that they take besides: two lengths, whether there is a parent, three numbers of at most ten bytes each; and
/// what an answer from the cache saved.
pub(in crate::journal) const TOLLS_BYTES: usize = 4 + 30 * MAX_BUDGET_GATES + 10;

/// A [`Toll`] as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "fields as in Toll")]
pub struct TollFrame {
    pub counter: u64,
    pub subject: u64,
    pub cost: u64,
}

/// A record of this version, to be written.
#[derive(Serialize)]
pub(super) struct Out<'a> {
    pub(super) record: RecordOut<'a>,
    pub(super) media: Vec<MediaFrame>,
    pub(super) parent: Option<ParentFrame>,
    pub(super) tolls: Vec<TollFrame>,
}

/// A record of this version, as read.
#[derive(Deserialize)]
struct In<'a> {
    #[serde(borrow)]
    record: RecordFrame<'a>,
    media: Vec<MediaFrame>,
    parent: Option<ParentFrame>,
    tolls: Vec<TollFrame>,
}

/// As they are stored: no more than a request can have.
pub(super) fn of(tolls: &[Toll]) -> Vec<TollFrame> {
    let kept = tolls.iter().take(MAX_BUDGET_GATES);
    kept.map(|toll| TollFrame { counter: toll.counter, subject: toll.subject, cost: toll.cost.0 }).collect()
}

/// Reads a record of this version.
pub(super) fn read(payload: &[u8]) -> postcard::Result<RecordFrame<'_>> {
    let In { record, media, parent, tolls } = postcard::from_bytes(payload)?;
    Ok(RecordFrame { media, parent, tolls, ..record })
}
