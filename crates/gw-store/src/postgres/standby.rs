//! What stands in for the server while it is away: keys, accounts, credentials, routes and budgets as they stood there last. In
//! memory for as long as the process runs, and sealed in the data directory, so that a node can start without the
//! server. Nothing here is written back, but for the names of keys that were to be noted meanwhile.

mod copy;

use crate::error::StoreError;
use crate::keys;
use crate::memory::SpentByPeriod;
use crate::seal::Seal;
use crate::types::{
    AccountFilter, KeyLabel, StoredAccount, StoredBlock, StoredCredential, StoredKey, StoredRoute,
};
use copy::Copy;
use gw_model::{AccountId, KeyId, Micros, Secret};
use parking_lot::Mutex;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the key for the copy is derived for.
const PURPOSE: &str = "gatewright copy of the last state 1";
/// What is written down of an encryption key, so that a node with another one is told so.
const CHECK_PURPOSE: &str = "gatewright encryption key check 1";

/// Labels that may wait to be noted.
const MAX_LABELS: usize = 100_000;

/// See the module.
#[derive(Debug)]
pub(super) struct Standby {
    seal: Seal,
    /// What is written down of each key, newest first.
    checks: Vec<String>,
    dir: PathBuf,
    /// The copy that this process started from, until the server is back.
    copy: Mutex<Option<Arc<Copy>>>,
    credentials: Mutex<Option<Vec<StoredCredential>>>,
    blocks: Mutex<Option<Vec<StoredBlock>>>,
    routes: Mutex<Option<Vec<StoredRoute>>>,
    labels: Mutex<Vec<KeyLabel>>,
    /// Reads that this answered.
    stood_in: AtomicU64,
}

impl Standby {
    pub(super) fn new(encryption_keys: &[Secret], dir: &Path) -> Self {
        let check = |key| keys::derive(key, CHECK_PURPOSE).expose().to_owned();
        Self {
            seal: Seal::new(encryption_keys, PURPOSE, "the copy of the last state"),
            checks: encryption_keys.iter().map(check).collect(),
            dir: dir.to_owned(),
            copy: Mutex::default(),
            credentials: Mutex::default(),
            blocks: Mutex::default(),
            routes: Mutex::default(),
            labels: Mutex::default(),
            stood_in: AtomicU64::new(0),
        }
    }

    /// How many reads this answered.
    pub(super) fn stood_in(&self) -> u64 {
        self.stood_in.load(Ordering::Acquire)
    }

    fn note(&self) {
        self.stood_in.fetch_add(1, Ordering::AcqRel);
    }

    /// What tells encryption keys apart without giving them away.
    pub(super) fn key_check(&self) -> &str {
        self.checks.first().map_or("", String::as_str)
    }

    /// What is written down while it is sealed again: both keys are needed.
    pub(super) fn all_checks(&self) -> String {
        self.checks.join(" ")
    }

    /// These keys but the one that is sealed with here, by what is written down of them; each once.
    pub(super) fn without_newest(&self, checks: &str) -> String {
        let mut others: Vec<&str> = Vec::new();
        for one in checks.split_whitespace() {
            if one != self.key_check() && !others.contains(&one) {
                others.push(one);
            }
        }
        others.join(" ")
    }

    /// Is every key known that the installation needs, by what is written down there?
    pub(super) fn knows(&self, needed: &str) -> bool {
        needed.split(' ').all(|one| self.checks.iter().any(|own| own == one))
    }

    /// Is what is sealed here sealed with one of these keys, by what is written down there?
    pub(super) fn seals_with(&self, retired: &str) -> bool {
        retired.split_whitespace().any(|one| one == self.key_check())
    }

    /// Takes the copy of the data directory up; false when there is none.
    pub(super) fn load(&self) -> Result<bool, StoreError> {
        let Some(copy) = Copy::read(&self.dir, &self.seal)? else { return Ok(false) };
        *self.credentials.lock() = Some(copy.credentials.clone());
        *self.blocks.lock() = Some(copy.blocks.clone());
        *self.routes.lock() = Some(copy.routes.clone());
        *self.copy.lock() = Some(Arc::new(copy));
        Ok(true)
    }

    /// Forgets the copy that the process started from: the server is back, and all was read again.
    pub(super) fn forget(&self) {
        *self.copy.lock() = None;
    }

    /// Writes a copy to the data directory.
    pub(super) fn write(&self, copy: &Copy) -> Result<(), StoreError> {
        copy.write(&self.dir, &self.seal)
    }

    pub(super) fn or_revision(&self, read: Result<i64, StoreError>) -> Result<i64, StoreError> {
        self.or_copy(read, |copy| copy.revision)
    }

    pub(super) fn or_keys(
        &self,
        read: Result<Vec<StoredKey>, StoreError>,
        after: Option<KeyId>,
        rows: usize,
    ) -> Result<Vec<StoredKey>, StoreError> {
        self.or_copy(read, |copy| {
            let first = after.map_or(0, |after| copy.keys.partition_point(|key| key.id <= after));
            copy.keys.iter().skip(first).take(rows).cloned().collect()
        })
    }

    pub(super) fn or_accounts(
        &self,
        read: Result<Vec<StoredAccount>, StoreError>,
        filter: &AccountFilter,
    ) -> Result<Vec<StoredAccount>, StoreError> {
        self.or_copy(read, |copy| {
            let found = copy.accounts.iter().filter(|account| filter.takes(account));
            found.take(filter.limit).cloned().collect()
        })
    }

    pub(super) fn or_spent(
        &self,
        read: Result<Vec<(KeyId, SpentByPeriod)>, StoreError>,
        now: Micros,
    ) -> Result<Vec<(KeyId, SpentByPeriod)>, StoreError> {
        self.or_last_copy(read, |copy| copy.spent_at(now))
    }

    pub(super) fn or_accounts_spent(
        &self,
        read: Result<Vec<(AccountId, SpentByPeriod)>, StoreError>,
        of: Option<AccountId>,
        now: Micros,
    ) -> Result<Vec<(AccountId, SpentByPeriod)>, StoreError> {
        self.or_last_copy(read, |copy| copy.accounts_spent_at(of, now))
    }

    /// As [`Self::or_copy`], also when the process did not start from the copy.
    fn or_last_copy<T>(
        &self,
        read: Result<T, StoreError>,
        instead: impl FnOnce(&Copy) -> T,
    ) -> Result<T, StoreError> {
        match read {
            Err(error) if error.is_unavailable() => {
                let held = self.copy.lock().clone();
                let copy = match held {
                    Some(copy) => Some(copy),
                    None => Copy::read(&self.dir, &self.seal)?.map(Arc::new),
                };
                copy.map(|copy| instead(&copy)).ok_or(error)
            }
            other => other,
        }
    }

    pub(super) fn or_credentials(
        &self,
        read: Result<Vec<StoredCredential>, StoreError>,
    ) -> Result<Vec<StoredCredential>, StoreError> {
        self.or_remembered(read, &self.credentials)
    }

    pub(super) fn or_blocks(
        &self,
        read: Result<Vec<StoredBlock>, StoreError>,
    ) -> Result<Vec<StoredBlock>, StoreError> {
        self.or_remembered(read, &self.blocks)
    }

    pub(super) fn or_routes(
        &self,
        read: Result<Vec<StoredRoute>, StoreError>,
    ) -> Result<Vec<StoredRoute>, StoreError> {
        self.or_remembered(read, &self.routes)
    }

    /// Labels that cannot be written now are kept for later: they only serve reports.
    pub(super) fn or_later(
        &self,
        written: Result<(), StoreError>,
        labels: &[KeyLabel],
    ) -> Result<(), StoreError> {
        match written {
            Err(error) if error.is_unavailable() => {
                let mut waiting = self.labels.lock();
                waiting.retain(|old| !labels.iter().any(|new| new.id == old.id));
                let room = MAX_LABELS.saturating_sub(waiting.len());
                waiting.extend(labels.iter().take(room).cloned());
                Ok(())
            }
            other => other,
        }
    }

    /// Labels that wait.
    pub(super) fn take_labels(&self) -> Vec<KeyLabel> {
        std::mem::take(&mut self.labels.lock())
    }

    fn or_copy<T>(
        &self,
        read: Result<T, StoreError>,
        instead: impl FnOnce(&Copy) -> T,
    ) -> Result<T, StoreError> {
        match (read, self.copy.lock().clone()) {
            (Err(error), Some(copy)) if error.is_unavailable() => {
                self.note();
                Ok(instead(&copy))
            }
            (read, _) => read,
        }
    }

    /// Remembers what was read, and gives what was read last when nothing can be read.
    fn or_remembered<T: Clone>(
        &self,
        read: Result<Vec<T>, StoreError>,
        last: &Mutex<Option<Vec<T>>>,
    ) -> Result<Vec<T>, StoreError> {
        match read {
            Ok(read) => {
                *last.lock() = Some(read.clone());
                Ok(read)
            }
            Err(error) if error.is_unavailable() => {
                let last = last.lock().clone().ok_or(error)?;
                self.note();
                Ok(last)
            }
            Err(error) => Err(error),
        }
    }
}

pub(super) use copy::Copy as StateCopy;
