//! All cells of the process, across configurations: a credential that stands unchanged in a new configuration keeps
//! its token. Cells that no configuration uses go away by themselves.

use super::cell::{Cell, Failing};
use gw_model::credential::{Credential, CredentialSource, CredentialValue};
use gw_model::snapshot::Provider;
use gw_model::{Micros, Secret};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use tokio::sync::Notify;

/// See the module.
#[derive(Debug, Default)]
pub struct Room {
    cells: Mutex<Vec<Weak<Cell>>>,
    /// What the encrypted store holds, by name.
    stored: Mutex<HashMap<String, Secret>>,
    /// A cell came.
    came: Notify,
}

impl Room {
    /// The cell of a provider's credential: the one that is there, or a new one.
    pub(super) fn cell(&self, provider: &Provider, credential: &Credential) -> Arc<Cell> {
        let mut cells = self.cells.lock();
        cells.retain(|cell| cell.strong_count() > 0);
        let same = cells.iter().filter_map(Weak::upgrade).find(|cell| {
            cell.provider == provider.name
                && cell.name == credential.name
                && cell.source == credential.source
                && cell.connect == provider.connect
        });
        if let Some(cell) = same {
            return cell;
        }
        let cell = Arc::new(Cell::new(
            Arc::clone(&provider.name),
            Arc::clone(&credential.name),
            credential.source.clone(),
            provider.connect.clone(),
        ));
        cells.push(Arc::downgrade(&cell));
        drop(cells);
        if let CredentialSource::Stored(name) = &cell.source {
            let stored = self.stored.lock();
            fill_from_store(&cell, stored.get(&**name), 0);
        }
        self.came.notify_one();
        cell
    }

    /// Every cell in use.
    #[must_use]
    pub fn cells(&self) -> Vec<Arc<Cell>> {
        self.cells.lock().iter().filter_map(Weak::upgrade).collect()
    }

    /// Resolves when a cell has come since the last time.
    pub async fn came(&self) {
        self.came.notified().await;
    }

    /// Takes over a credential of the encrypted store, or that it is gone; calls that start from now on carry it.
    pub fn set_stored(&self, name: &str, secret: Option<Secret>, now: Micros) {
        let mut stored = self.stored.lock();
        match secret {
            Some(secret) => stored.insert(name.to_owned(), secret),
            None => stored.remove(name),
        };
        let secret = stored.get(name);
        for cell in self.cells() {
            if matches!(&cell.source, CredentialSource::Stored(wanted) if **wanted == *name) {
                fill_from_store(&cell, secret, now);
            }
        }
    }
}

fn fill_from_store(cell: &Cell, secret: Option<&Secret>, now: Micros) {
    match secret {
        Some(secret) => cell.fill(CredentialValue::Key(secret.clone()), None, now),
        None => cell.empty(Failing {
            cause: "its credential is not in the store".to_owned(),
            detail: "there is no credential of that name in the store; POST /api/v1/credentials adds it"
                .to_owned(),
            times: 1,
            at: now,
        }),
    }
}
