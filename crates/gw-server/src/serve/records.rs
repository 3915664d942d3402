//! Looks after records while the gateway runs: prepares old ones for quick searches, and removes what has been kept for long
//! enough, a little at a time. Runs in the background; what it cannot do now it does later.

use crate::app::state::App;
use gw_model::{AccountId, Level, Micros, RequestId, Retention};
use gw_store::StoreError;
use gw_store::types::{AccountFilter, KeptPart, Whose};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How often it looks whether there is something to do, and the pause where there is more.
const EVERY: Duration = Duration::from_secs(2);
const SHORT: Duration = Duration::from_millis(100);

/// Stretches of records that are prepared at once, and rows that are removed or looked at at once; writers wait that long.
const STRETCHES: usize = 8;
const ROWS: usize = 2_000;

/// How often it is asked which organizations say how long theirs is kept, and how many of them are asked.
const ASK_EVERY_US: Micros = 10_000_000;
const ORGANIZATIONS: usize = 100_000;

/// How often it is looked for what no record has in common any more, where some were removed, and rows that are looked at at
/// once: nobody waits for that. What is found is removed by hundreds.
const NAMES_EVERY_US: Micros = 6 * 3_600_000_000;
const LOOKED: usize = 10_000;

const DAY_US: Micros = 86_400_000_000;

/// See the module.
pub(super) async fn keep(app: Arc<App>, retention_days: Option<u64>) {
    let mut keeper = Keeper { usual: retention_days, ..Keeper::default() };
    // The process would wait for a round at a database that does not answer.
    while !app.is_draining() {
        let worker = Arc::clone(&app);
        let done = tokio::task::spawn_blocking(move || {
            let done = keeper.tend(&worker);
            (keeper, done)
        });
        let is_behind = match done.await {
            Ok((back, done)) => {
                keeper = back;
                done.unwrap_or_else(|error| {
                    tracing::warn!(%error, "records could not be looked after");
                    false
                })
            }
            Err(error) => {
                tracing::error!(%error, "records could not be looked after");
                keeper = Keeper { usual: retention_days, ..Keeper::default() };
                false
            }
        };
        tokio::time::sleep(if is_behind { SHORT } else { EVERY }).await;
    }
}

#[derive(Default)]
struct Keeper {
    /// Days that records are kept where nobody says anything.
    usual: Option<u64>,
    /// Organizations that say something.
    own: Vec<(AccountId, Retention)>,
    asked_at: Micros,
    /// How far was looked, by what is looked for and whose it is; nobody's is what the configuration speaks of.
    marks: HashMap<(KeptPart, Option<AccountId>), RequestId>,
    names: Names,
}

/// What is known of the look for what no record has in common any more.
#[derive(Default)]
struct Names {
    /// Records were removed since it began last.
    is_due: bool,
    is_under_way: bool,
    began_at: Micros,
}

impl Names {
    /// Goes on with it, or begins one when it is time and nothing else is to be removed first; true when it is not over.
    fn tend(&mut self, app: &App, now: Micros, is_behind: bool) -> Result<bool, StoreError> {
        if !self.is_under_way {
            let is_early = self.began_at > 0 && now.saturating_sub(self.began_at) < NAMES_EVERY_US;
            if !self.is_due || is_early || is_behind {
                return Ok(false);
            }
            (self.is_under_way, self.is_due, self.began_at) = (true, false, now);
        }
        let swept = app.storage.database.sweep_names(LOOKED)?;
        if swept.removed > 0 {
            tracing::debug!(removed = swept.removed, "what no record has in common any more is removed");
        }
        self.is_under_way = !swept.is_over;
        // Whoever disturbed it may do so again: it waits as long as after any other.
        self.is_due |= swept.is_lost;
        Ok(self.is_under_way)
    }
}

impl Keeper {
    /// One round; true when there is more to do.
    fn tend(&mut self, app: &App) -> Result<bool, StoreError> {
        let (now, database) = (app.gateway.clock().now(), &app.storage.database);
        let described = database.describe_records(now, STRETCHES)?;
        let bodies = database.remove_expired_bodies(now, ROWS)?;
        self.ask(app, now)?;
        let of_tenants = self.of_tenants(app, now)?;
        let has_own = self.own.iter().any(|(_, kept)| kept.record_days.is_some());
        let records = match self.usual.filter(|_| !has_own) {
            None => 0,
            Some(days) => database.remove_records(before(now, days), ROWS)?,
        };
        if bodies + records > 0 {
            tracing::debug!(bodies, records, "what was kept long enough is removed");
        }
        self.names.is_due |= records > 0;
        let is_behind = described >= STRETCHES || bodies >= ROWS || records >= ROWS || of_tenants;
        Ok(self.names.tend(app, now, is_behind)? || is_behind)
    }

    /// Asks which organizations say how long theirs is kept.
    fn ask(&mut self, app: &App, now: Micros) -> Result<(), StoreError> {
        if now.saturating_sub(self.asked_at) < ASK_EVERY_US && self.asked_at > 0 {
            return Ok(());
        }
        let all = app.storage.database.accounts(&AccountFilter::of(Level::Organization, ORGANIZATIONS))?;
        let own = all.iter().map(|one| (one.id, one.profile.policy.retention));
        let own: Vec<(AccountId, Retention)> = own.filter(|(_, kept)| !kept.is_usual()).collect();
        let has_days = |all: &[(AccountId, Retention)]| -> Vec<AccountId> {
            all.iter().filter(|(_, kept)| kept.record_days.is_some()).map(|(id, _)| *id).collect()
        };
        if has_days(&own) != has_days(&self.own) {
            // What was an organization's to say may be the configuration's now: it is looked at again.
            self.marks.remove(&(KeptPart::Records, None));
        }
        (self.own, self.asked_at) = (own, now);
        Ok(())
    }

    /// Removes what organizations have kept for long enough, and what is of none that says anything; true when there is more.
    fn of_tenants(&mut self, app: &App, now: Micros) -> Result<bool, StoreError> {
        let mut sweeps = Vec::new();
        let mut others = Vec::new();
        for (id, kept) in &self.own {
            if let Some(days) = kept.record_days {
                others.push(*id);
                sweeps.push((KeptPart::Records, Some(*id), Whose::Of(*id), days.into()));
            }
            if let Some(days) = kept.body_days {
                sweeps.push((KeptPart::Bodies, Some(*id), Whose::Of(*id), days.into()));
            }
        }
        if let (Some(days), false) = (self.usual, others.is_empty()) {
            sweeps.push((KeptPart::Records, None, Whose::NotOf(others), days));
        }
        let mut room = ROWS;
        for (kept, id, whose, days) in sweeps {
            let mark = self.marks.entry((kept, id)).or_insert(RequestId(0));
            let swept = app.storage.database.sweep(kept, &whose, *mark, before(now, days), room)?;
            *mark = swept.up_to;
            self.names.is_due |= swept.removed > 0 && kept == KeptPart::Records;
            if swept.removed > 0 {
                tracing::debug!(?kept, removed = swept.removed, "what was kept long enough is removed");
            }
            room = room.saturating_sub(swept.looked);
            if room == 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// What is older than so many days.
fn before(now: Micros, days: u64) -> Micros {
    now.saturating_sub(Micros::try_from(days).unwrap_or(Micros::MAX).saturating_mul(DAY_US))
}
