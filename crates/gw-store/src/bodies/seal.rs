//! Seals bodies of calls. One call's can not be moved to another. It must not print anything.

use super::content::{BodyContent, PackRoom};
use crate::error::StoreError;
use crate::seal::{Renewed, Seal};
use gw_model::{RequestId, Secret};

/// What the key is derived for.
pub(crate) const PURPOSE: &str = "gatewright bodies of calls 1";

/// See the module.
#[derive(Debug)]
pub struct BodySealer(Seal);

impl BodySealer {
    /// For encryption keys, newest first.
    #[must_use]
    pub fn new(encryption_keys: &[Secret]) -> Self {
        Self(Seal::new(encryption_keys, PURPOSE, "bodies of a call"))
    }

    /// The same, which also opens what keys of bodies sealed whose encryption keys went.
    #[must_use]
    pub fn with_older(encryption_keys: &[Secret], older: Vec<Secret>) -> Self {
        Self(Seal::new(encryption_keys, PURPOSE, "bodies of a call").opening_with(older))
    }

    /// Seals what belongs to a call. Errors: there is no key or no randomness.
    pub fn seal(&self, request: RequestId, content: &BodyContent) -> Result<Vec<u8>, StoreError> {
        self.seal_in(request, content, &mut PackRoom::default())
    }

    /// The same, in a room that is used again.
    pub(super) fn seal_in(
        &self,
        request: RequestId,
        content: &BodyContent,
        room: &mut PackRoom,
    ) -> Result<Vec<u8>, StoreError> {
        self.0.seal(&request.0.to_be_bytes(), content.pack(room)?)
    }

    /// Opens what [`Self::seal`] made for this call. Errors: it is not that, or none of the keys fits.
    pub fn open(&self, request: RequestId, sealed: &[u8]) -> Result<BodyContent, StoreError> {
        BodyContent::unpack(&self.0.open(&request.0.to_be_bytes(), sealed)?)
    }

    /// What is sealed with an older key, sealed with the newest.
    pub(crate) fn renew(&self, request: RequestId, sealed: &[u8]) -> Result<Renewed, StoreError> {
        self.0.renew(&request.0.to_be_bytes(), sealed)
    }
}
