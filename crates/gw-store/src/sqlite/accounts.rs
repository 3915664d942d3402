//! Accounts above and beside keys, plans, and who belongs to what.

use super::db::SqliteStore;
use super::sign_in;
use crate::error::StoreError;
use crate::rows::id_bytes;
use crate::traits::AccountStore;
use crate::types::{AccountFilter, AccountProfile, Doomed, MadeAccount, StoredAccount};
use gw_model::{AccountId, Level, Membership, Micros, Role};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::str::FromStr;

const COLUMNS: &str =
    "id, parent, name, email, plan, policy, metadata, disabled, created_at, updated_at, revision, role, scim";

/// One that may be added: nothing of its id or name is there, and what it belongs to is.
const MISSING: &str = "SELECT 1 WHERE (?3 = '' OR EXISTS (SELECT 1 FROM accounts WHERE id = ?3)) AND NOT EXISTS \
     (SELECT 1 FROM accounts WHERE id = ?1 OR (level = ?2 AND parent = ?3 AND unique_name = ?4))";

/// Revokes a key for good: when, at which revision, which.
pub(super) const REVOKE: &str =
    "UPDATE keys SET revoked_at = ?1, updated_at = ?1, revision = ?2 WHERE id = ?3 AND revoked_at IS NULL";

impl AccountStore for SqliteStore {
    fn accounts(&self, filter: &AccountFilter) -> Result<Vec<StoredAccount>, StoreError> {
        let text = |id: &Option<AccountId>| id.map(|id| id.to_string());
        let members = filter.member_of.as_ref().map(|of| {
            let ids: Vec<String> = of.iter().map(|id| format!("\"{id}\"")).collect();
            format!("[{}]", ids.join(","))
        });
        self.read("list accounts", |db| {
            let mut query = db.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM accounts WHERE level = ?1 AND (?2 IS NULL OR parent = ?2) \
                 AND (?3 IS NULL OR name = ?3) AND (?4 IS NULL OR email = ?4) AND id > ?5 \
                 AND (?6 IS NULL OR id IN (SELECT user_id FROM memberships WHERE account IN (SELECT value FROM json_each(?6)))) \
                 AND (?8 IS NULL OR (parent <> '') = ?8) ORDER BY id LIMIT ?7"
            ))?;
            let given = params![
                filter.level.code(),
                text(&filter.parent),
                filter.name,
                filter.email,
                // A plain bound, so that the index leads there.
                text(&filter.after).unwrap_or_default(),
                members,
                i64::try_from(filter.limit).unwrap_or(i64::MAX),
                filter.belongs
            ];
            let rows: Vec<StoredAccount> = query.query_map(given, decode)?.collect::<Result<_, _>>()?;
            rows.into_iter().map(|account| with_memberships(db, account)).collect()
        })
    }

    fn account(&self, id: AccountId) -> Result<Option<StoredAccount>, StoreError> {
        self.read("read an account", |db| select(db, id))
    }

    fn create_account(
        &self,
        id: AccountId,
        parent: Option<AccountId>,
        profile: &AccountProfile,
        now: Micros,
    ) -> Result<StoredAccount, StoreError> {
        let (policy, metadata) = encode(profile)?;
        let made = self.change_accounts("create an account", &profile.name, |tx| {
            let revision = note(tx, id, now)?;
            insert(tx, id, parent, profile, (&policy, &metadata), now, revision)?;
            write_memberships(tx, id, &profile.memberships)?;
            select(tx, id)
        })?;
        made.ok_or(StoreError::Damaged { what: "an account just written" })
    }

    fn create_missing(&self, accounts: &[MadeAccount], now: Micros) -> Result<(), StoreError> {
        let texts = accounts.iter().map(|made| encode(&made.profile)).collect::<Result<Vec<_>, _>>()?;
        self.change_accounts("write accounts", "", |tx| {
            for (MadeAccount { id, parent, profile }, (policy, metadata)) in accounts.iter().zip(&texts) {
                let above = parent.map_or(String::new(), |id| id.to_string());
                let given = params![id.to_string(), id.level.code(), above, unique_name(*id, profile)];
                if tx.prepare_cached(MISSING)?.exists(given)? {
                    let revision = note(tx, *id, now)?;
                    insert(tx, *id, *parent, profile, (policy, metadata), now, revision)?;
                }
            }
            Ok(Some(()))
        })
        .map(drop)
    }

    fn update_account(
        &self,
        id: AccountId,
        profile: &AccountProfile,
        if_revision: Option<i64>,
        now: Micros,
    ) -> Result<Option<StoredAccount>, StoreError> {
        let (policy, metadata) = encode(profile)?;
        let mut outdated = None;
        let changed = self.change_accounts("change an account", &profile.name, |tx| {
            let Some(present) = revision_of(tx, id)? else { return Ok(None) };
            outdated = if_revision.filter(|expected| *expected != present).and(Some(present));
            if outdated.is_some() {
                return Ok(None);
            }
            let revision = note(tx, id, now)?;
            change(tx, id, profile, (&policy, &metadata), now, revision)?;
            write_memberships(tx, id, &profile.memberships)?;
            select(tx, id)
        })?;
        outdated.map_or(Ok(changed), |revision| Err(StoreError::Changed { revision }))
    }

    fn delete_accounts(
        &self,
        doomed: &Doomed,
        if_revision: Option<i64>,
        now: Micros,
    ) -> Result<(), StoreError> {
        let mut outdated = None;
        self.change_accounts("delete an account", "", |tx| {
            if let (Some(first), Some(expected)) = (doomed.accounts.first(), if_revision) {
                outdated = revision_of(tx, *first)?.filter(|present| *present != expected);
                if outdated.is_some() {
                    return Ok(None);
                }
            }
            for id in &doomed.accounts {
                delete(tx, *id, now)?;
            }
            for id in &doomed.keys {
                tx.execute(
                    "INSERT INTO changes (time, kind, id) VALUES (?, 'key', ?)",
                    params![now, id.to_string()],
                )?;
                tx.execute(REVOKE, params![now, tx.last_insert_rowid(), id_bytes(id.0)])?;
            }
            Ok(Some(()))
        })?;
        outdated.map_or(Ok(()), |revision| Err(StoreError::Changed { revision }))
    }
}

impl SqliteStore {
    /// Runs a change in a transaction. `None` from `work` undoes everything.
    fn change_accounts<T>(
        &self,
        operation: &'static str,
        name: &str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<Option<T>>,
    ) -> Result<Option<T>, StoreError> {
        self.write(work).map_err(|source: rusqlite::Error| {
            let text = source.to_string();
            if text.contains("accounts.unique_name") || text.contains("accounts.scim_name") {
                return StoreError::NameTaken { name: name.to_owned() };
            }
            StoreError::Query { operation, source }
        })
    }
}

pub(super) fn insert(
    tx: &Connection,
    id: AccountId,
    parent: Option<AccountId>,
    profile: &AccountProfile,
    (policy, metadata): (&str, &str),
    now: Micros,
    revision: i64,
) -> rusqlite::Result<()> {
    let mut write = tx.prepare_cached(
        "INSERT INTO accounts (id, level, parent, name, unique_name, email, plan, policy, metadata, disabled, \
         created_at, updated_at, revision, role, scim, scim_name) \
         VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?11,?12,?13,?14,?15)",
    )?;
    write.execute(params![
        id.to_string(),
        id.level.code(),
        parent.map_or(String::new(), |id| id.to_string()),
        profile.name,
        // Among what belongs to the same it is the name that must differ.
        if parent.is_some() { Cow::Borrowed(profile.name.as_str()) } else { unique_name(id, profile) },
        profile.email,
        profile.plan.map(|id| id.to_string()),
        policy,
        metadata,
        profile.disabled,
        now,
        revision,
        profile.gateway_role.map(Role::as_str),
        scim_text(profile)?,
        profile.scim.as_ref().and_then(|scim| scim.unique_name())
    ])?;
    Ok(())
}

pub(super) fn change(
    tx: &Connection,
    id: AccountId,
    profile: &AccountProfile,
    (policy, metadata): (&str, &str),
    now: Micros,
    revision: i64,
) -> rusqlite::Result<()> {
    let mut write = tx.prepare_cached(
        "UPDATE accounts SET name = ?2, unique_name = CASE WHEN parent <> '' THEN ?2 ELSE ?3 END, email = ?4, plan = ?5, policy = ?6, metadata = ?7, \
         disabled = ?8, updated_at = ?9, revision = ?10, role = ?11, scim = ?12, scim_name = ?13 WHERE id = ?1",
    )?;
    write.execute(params![
        id.to_string(),
        profile.name,
        unique_name(id, profile),
        profile.email,
        profile.plan.map(|id| id.to_string()),
        policy,
        metadata,
        profile.disabled,
        now,
        revision,
        profile.gateway_role.map(Role::as_str),
        scim_text(profile)?,
        profile.scim.as_ref().and_then(|scim| scim.unique_name())
    ])?;
    if profile.disabled { sign_in::end_sessions(tx, id) } else { Ok(()) }
}

/// What a directory says of somebody, in its column.
fn scim_text(profile: &AccountProfile) -> rusqlite::Result<Option<String>> {
    let text = profile.scim.as_ref().map(serde_json::to_string).transpose();
    text.map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

pub(super) fn delete(tx: &Connection, id: AccountId, now: Micros) -> rusqlite::Result<()> {
    note(tx, id, now)?;
    sign_in::forget(tx, id, now)?;
    let text = id.to_string();
    tx.execute("DELETE FROM memberships WHERE user_id = ?1 OR account = ?1", [&text])?;
    tx.execute("DELETE FROM scim_groups WHERE organization = ?", [&text])?;
    tx.execute("DELETE FROM alert_objects WHERE organization = ?", [&text])?;
    // What somebody shared with nobody goes with him.
    tx.execute(
        "DELETE FROM dataset_items WHERE dataset IN (SELECT id FROM datasets WHERE owner = ? AND place = '')",
        [&text],
    )?;
    tx.execute("DELETE FROM datasets WHERE owner = ? AND place = ''", [&text])?;
    tx.execute(
        "DELETE FROM evaluation_results WHERE evaluation IN (SELECT id FROM evaluations WHERE owner = ? AND place = '')",
        [&text],
    )?;
    tx.execute("DELETE FROM evaluations WHERE owner = ? AND place = ''", [&text])?;
    tx.execute("DELETE FROM saved_views WHERE owner = ? AND place = ''", [&text])?;
    tx.execute("DELETE FROM accounts WHERE id = ?", [&text]).map(drop)
}

/// Lists a change, and gives its revision.
pub(super) fn note(tx: &Connection, id: AccountId, now: Micros) -> rusqlite::Result<i64> {
    tx.execute(
        "INSERT INTO changes (time, kind, id) VALUES (?, ?, ?)",
        params![now, id.level.as_str(), id.to_string()],
    )?;
    Ok(tx.last_insert_rowid())
}

pub(super) fn revision_of(db: &Connection, id: AccountId) -> rusqlite::Result<Option<i64>> {
    db.query_row("SELECT revision FROM accounts WHERE id = ?", [id.to_string()], |row| row.get(0)).optional()
}

/// Several people may have the same name, and some have no address.
fn unique_name(id: AccountId, profile: &AccountProfile) -> Cow<'_, str> {
    match (&profile.email, id.level) {
        (Some(email), _) => Cow::Borrowed(email),
        (None, Level::User) => Cow::Owned(id.to_string()),
        (None, _) => Cow::Borrowed(&profile.name),
    }
}

pub(super) fn write_memberships(
    tx: &Connection,
    user: AccountId,
    list: &[Membership],
) -> rusqlite::Result<()> {
    if user.level != Level::User {
        return Ok(());
    }
    let user = user.to_string();
    tx.execute("DELETE FROM memberships WHERE user_id = ?", [&user])?;
    for membership in list {
        tx.execute(
            "INSERT INTO memberships (user_id, account, role, given_by) VALUES (?,?,?,?)",
            params![
                user,
                membership.account.to_string(),
                membership.role.as_str(),
                membership.given_by.as_deref()
            ],
        )?;
    }
    Ok(())
}

fn with_memberships(db: &Connection, mut account: StoredAccount) -> rusqlite::Result<StoredAccount> {
    if account.id.level == Level::User {
        let mut query = db.prepare_cached(
            "SELECT account, role, given_by FROM memberships WHERE user_id = ? ORDER BY account",
        )?;
        let rows = query.query_map([account.id.to_string()], |row| {
            let role: String = row.get(1)?;
            let role = Role::from_name(&role).ok_or_else(|| unreadable(1))?;
            Ok(Membership { account: id(row, 0)?, role, given_by: row.get(2)? })
        })?;
        account.profile.memberships = rows.collect::<Result<_, _>>()?;
    }
    Ok(account)
}

fn select(db: &Connection, id: AccountId) -> rusqlite::Result<Option<StoredAccount>> {
    let mut query = db.prepare_cached(&format!("SELECT {COLUMNS} FROM accounts WHERE id = ?"))?;
    let found = query.query_row([id.to_string()], decode).optional()?;
    found.map(|account| with_memberships(db, account)).transpose()
}

pub(super) fn encode(profile: &AccountProfile) -> Result<(String, String), StoreError> {
    let damaged = |_| StoreError::Damaged { what: "an account's policy" };
    let policy = serde_json::to_string(&profile.policy).map_err(damaged)?;
    Ok((policy, serde_json::to_string(&profile.metadata).map_err(damaged)?))
}

fn decode(row: &Row<'_>) -> rusqlite::Result<StoredAccount> {
    let parent: String = row.get(1)?;
    let plan: Option<String> = row.get(4)?;
    Ok(StoredAccount {
        id: id(row, 0)?,
        parent: if parent.is_empty() { None } else { Some(id(row, 1)?) },
        profile: AccountProfile {
            name: row.get(2)?,
            email: row.get(3)?,
            plan: plan.map(|_| id(row, 4)).transpose()?,
            policy: json(row, 5)?,
            metadata: json(row, 6)?,
            disabled: row.get(7)?,
            memberships: Vec::new(),
            gateway_role: match row.get::<_, Option<String>>(11)? {
                None => None,
                Some(name) => Some(Role::from_name(&name).ok_or_else(|| unreadable(11))?),
            },
            scim: match row.get::<_, Option<String>>(12)? {
                None => None,
                Some(_) => Some(json(row, 12)?),
            },
        },
        created_at: row.get(8)?,
        updated_at: row.get(9)?,
        revision: row.get(10)?,
    })
}

fn id(row: &Row<'_>, column: usize) -> rusqlite::Result<AccountId> {
    let text: String = row.get(column)?;
    AccountId::from_str(&text).map_err(|_| unreadable(column))
}

fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text)
        .map_err(|source| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(source)))
}

fn unreadable(column: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, "it can not be read".into())
}
