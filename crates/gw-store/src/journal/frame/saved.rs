//! Answers from the cache: version 6 of a record (version 5, accounts or not, and behind it what the answer would have
//! cost). Other requests are written as before, which takes no more bytes for them.

use super::accounts::{self, Packed};
use super::media::MediaFrame;
use super::tolls::TollFrame;
use super::{ParentFrame, RecordFrame, RecordOut};
use serde::{Deserialize, Serialize};

/// The version of such records.
pub(super) const VERSION: u8 = 6;

/// A record of this version, to be written.
#[derive(Serialize)]
pub(super) struct Out<'a> {
    pub(super) record: RecordOut<'a>,
    pub(super) media: Vec<MediaFrame>,
    pub(super) parent: Option<ParentFrame>,
    pub(super) tolls: Vec<TollFrame>,
    pub(super) accounts: Packed<'a>,
    pub(super) saved: u64,
}

/// A record of this version, as read.
#[derive(Deserialize)]
struct In<'a> {
    #[serde(borrow)]
    record: RecordFrame<'a>,
    media: Vec<MediaFrame>,
    parent: Option<ParentFrame>,
    tolls: Vec<TollFrame>,
    accounts: &'a [u8],
    saved: u64,
}

/// Reads a record of this version.
pub(super) fn read(payload: &[u8]) -> postcard::Result<RecordFrame<'_>> {
    let In { record, media, parent, tolls, accounts, saved } = postcard::from_bytes(payload)?;
    Ok(RecordFrame { media, parent, tolls, accounts: accounts::whole(accounts)?, saved, ..record })
}
