//! Seals items of datasets as bodies of calls are sealed: compressed, each with a key of its own, and bound to its dataset, so
//! that none can be moved to another. It must not print anything.
//!
//! `version u8 = 1 | deflate of the text`, sealed. The form is stored and never changed.

use crate::error::StoreError;
use crate::seal::{Renewed, Seal};
use crate::types::{DatasetId, ItemId};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use gw_model::Secret;
use std::io::{Read, Write};

const PURPOSE: &str = "gatewright items of datasets 1";
const OF_RESULTS: &str = "gatewright results of evaluations 1";
const VERSION: u8 = 1;

/// Most bytes that an item may grow to when it is opened.
const MAX_OPENED: u64 = 64 << 20;

/// See the module.
#[derive(Debug)]
pub struct ItemSealer(Seal);

impl ItemSealer {
    /// For encryption keys, newest first.
    #[must_use]
    pub fn new(encryption_keys: &[Secret]) -> Self {
        Self(Seal::new(encryption_keys, PURPOSE, "an item of a dataset"))
    }

    /// The same for results of evaluations, which are sealed as items of these.
    #[must_use]
    pub fn of_results(encryption_keys: &[Secret]) -> Self {
        Self(Seal::new(encryption_keys, OF_RESULTS, "a result of an evaluation"))
    }

    /// Seals a text that is an item of a dataset. Errors: there is no key, no randomness or no memory.
    pub fn seal(&self, dataset: DatasetId, item: ItemId, text: &str) -> Result<Vec<u8>, StoreError> {
        let mut packed = DeflateEncoder::new(vec![VERSION], Compression::fast());
        let packed = packed.write_all(text.as_bytes()).and_then(|()| packed.finish());
        self.0.seal(&place(dataset, item), &packed.map_err(|_| damaged())?)
    }

    /// Opens what [`Self::seal`] made for that item. Errors: it is not that, or none of the keys fits.
    #[expect(clippy::disallowed_methods, reason = "read to its end within a limit")]
    pub fn open(&self, dataset: DatasetId, item: ItemId, sealed: &[u8]) -> Result<String, StoreError> {
        let packed = self.0.open(&place(dataset, item), sealed)?;
        let Some((&VERSION, deflated)) = packed.split_first() else { return Err(damaged()) };
        let mut text = Vec::new();
        DeflateDecoder::new(deflated).take(MAX_OPENED).read_to_end(&mut text).map_err(|_| damaged())?;
        String::from_utf8(text).map_err(|_| damaged())
    }

    /// What is sealed with an older key, sealed with the newest.
    pub(crate) fn renew(
        &self,
        dataset: DatasetId,
        item: ItemId,
        sealed: &[u8],
    ) -> Result<Renewed, StoreError> {
        self.0.renew(&place(dataset, item), sealed)
    }
}

const fn damaged() -> StoreError {
    StoreError::Damaged { what: "an item of a dataset" }
}

/// What an item belongs to.
fn place(dataset: DatasetId, item: ItemId) -> [u8; 32] {
    let mut place = [0; 32];
    let (of, which) = place.split_at_mut(16);
    of.copy_from_slice(&dataset.0.to_be_bytes());
    which.copy_from_slice(&item.0.to_be_bytes());
    place
}
