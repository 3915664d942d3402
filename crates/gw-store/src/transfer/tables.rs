//! The tables that both databases have, and how their rows are carried over, some thousand at a time.

use crate::analytics::Sketch;
use crate::error::StoreError;
use crate::postgres::{Db, Fault, clean};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use tokio_postgres::types::ToSql;

/// Rows of one statement.
const ROWS: usize = 2_000;

/// What a column holds in PostgreSQL.
#[derive(Clone, Copy)]
enum Kind {
    Bytes,
    Text,
    Big,
    Whole,
    Small,
    Flag,
    /// Durations, which are bytes here and a list of numbers there.
    Buckets,
}

use Kind::{Big, Buckets, Bytes, Flag, Small, Text, Whole};

/// A column: its name there, what it is read from here, and its kind.
type Column = (&'static str, &'static str, Kind);

/// A table with its columns; where one name stands, both have it.
struct Table {
    name: &'static str,
    columns: &'static [Column],
}

macro_rules! column {
    ($name:literal $kind:ident) => {
        ($name, $name, $kind)
    };
    ($name:literal $from:literal $kind:ident) => {
        ($name, $from, $kind)
    };
}

macro_rules! tables {
    ($($table:literal: $($name:literal $($from:literal)? $kind:ident),+;)+) => {
        &[$(Table { name: $table, columns: &[$(column!($name $($from)? $kind)),+] }),+]
    };
}

/// Those that others refer to come first.
const TABLES: &[Table] = tables! {
    "keys": "id" Bytes, "name" Text, "digest" Bytes, "pepper" Whole, "policy" Text, "prefix" Text, "last4" Text,
        "created_at" Big, "updated_at" Big, "revoked_at" Big, "revision" Big, "old_digest" Bytes,
        "old_until" Big;
    "key_labels": "id" Bytes, "name" Text, "team" Text, "project" Text;
    "accounts": "id" Text, "level" Small, "parent" Text, "name" Text, "unique_name" Text, "email" Text,
        "plan" Text, "policy" Text, "metadata" Text, "disabled" Flag, "created_at" Big, "updated_at" Big,
        "revision" Big, "role" Text, "scim" Text, "scim_name" Text;
    "memberships": "user_id" Text, "account" Text, "role" Text, "given_by" Text;
    "managed": "id" Text, "document" Text;
    "scim_groups": "id" Text, "organization" Text, "name" Text, "unique_name" Text, "external_id" Text,
        "members" Text, "created_at" Big, "updated_at" Big, "revision" Big;
    "given_answers": "idempotency_key" Text, "request" Bytes, "status" Whole, "etag" Text, "sealed" Bytes,
        "created_at" Big;
    "changes": "revision" Big, "time" Big, "kind" Text, "id" Text;
    "records": "id" Bytes, "time" Big, "key" Bytes, "team" Text, "format" Text, "model" Text, "provider" Text,
        "upstream_model" Text, "stream" Flag, "outcome" Small, "status" Whole, "error_code" Text,
        "error_detail" Text, "attempts" Whole, "cache" Text, "customer" Text, "input" Big, "output" Big,
        "cached" Big, "cache_write" Big, "reasoning" Big, "usage_source" Small, "cost" Big, "first_byte_us" Big,
        "total_us" Big, "tries" Text, "parent" Bytes, "role" Small, "accounts" Bytes, "user_agent" Text,
        "session" Text, "guardrails" Text, "details" Bytes, "saved" Big, "tags" Text;
    "record_bodies": "request" Bytes, "expires" Big, "sealed" Bytes;
    "record_places": "request" Bytes, "place" Bytes;
    "body_segments": "number" Big, "hour" Big, "state" Small;
    "body_erasures": "segment" Big, "place" Bytes;
    "feedback": "id" Bytes, "request" Bytes, "time" Big, "author" Text, "score" Big, "label" Text, "comment" Text;
    "exports": "id" Bytes, "state" Small, "node" Big, "touched" Big, "revision" Big, "job" Text;
    "price_pages": "book" Text, "since" Big, "digest" Bytes, "source" Text, "content" Bytes;
    "recostings": "id" Bytes, "state" Small, "node" Big, "touched" Big, "revision" Big, "job" Text;
    "former_costs": "request" Bytes, "recosting" Bytes, "time" Big, "before" Big, "charged" Big;
    "recosted_sums": "account" Bytes, "hour" Big, "cost" Big;
    "ledger": "request" Bytes, "attempt" Whole, "entry" Whole, "time" Big, "key" Bytes, "cost" Big;
    "key_used": "key" Bytes, "used_at" Big;
    "spent": "day" Big, "key" Bytes, "cost" Big;
    "usage": "hour" Big, "key" Bytes, "team" Text, "model" Text, "provider" Text, "customer" Text,
        "requests" Big, "errors" Big, "input" Big, "output" Big, "cached" Big, "cost" Big, "saved" Big;
    "account_usage": "hour" Big, "account" Bytes, "requests" Big, "errors" Big, "input" Big, "output" Big,
        "cached" Big, "cost" Big, "saved" Big;
    "part_usage": "part" Small, "hour" Big, "organization" Bytes, "value" Text, "requests" Big, "errors" Big,
        "input" Big, "output" Big, "cached" Big, "cost" Big, "saved" Big;
    "rollup_series": "id" Big, "is_of_caller" Flag, "key" Bytes, "team" Text, "accounts" Bytes, "model" Text,
        "provider" Text, "outcome" Small, "class" Small, "error" Text, "cache" Text, "first_minute" Big;
    "rollups": "kind" Small, "start" Big, "series" Big, "requests" Big, "errors" Big, "input" Big, "output" Big,
        "cached" Big, "cache_write" Big, "reasoning" Big, "cost" Big, "saved" Big, "latency" Buckets,
        "first_byte" Buckets;
    "account_labels": "account" Bytes, "name" Text;
    "tolls": "counter" Big, "subject" Big, "day" Big, "cost" Big;
    "watermarks": "node" Big, "generation" Big, "worker" Whole, "sequence" Big, "place" "offset" Big;
    "pending": "node" Big, "request" Bytes, "attempt" Whole, "hold" "json_extract(intent, '$.hold')" Big,
        "intent" Text;
    "objects": "kind" Small, "id" Text, "provider" Text, "owner" Bytes, "model" Text, "detail" Text,
        "created" Big, "expires" Big, "credential" Text;
    "object_states": "kind" Small, "id" Text, "state" Bytes;
    "credentials": "name" Text, "sealed" Bytes, "last4" Text, "description" Text, "created_at" Big,
        "updated_at" Big;
    "admin_tokens": "id" Text, "name" Text, "digest" Bytes, "old_digest" Bytes, "old_until" Big, "prefix" Text,
        "last4" Text, "role" Text, "place" Text, "user_id" Text, "scopes" Text, "expires_at" Big,
        "created_by" Text, "created_at" Big, "updated_at" Big, "revision" Big;
    "saved_views": "id" Text, "owner" Text, "place" Text, "name" Text, "filters" Text, "created_at" Big,
        "updated_at" Big, "revision" Big;
    "datasets": "id" Text, "owner" Text, "place" Text, "name" Text, "description" Text, "created_at" Big,
        "updated_at" Big, "revision" Big, "origins" Text;
    "dataset_items": "dataset" Text, "id" Text, "source" Bytes, "created_at" Big, "updated_at" Big,
        "sealed" Bytes;
    "evaluations": "id" Text, "owner" Text, "place" Text, "state" Small, "node" Big, "touched" Big, "revision" Big,
        "job" Text;
    "evaluation_results": "evaluation" Text, "item" Text, "target" Small, "verdict" Small, "score" Big, "cost" Big,
        "total_us" Big, "input" Big, "output" Big, "tries" Small, "sealed" Bytes, "request" Bytes, "source" Bytes,
        "scored" Small;
    "logins": "user_id" Text, "password" Text, "totp" Bytes, "totp_pending" Bytes, "totp_step" Big, "recovery" Text,
        "link" Bytes, "link_until" Big, "link_resets" Flag, "updated_at" Big, "revision" Big;
    "sessions": "id" Text, "digest" Bytes, "holder" Text, "via" Text, "provider" Text, "id_token" Bytes,
        "created_at" Big, "used_at" Big, "expires_at" Big, "address" Text, "agent" Text;
    "identities": "issuer" Text, "subject" Text, "user_id" Text, "created_at" Big;
    "audit": "number" Big, "time" Big, "actor" Text, "action" Text, "kind" Text, "target" Text, "name" Text,
        "outcome" Text, "before" Text, "after" Text, "address" Text, "agent" Text, "hash" Bytes, "seal" Bytes,
        "places" Text;
    "audit_head": "one" Small, "first" Big, "base" Bytes, "last" Big, "hash" Bytes, "seal" Bytes;
    "config_blocks": "kind" Text, "name" Text, "document" Text, "sealed" Bytes, "created_at" Big,
        "updated_at" Big, "revision" Big;
    "alert_objects": "id" Text, "kind" Text, "organization" Text, "name" Text, "document" Text, "sealed" Bytes,
        "created_at" Big, "updated_at" Big, "revision" Big;
    "alert_states": "rule" Text, "subject" Text, "version" Big, "is_firing" Flag, "fired_at" Big, "seen_at" Big,
        "sent_at" Big, "ends_at" Big, "changed_at" Big, "notice" Text;
    "alert_events": "id" Text, "time" Big, "kind" Text, "rule" Text, "organization" Text, "severity" Text,
        "subject_id" Text, "is_silenced" Flag, "notice" Text, "dropped" Big;
    "alert_deliveries": "event" Text, "channel" Text, "state" Small, "attempts" Big, "due_at" Big, "error" Text,
        "organization" Text;
    "routes": "id" Text, "name" Text, "created_at" Big, "updated_at" Big, "revision" Big;
    "route_versions": "route" Text, "number" Big, "document" Text, "state" Text, "author" Text, "note" Text,
        "created_at" Big, "published_at" Big;
};

/// Fills the tables from an SQLite database, within a transaction: how many rows each got. Errors: they hold something
/// already, and are not to be emptied.
pub(crate) async fn fill(
    db: &mut Db<'_>,
    from: &Connection,
    force: bool,
) -> Result<Vec<(&'static str, u64)>, Fault> {
    let names: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
    if force {
        db.batch(&format!("TRUNCATE {}", names.join(", "))).await?;
    }
    for name in names {
        if !force && db.first(&format!("SELECT 1 FROM {name} LIMIT 1"), &[]).await?.is_some() {
            return Err(StoreError::DatabaseNotEmpty.into());
        }
    }
    let mut moved = Vec::with_capacity(TABLES.len());
    for table in TABLES {
        moved.push((table.name, table.copy(db, from).await?));
    }
    // Revisions go on above those that keys have, and numbers of segments above those that there are.
    db.batch(
        "SELECT setval(pg_get_serial_sequence('gatewright.changes', 'revision'), \
         GREATEST((SELECT MAX(revision) FROM changes), (SELECT MAX(revision) FROM keys), 1)); \
         SELECT setval('body_segment_numbers', GREATEST((SELECT MAX(number) FROM body_segments), 1))",
    )
    .await?;
    Ok(moved)
}

impl Table {
    async fn copy(&self, db: &mut Db<'_>, from: &Connection) -> Result<u64, Fault> {
        let read = |source| Fault::from(StoreError::Query { operation: "read what is to be moved", source });
        let expressions: Vec<&str> = self.columns.iter().map(|(_, from, _)| *from).collect();
        // Sums of callers alone are made by one database and read by it.
        let rows = match self.name {
            "rollups" => "rollups WHERE kind < 6",
            "rollup_series" => "rollup_series WHERE is_of_caller < 2",
            name => name,
        };
        let sql = format!("SELECT {} FROM {rows}", expressions.join(", "));
        let mut query = from.prepare(&sql).map_err(read)?;
        let mut rows = query.query([]).map_err(read)?;
        let mut columns: Vec<Values> = self.columns.iter().map(|(_, _, kind)| Values::new(*kind)).collect();
        let (mut waiting, mut done, mut written) = (0, 0, 0);
        while let Some(row) = rows.next().map_err(read)? {
            for (place, column) in columns.iter_mut().enumerate() {
                column.push(row.get_ref(place).map_err(read)?)?;
            }
            (waiting, done) = (waiting + 1, done + 1);
            if waiting == ROWS {
                written += self.write(db, &mut columns).await?;
                waiting = 0;
            }
        }
        if waiting > 0 {
            written += self.write(db, &mut columns).await?;
        }
        if written == done {
            Ok(done)
        } else {
            Err(StoreError::Damaged { what: "a row that was moved" }.into())
        }
    }

    async fn write(&self, db: &mut Db<'_>, columns: &mut [Values]) -> Result<u64, Fault> {
        let names: Vec<String> = self.columns.iter().map(|(name, ..)| format!("\"{name}\"")).collect();
        let arrays: Vec<String> = (1..)
            .zip(self.columns)
            .map(|(number, (_, _, kind))| format!("${number}::{}[]", kind.as_str()))
            .collect();
        let selected = self.columns.iter().map(|(name, _, kind)| match kind {
            Buckets => format!("\"{name}\"::bigint[]"),
            _ => format!("\"{name}\""),
        });
        let sql = format!(
            "INSERT INTO {} ({names}) OVERRIDING SYSTEM VALUE SELECT {} FROM unnest({}) AS t ({names})",
            self.name,
            selected.collect::<Vec<_>>().join(", "),
            arrays.join(", "),
            names = names.join(", "),
        );
        let values: Vec<&(dyn ToSql + Sync)> = columns.iter().map(Values::as_value).collect();
        let written = db.execute(&sql, &values).await?;
        columns.iter_mut().zip(self.columns).for_each(|(column, (_, _, kind))| *column = Values::new(*kind));
        Ok(written)
    }
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Bytes => "bytea",
            Self::Text | Self::Buckets => "text",
            Self::Big => "bigint",
            Self::Whole => "int",
            Self::Small => "smallint",
            Self::Flag => "bool",
        }
    }
}

/// Values of one column.
enum Values {
    Bytes(Vec<Option<Vec<u8>>>),
    Text(Vec<Option<String>>),
    Big(Vec<Option<i64>>),
    Whole(Vec<Option<i32>>),
    Small(Vec<Option<i16>>),
    Flag(Vec<Option<bool>>),
    Buckets(Vec<String>),
}

impl Values {
    fn new(kind: Kind) -> Self {
        match kind {
            Bytes => Self::Bytes(Vec::with_capacity(ROWS)),
            Text => Self::Text(Vec::with_capacity(ROWS)),
            Buckets => Self::Buckets(Vec::with_capacity(ROWS)),
            Big => Self::Big(Vec::with_capacity(ROWS)),
            Whole => Self::Whole(Vec::with_capacity(ROWS)),
            Small => Self::Small(Vec::with_capacity(ROWS)),
            Flag => Self::Flag(Vec::with_capacity(ROWS)),
        }
    }

    fn push(&mut self, value: ValueRef<'_>) -> Result<(), Fault> {
        let damaged = || Fault::from(StoreError::Damaged { what: "a value that is to be moved" });
        let given = (value != ValueRef::Null).then_some(value);
        let number = || given.map(|value| value.as_i64().map_err(|_| damaged())).transpose();
        match self {
            Self::Bytes(all) => {
                let bytes = given.map(|value| value.as_blob().map(<[u8]>::to_vec)).transpose();
                all.push(bytes.map_err(|_| damaged())?);
            }
            Self::Text(all) => {
                let text = given.map(|value| value.as_str().map(|text| clean(text).into_owned())).transpose();
                all.push(text.map_err(|_| damaged())?);
            }
            Self::Buckets(all) => {
                let sketch = value.as_blob().ok().and_then(Sketch::from_bytes).ok_or_else(damaged)?;
                all.push(sketch.to_array());
            }
            Self::Big(all) => all.push(number()?),
            Self::Whole(all) => all.push(number()?.map(|n| i32::try_from(n).unwrap_or(i32::MAX))),
            Self::Small(all) => all.push(number()?.map(|n| i16::try_from(n).unwrap_or(i16::MAX))),
            Self::Flag(all) => all.push(number()?.map(|n| n != 0)),
        }
        Ok(())
    }

    fn as_value(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::Bytes(all) => all,
            Self::Text(all) => all,
            Self::Big(all) => all,
            Self::Whole(all) => all,
            Self::Small(all) => all,
            Self::Flag(all) => all,
            Self::Buckets(all) => all,
        }
    }
}

#[cfg(test)]
mod tests;
