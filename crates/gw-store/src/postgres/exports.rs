//! Exports of records: what is to be written, and how far it is.

use super::db::PostgresStore;
use super::jobs::Jobs;
use crate::error::StoreError;
use crate::traits::ExportStore;
use crate::types::StoredExport;
use gw_model::Micros;

const EXPORTS: Jobs = Jobs { table: "exports", what: "look after exports" };

impl ExportStore for PostgresStore {
    fn exports(&self, before: Option<u128>, limit: usize) -> Result<Vec<StoredExport>, StoreError> {
        EXPORTS.list(self, before, limit)
    }

    fn open_exports(&self, limit: usize) -> Result<Vec<StoredExport>, StoreError> {
        EXPORTS.open(self, limit)
    }

    fn export(&self, id: u128) -> Result<Option<StoredExport>, StoreError> {
        EXPORTS.find(self, id)
    }

    fn add_export(&self, new: &StoredExport) -> Result<bool, StoreError> {
        EXPORTS.add(self, new)
    }

    fn change_export(&self, changed: &StoredExport) -> Result<bool, StoreError> {
        EXPORTS.change(self, changed)
    }

    fn remove_exports(&self, before: Micros, most: usize) -> Result<Vec<StoredExport>, StoreError> {
        EXPORTS.remove(self, before, most)
    }
}
