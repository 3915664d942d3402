//! The rounds of the fold: find chains, move what they hold, remove what is done. Runs on the fold's thread.

use super::chain::Chain;
use super::remove::remove_segments;
use super::settings::{FoldSettings, FoldStats};
use crate::error::StoreError;
use crate::journal::{SegmentId, list_segments};
use crate::traits::Ledger;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// See the module.
pub(super) struct Rounds {
    dir: PathBuf,
    settings: FoldSettings,
    ledger: Arc<dyn Ledger>,
    /// By worker.
    chains: BTreeMap<u16, Chain>,
    buffer: Vec<u8>,
    pub(super) stats: FoldStats,
}

impl Rounds {
    pub(super) fn new(dir: &Path, settings: FoldSettings, ledger: Arc<dyn Ledger>) -> Self {
        let stats = FoldStats { store_up: true, ..FoldStats::default() };
        Self { dir: dir.to_owned(), settings, ledger, chains: BTreeMap::new(), buffer: Vec::new(), stats }
    }

    /// Looks for workers that started since.
    pub(super) fn discover(&mut self) -> Result<(), StoreError> {
        let is_new = |id: &SegmentId| {
            id.generation == self.settings.generation && !self.chains.contains_key(&id.worker)
        };
        if !list_segments(&self.dir)?.iter().any(is_new) {
            return Ok(());
        }
        // A listing may miss a file that is made while it runs and still show one made later. All files made
        // before the ones just seen are surely in a second listing, so a chain is joined at its start.
        let mut starts: BTreeMap<u16, SegmentId> = BTreeMap::new();
        for id in list_segments(&self.dir)?.into_iter().filter(is_new) {
            starts.entry(id.worker).or_insert(id);
        }
        for (worker, first) in starts {
            // One that is being made this moment is found the next time.
            if let Ok(chain) = Chain::open(&self.dir, self.settings.node, first) {
                self.chains.insert(worker, chain);
            }
        }
        Ok(())
    }

    /// One round; notes how it went. True when there is more to do at once.
    pub(super) fn run(&mut self) -> bool {
        let result = self.replay().and_then(|()| self.fold());
        let result = result.and_then(|more| self.clean().map(|()| more));
        match result {
            Ok(more) => {
                if !self.stats.store_up {
                    tracing::info!("the store takes usage and records again");
                }
                self.stats.store_up = true;
                self.stats.last_error.clear();
                more
            }
            Err(error) => {
                if self.stats.store_up {
                    tracing::error!(%error, "usage and records can not be stored; they stay in the journal");
                }
                self.stats.store_up = false;
                self.stats.failed_rounds += 1;
                self.stats.last_error = error.to_string();
                false
            }
        }
    }

    /// What earlier runs left, if it is not done yet.
    fn replay(&mut self) -> Result<(), StoreError> {
        if self.settings.replay_first {
            super::replay(&self.dir, &*self.ledger, &self.settings)?.log();
            self.settings.replay_first = false;
        }
        Ok(())
    }

    fn fold(&mut self) -> Result<bool, StoreError> {
        let mut work = false;
        for chain in self.chains.values() {
            work = work || chain.has_work()?;
        }
        if !work {
            return self.ledger.sum_up(false).map(|()| false);
        }
        let marks: Vec<_> = self.chains.values().map(Chain::mark).collect();
        let mut stats = self.stats.clone();
        let mut more = false;
        let mut stored = self.settings.newly.is_followed().then(Vec::new);
        let (chains, buffer, budget) = (&mut self.chains, &mut self.buffer, self.settings.batch_bytes);
        let result = self.ledger.fold(&mut |batch| {
            for chain in chains.values_mut() {
                more |= chain.fold(batch, buffer, budget, &mut stats, &mut stored)?;
            }
            Ok(())
        });
        match result {
            Ok(folded) => {
                stats.rounds += 1;
                stats.records += folded.records;
                self.stats = stats;
                self.settings.newly.add(&stored.unwrap_or_default());
                Ok(more)
            }
            Err(error) => {
                for (chain, mark) in self.chains.values_mut().zip(&marks) {
                    chain.go_back(mark)?;
                }
                Err(error)
            }
        }
    }

    fn clean(&mut self) -> Result<(), StoreError> {
        let mut synced = false;
        for chain in self.chains.values_mut() {
            let ids = chain.removable(&*self.ledger, &mut self.buffer)?;
            if ids.is_empty() {
                continue;
            }
            if !synced {
                self.ledger.sync()?;
                synced = true;
            }
            remove_segments(&self.dir, &ids)?;
            chain.removed(&ids);
        }
        Ok(())
    }

    /// After all journals are closed and everything is folded: removes what needs not be seen again.
    pub(super) fn finish(&mut self) -> Result<(), StoreError> {
        self.ledger.sum_up(true)?;
        self.ledger.sync()?;
        for chain in self.chains.values() {
            let Some((last, ids)) = chain.all_if_settled() else { continue };
            if chain.has_work()? {
                continue;
            }
            remove_segments(&self.dir, &ids)?;
            self.ledger.fold(&mut |batch| batch.forget_chain(self.settings.node, last))?;
        }
        Ok(())
    }
}
