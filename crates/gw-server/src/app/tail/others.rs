//! What other nodes stored in a shared database, found by looking at the newest ids there: often at the last moments, and now
//! and then further back, since an id is made when its call begins and stored when that ends.

use crate::app::state::App;
use gw_model::{Micros, RequestId};
use std::collections::HashSet;
use std::sync::Arc;

const SECOND: Micros = 1_000_000;

/// How far back a look goes, and how many ids it takes.
const NEAR: (Micros, usize) = (20 * SECOND, 20_000);
const FAR: (Micros, usize) = (600 * SECOND, 200_000);

/// How often: each so many rounds.
const NEAR_EVERY: u32 = 4;
const FAR_EVERY: u32 = 40;

/// Most ids that are known. With more calls than that, calls of other nodes that took long are not shown live.
const MAX_KNOWN: usize = 300_000;

/// See the module.
#[derive(Default)]
pub(super) struct Others {
    known: HashSet<u128>,
    rounds: u32,
    is_crowded: bool,
}

impl Others {
    /// Adds what others stored to what this node did. What cannot be read now is found by a later look.
    pub(super) async fn look(mut self, app: &Arc<App>, ids: &mut Vec<u128>) -> Self {
        self.known.extend(ids.iter().copied());
        let is_first = self.rounds == 0;
        let span = match self.rounds {
            0 => Some(FAR),
            round if round % FAR_EVERY == 0 && !self.is_crowded => Some(FAR),
            round if round % NEAR_EVERY == 0 => Some(NEAR),
            _ => None,
        };
        self.rounds = self.rounds.wrapping_add(1).max(1);
        let Some((back, most)) = span else { return self };
        let now = app.gateway.clock().now();
        let from = RequestId::lower_bound(now.saturating_sub(back).max(0));
        let reading = Arc::clone(app);
        let found = tokio::task::spawn_blocking(move || reading.storage.database.ids_since(from, most));
        let found = match found.await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => {
                tracing::debug!(%error, "what other nodes stored cannot be read");
                return self;
            }
            Err(error) => {
                tracing::error!(%error, "what other nodes stored cannot be read");
                return self;
            }
        };
        for id in found {
            // What was there before somebody began to follow is nothing new.
            if self.known.insert(id.0) && !is_first {
                ids.push(id.0);
            }
        }
        self.forget(now);
        self
    }

    /// Drops ids that no look finds any more.
    fn forget(&mut self, now: Micros) {
        let mut keep = |back: Micros| {
            // A little more, lest a look finds what is forgotten.
            let floor = RequestId::lower_bound(now.saturating_sub(back + 5 * SECOND).max(0)).0;
            self.known.retain(|id| *id >= floor);
        };
        keep(FAR.0);
        if self.known.len() > MAX_KNOWN {
            self.is_crowded = true;
        }
        if self.is_crowded {
            let floor = RequestId::lower_bound(now.saturating_sub(NEAR.0 + 5 * SECOND).max(0)).0;
            self.known.retain(|id| *id >= floor);
        }
    }
}
