//! The entry of a journal that says whose something is that a provider keeps from now on, such as a stored response.
//! It goes before the record of the request that made it. The stored form is fixed: see [`super::frame`].

use super::frame::StoredId;
use super::text::{MODEL, NAME, WORD, clip};
use gw_model::KeyId;
use serde::{Deserialize, Serialize};

/// Longest id of an object, in bytes. What has a longer one can not be owned.
pub const MAX_OBJECT_ID_BYTES: usize = 256;

/// Most bytes of such an entry: its texts, an id, and numbers.
pub(super) const OWNED_BYTES: u64 = (MAX_OBJECT_ID_BYTES + NAME + NAME + MODEL + WORD + 96) as u64;

/// Something that a request made and the provider keeps.
#[derive(Clone, Copy, Debug)]
pub struct Owned<'a> {
    /// Code of its kind, see [`crate::objects::ObjectKind::code`].
    pub kind: u8,
    /// The provider's id of it, at most [`MAX_OBJECT_ID_BYTES`].
    pub id: &'a str,
    /// Configured name of the provider that keeps it.
    pub provider: &'a str,
    /// Whose it is.
    pub owner: KeyId,
    /// The model that the caller named.
    pub model: &'a str,
    /// See [`crate::objects::Object::detail`]; at most 64 bytes.
    pub detail: &'a str,
    /// When it was made, microseconds since the epoch.
    pub created: i64,
    /// When it is forgotten.
    pub expires: Option<i64>,
    /// See [`crate::objects::Object::credential`].
    pub credential: &'a str,
}

/// An [`Owned`] as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "fields as in Owned")]
pub struct OwnedFrame<'a> {
    pub kind: u8,
    pub id: &'a str,
    pub provider: &'a str,
    pub owner: StoredId,
    pub model: &'a str,
    pub detail: &'a str,
    pub created: i64,
    pub expires: Option<i64>,
    /// From version 2 on.
    #[serde(skip)]
    pub credential: &'a str,
}

/// What follows the frame of version 1.
pub(super) const VERSION: u8 = 2;

/// Reads an entry of [`VERSION`].
pub(super) fn read(payload: &[u8]) -> postcard::Result<OwnedFrame<'_>> {
    let (frame, rest) = postcard::take_from_bytes::<OwnedFrame<'_>>(payload)?;
    Ok(OwnedFrame { credential: postcard::from_bytes(rest)?, ..frame })
}

impl<'a> OwnedFrame<'a> {
    pub(super) fn new(owned: &Owned<'a>) -> Self {
        Self {
            kind: owned.kind,
            id: clip(owned.id, MAX_OBJECT_ID_BYTES),
            provider: clip(owned.provider, NAME),
            owner: StoredId(owned.owner.0),
            model: clip(owned.model, MODEL),
            detail: clip(owned.detail, WORD),
            created: owned.created,
            expires: owned.expires,
            credential: clip(owned.credential, NAME),
        }
    }
}
