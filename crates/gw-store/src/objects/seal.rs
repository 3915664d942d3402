//! Seals contents of stored objects. A content can not be moved to another object or owner. It must not print anything.

use super::object::Object;
use crate::error::StoreError;
use crate::seal::{Renewed, Seal};
use gw_model::Secret;

/// What the key for contents is derived for.
const PURPOSE: &str = "gatewright stored objects 1";

/// See the module.
#[derive(Debug)]
pub struct Sealer(Seal);

impl Sealer {
    /// For encryption keys, newest first.
    #[must_use]
    pub fn new(encryption_keys: &[Secret]) -> Self {
        Self(Seal::new(encryption_keys, PURPOSE, "a stored object's content"))
    }

    /// Seals the content of an object. Errors: there is no key or no randomness.
    pub fn seal(&self, object: &Object, content: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.0.seal(&belonging(object), content)
    }

    /// Opens what [`Self::seal`] made for this object. Errors: it is not that, or none of the keys fits.
    pub fn open(&self, object: &Object, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.0.open(&belonging(object), sealed).map(|mut content| std::mem::take(&mut *content))
    }

    /// What is sealed with an older key, sealed with the newest: content of an object by the code of its kind, the bytes of its
    /// owner and its id, as they are stored.
    pub(crate) fn renew(
        &self,
        kind: u8,
        owner: &[u8],
        id: &str,
        sealed: &[u8],
    ) -> Result<Renewed, StoreError> {
        self.0.renew(&place(kind, owner, id), sealed)
    }
}

/// What is authenticated besides the content.
fn belonging(object: &Object) -> Vec<u8> {
    place(object.kind.code(), &object.owner.0.to_be_bytes(), &object.id)
}

fn place(kind: u8, owner: &[u8], id: &str) -> Vec<u8> {
    let mut out = vec![kind];
    out.extend_from_slice(owner);
    out.extend_from_slice(id.as_bytes());
    out
}
