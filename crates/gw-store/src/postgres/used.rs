//! When keys were last used at any node: written with the sums, at most once a minute for each. Serves the fold and whoever
//! looks at keys.

use super::bytes::Id;
use super::db::{ANSWER_LIMIT, PostgresStore};
use super::fault::Fault;
use super::session::Db;
use crate::error::StoreError;
use crate::rows::{Sums, USED_STEP_US};
use gw_model::{KeyId, Micros};

/// Rows that are new enough are not touched, so that a busy key costs a look.
const NOTE: &str = "INSERT INTO key_used AS k (key, used_at) \
     SELECT t.key, t.at FROM unnest($1::bytea[], $2::bigint[]) AS t (key, at) \
     LEFT JOIN key_used AS o ON o.key = t.key WHERE o.key IS NULL OR t.at >= o.used_at + $3 ORDER BY t.key \
     ON CONFLICT (key) DO UPDATE SET used_at = GREATEST(k.used_at, excluded.used_at)";

/// Notes it for the keys of these sums.
pub(super) async fn write(sums: &Sums, db: &mut Db<'_>) -> Result<(), Fault> {
    let used = sums.keys_used();
    if used.is_empty() {
        return Ok(());
    }
    let keys: Vec<&[u8]> = used.iter().map(|(key, _)| key.as_slice()).collect();
    let times: Vec<i64> = used.iter().map(|(_, at)| *at).collect();
    db.execute(NOTE, &[&keys, &times, &USED_STEP_US]).await.map(drop)
}

impl PostgresStore {
    pub(super) fn read_keys_used(&self, keys: &[KeyId]) -> Result<Vec<(KeyId, Micros)>, StoreError> {
        let ids: Vec<Id> = keys.iter().map(|key| Id(key.0)).collect();
        self.run("read when keys were used", ANSWER_LIMIT, async |db| {
            let rows = db.query("SELECT key, used_at FROM key_used WHERE key = ANY($1)", &[&ids]).await?;
            rows.iter().map(|row| Ok((KeyId(row.try_get::<_, Id>(0)?.0), row.try_get(1)?))).collect()
        })
    }
}
