//! Sub-calls in the journal: version 3 of a record (version 2, and behind it the request that started the call) and
//! version 2 of an intent. Requests are still written as before, which takes no more bytes for them.

use super::media::MediaFrame;
use super::{IntentFrame, RecordFrame, RecordOut, id};
use crate::journal::codes::{role_code, role_of};
use gw_model::{Parent, SubCallRole};
use serde::{Deserialize, Serialize};

/// The version of records of sub-calls.
pub(super) const RECORD_VERSION: u8 = 3;
/// The version of their intents.
pub(super) const INTENT_VERSION: u8 = 2;

/// A [`Parent`] as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParentFrame {
    /// The request's id.
    #[serde(with = "id")]
    pub request: u128,
    /// Number of the role.
    pub(crate) role: u8,
}

impl ParentFrame {
    pub(super) const fn new(parent: Parent) -> Self {
        Self { request: parent.request.0, role: role_code(parent.role) }
    }

    /// What the sub-call is to the request; `None` when only a later version knows.
    #[must_use]
    pub const fn role(&self) -> Option<SubCallRole> {
        role_of(self.role)
    }
}

/// A record of this version, to be written.
#[derive(Serialize)]
pub(super) struct Out<'a> {
    pub(super) record: RecordOut<'a>,
    pub(super) media: Vec<MediaFrame>,
    pub(super) parent: ParentFrame,
}

/// A record of this version, as read.
#[derive(Deserialize)]
struct In<'a> {
    #[serde(borrow)]
    record: RecordFrame<'a>,
    media: Vec<MediaFrame>,
    parent: ParentFrame,
}

/// Reads a record of [`RECORD_VERSION`].
pub(super) fn read_record(payload: &[u8]) -> postcard::Result<RecordFrame<'_>> {
    let In { record, media, parent } = postcard::from_bytes(payload)?;
    Ok(RecordFrame { media, parent: Some(parent), ..record })
}

/// Reads an intent of [`INTENT_VERSION`].
pub(super) fn read_intent(payload: &[u8]) -> postcard::Result<IntentFrame<'_>> {
    let (frame, rest) = postcard::take_from_bytes::<IntentFrame<'_>>(payload)?;
    Ok(IntentFrame { parent: Some(postcard::from_bytes(rest)?), ..frame })
}
