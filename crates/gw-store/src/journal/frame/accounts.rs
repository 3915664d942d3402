//! Calls that count for accounts above and beside their key: version 5 of a record (version 4 with budgets of routes that
//! need not be there, and behind it the accounts) and version 3 of an intent. Calls of bare keys are still written as
//! before, which takes no more bytes for them.

use super::media::MediaFrame;
use super::tolls::TollFrame;
use super::{IntentFrame, ParentFrame, RecordFrame, RecordOut};
use crate::accounts::ACCOUNT_BYTES;
use serde::{Deserialize, Serialize, Serializer};

/// The version of records with accounts.
pub(super) const RECORD_VERSION: u8 = 5;
/// The version of such intents.
pub(super) const INTENT_VERSION: u8 = 3;

/// Accounts as [`crate::accounts`] packs them, to be written in one piece.
pub(super) struct Packed<'a>(pub(super) &'a [u8]);

impl Serialize for Packed<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(self.0)
    }
}

/// A record of this version, to be written.
#[derive(Serialize)]
pub(super) struct Out<'a> {
    pub(super) record: RecordOut<'a>,
    pub(super) media: Vec<MediaFrame>,
    pub(super) parent: Option<ParentFrame>,
    pub(super) tolls: Vec<TollFrame>,
    pub(super) accounts: Packed<'a>,
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
}

/// What stands behind an intent of this version.
type Behind<'a> = (Option<ParentFrame>, &'a [u8]);

/// Reads a record of [`RECORD_VERSION`].
pub(super) fn read_record(payload: &[u8]) -> postcard::Result<RecordFrame<'_>> {
    let In { record, media, parent, tolls, accounts } = postcard::from_bytes(payload)?;
    Ok(RecordFrame { media, parent, tolls, accounts: whole(accounts)?, ..record })
}

/// Reads an intent of [`INTENT_VERSION`].
pub(super) fn read_intent(payload: &[u8]) -> postcard::Result<IntentFrame<'_>> {
    let (frame, rest) = postcard::take_from_bytes::<IntentFrame<'_>>(payload)?;
    let (parent, accounts): Behind<'_> = postcard::from_bytes(rest)?;
    Ok(IntentFrame { parent, accounts: whole(accounts)?, ..frame })
}

pub(super) fn whole(accounts: &[u8]) -> postcard::Result<&[u8]> {
    if accounts.len().is_multiple_of(ACCOUNT_BYTES) {
        Ok(accounts)
    } else {
        Err(postcard::Error::DeserializeBadEncoding)
    }
}
