//! Accounts above and beside keys, plans, and who belongs to what. Whoever changes them holds the lock of all changes.

use super::bytes::{Id, clean, code, limit};
use super::db::{ANSWER_LIMIT, BULK_LIMIT, PostgresStore};
use super::directory::{IN_ORDER, NOTE, WAKE};
use super::fault::Fault;
use super::session::{Db, Values};
use super::sign_in;
use crate::error::StoreError;
use crate::traits::AccountStore;
use crate::types::{AccountFilter, AccountProfile, Doomed, MadeAccount, StoredAccount};
use gw_model::{AccountId, Level, Membership, Micros, Role};
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::str::FromStr;
use std::sync::Arc;
use tokio_postgres::Row;

const COLUMNS: &str = "id, parent, name, email, plan, policy, metadata, disabled, created_at, updated_at, revision, level, role, scim";
const LIST: &str = "level = $1 AND ($2::text IS NULL OR parent = $2) AND ($3::text IS NULL OR name = $3) \
     AND ($4::text IS NULL OR email = $4) AND id > $5 \
     AND ($6::text[] IS NULL OR id IN (SELECT user_id FROM memberships WHERE account = ANY($6))) \
     AND ($8::boolean IS NULL OR (parent <> '') = $8) ORDER BY id LIMIT $7";
const INSERT: &str = "INSERT INTO accounts (id, level, parent, name, unique_name, email, plan, policy, metadata, \
     disabled, created_at, updated_at, revision, role, scim, scim_name) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $13, $14, $15)";
const UPDATE: &str = "UPDATE accounts SET name = $2, \
     unique_name = CASE WHEN parent <> '' THEN $2 ELSE $3 END, email = $4, plan = $5, policy = $6, metadata = $7, disabled = $8, updated_at = $9, revision = $10, role = $11, scim = $12, scim_name = $13 \
     WHERE id = $1";
/// One that may be added: nothing of its id or name is there, and what it belongs to is.
const MISSING: &str = "SELECT 1 WHERE ($3 = '' OR EXISTS (SELECT 1 FROM accounts WHERE id = $3)) AND NOT EXISTS \
     (SELECT 1 FROM accounts WHERE id = $1 OR (level = $2 AND parent = $3 AND unique_name = $4))";
pub(super) const REVOKE: &str =
    "UPDATE keys SET revoked_at = $1, updated_at = $1, revision = $2 WHERE id = $3 AND revoked_at IS NULL";

impl PostgresStore {
    /// Is there anything above or beside keys?
    pub(super) fn has_accounts(&self) -> Result<bool, StoreError> {
        self.run("look for accounts", ANSWER_LIMIT, async |db| {
            let rows = db.query("SELECT 1 FROM accounts LIMIT 1", &[]).await?;
            Ok(!rows.is_empty())
        })
    }
}

impl AccountStore for PostgresStore {
    fn accounts(&self, filter: &AccountFilter) -> Result<Vec<StoredAccount>, StoreError> {
        let text = |id: &Option<AccountId>| id.map(|id| id.to_string());
        let parent = text(&filter.parent);
        let member_of: Option<Vec<String>> =
            filter.member_of.as_ref().map(|of| of.iter().map(AccountId::to_string).collect());
        // A plain bound, so that the index leads there.
        let after = text(&filter.after).unwrap_or_default();
        let (name, email) = (filter.name.as_deref().map(clean), filter.email.as_deref().map(clean));
        let level = i16::from(filter.level.code());
        let sql = format!("SELECT {COLUMNS} FROM accounts WHERE {LIST}");
        let read = self.run("list accounts", BULK_LIMIT, async |db| {
            let rows = limit(filter.limit);
            let values: Values<'_> =
                &[&level, &parent, &name, &email, &after, &member_of, &rows, &filter.belongs];
            let rows = db.query(&sql, values).await?;
            read(db, &rows).await
        });
        self.standby.or_accounts(read, filter)
    }

    fn account(&self, id: AccountId) -> Result<Option<StoredAccount>, StoreError> {
        self.run("read an account", ANSWER_LIMIT, async |db| select(db, id).await)
    }

    fn accounts_of(&self, ids: &[AccountId]) -> Result<Vec<StoredAccount>, StoreError> {
        let ids: Vec<String> = ids.iter().map(AccountId::to_string).collect();
        self.run("read accounts", BULK_LIMIT, async |db| {
            let sql = format!("SELECT {COLUMNS} FROM accounts WHERE id = ANY($1)");
            let rows = db.query(&sql, &[&ids]).await?;
            read(db, &rows).await
        })
    }

    fn create_account(
        &self,
        id: AccountId,
        parent: Option<AccountId>,
        profile: &AccountProfile,
        now: Micros,
    ) -> Result<StoredAccount, StoreError> {
        let columns = Columns::of(id, profile)?;
        let made =
            self.change_account("create an account", now, id, &profile.name, async |db, revision| {
                insert(db, id, parent, &columns, now, revision).await?;
                write_memberships(db, id, &profile.memberships).await?;
                select(db, id).await
            })?;
        made.ok_or(StoreError::Damaged { what: "an account just written" })
    }

    fn create_missing(&self, accounts: &[MadeAccount], now: Micros) -> Result<(), StoreError> {
        self.retried("write accounts", BULK_LIMIT, async |db| {
            db.batch(IN_ORDER).await?;
            for MadeAccount { id, parent, profile } in accounts {
                let columns = Columns::of(*id, profile)?;
                let (text, level) = (id.to_string(), i16::from(id.level.code()));
                let above = parent.map_or(String::new(), |id| id.to_string());
                if db.first(MISSING, &[&text, &level, &above, &columns.unique_name]).await?.is_some() {
                    let revision = note(db, *id, now).await?;
                    insert(db, *id, *parent, &columns, now, revision).await?;
                }
            }
            db.batch(WAKE).await
        })
    }

    fn update_account(
        &self,
        id: AccountId,
        profile: &AccountProfile,
        if_revision: Option<i64>,
        now: Micros,
    ) -> Result<Option<StoredAccount>, StoreError> {
        let columns = Columns::of(id, profile)?;
        self.change_account("change an account", now, id, &profile.name, async |db, revision| {
            let Some(present) = revision_of(db, id).await? else { return Ok(None) };
            expect(if_revision, present)?;
            change(db, id, &columns, now, revision).await?;
            write_memberships(db, id, &profile.memberships).await?;
            select(db, id).await
        })
    }

    fn delete_accounts(
        &self,
        doomed: &Doomed,
        if_revision: Option<i64>,
        now: Micros,
    ) -> Result<(), StoreError> {
        self.transaction("delete an account", BULK_LIMIT, async |db| {
            db.batch(IN_ORDER).await?;
            if let Some(first) = doomed.accounts.first()
                && let Some(present) = revision_of(db, *first).await?
            {
                expect(if_revision, present)?;
            }
            for id in &doomed.accounts {
                delete(db, *id, now).await?;
            }
            for id in &doomed.keys {
                let revision: i64 = db.one(NOTE, &[&now, &"key", &id.to_string()]).await?.try_get(0)?;
                db.execute(REVOKE, &[&now, &revision, &Id(id.0)]).await?;
            }
            db.batch(WAKE).await
        })
    }
}

impl PostgresStore {
    fn change_account<T>(
        &self,
        operation: &'static str,
        now: Micros,
        id: AccountId,
        name: &str,
        work: impl AsyncFnOnce(&mut Db<'_>, i64) -> Result<Option<T>, Fault>,
    ) -> Result<Option<T>, StoreError> {
        self.change(operation, (now, id.level.as_str(), &id.to_string()), async |db, revision| {
            work(db, revision).await.map_err(|fault| match fault.is_taken() {
                true => StoreError::NameTaken { name: name.to_owned() }.into(),
                false => fault,
            })
        })
    }
}

/// A profile as it stands in the columns.
pub(super) struct Columns<'p> {
    name: Cow<'p, str>,
    /// Several people may have the same name, and some have no address.
    unique_name: Cow<'p, str>,
    email: Option<Cow<'p, str>>,
    plan: Option<String>,
    policy: String,
    metadata: String,
    disabled: bool,
    role: Option<&'static str>,
    scim: Option<String>,
    scim_name: Option<String>,
}

impl<'p> Columns<'p> {
    pub(super) fn of(id: AccountId, profile: &'p AccountProfile) -> Result<Self, StoreError> {
        let damaged = |_| StoreError::Damaged { what: "an account's policy" };
        Ok(Self {
            name: clean(&profile.name),
            unique_name: match (&profile.email, id.level) {
                (Some(email), _) => clean(email),
                (None, Level::User) => Cow::Owned(id.to_string()),
                (None, _) => clean(&profile.name),
            },
            email: profile.email.as_deref().map(clean),
            plan: profile.plan.map(|id| id.to_string()),
            policy: serde_json::to_string(&profile.policy).map_err(damaged)?,
            metadata: serde_json::to_string(&profile.metadata).map_err(damaged)?,
            disabled: profile.disabled,
            role: profile.gateway_role.map(Role::as_str),
            scim: profile.scim.as_ref().map(serde_json::to_string).transpose().map_err(damaged)?,
            scim_name: profile.scim.as_ref().and_then(|scim| scim.unique_name()),
        })
    }
}

pub(super) async fn insert(
    db: &mut Db<'_>,
    id: AccountId,
    parent: Option<AccountId>,
    c: &Columns<'_>,
    now: Micros,
    revision: i64,
) -> Result<(), Fault> {
    let values: Values<'_> = &[
        &id.to_string(),
        &i16::from(id.level.code()),
        &parent.map_or(String::new(), |id| id.to_string()),
        &c.name,
        // Among what belongs to the same it is the name that must differ.
        if parent.is_some() { &c.name } else { &c.unique_name },
        &c.email,
        &c.plan,
        &c.policy,
        &c.metadata,
        &c.disabled,
        &now,
        &revision,
        &c.role,
        &c.scim,
        &c.scim_name,
    ];
    db.execute(INSERT, values).await.map(drop)
}

pub(super) async fn change(
    db: &mut Db<'_>,
    id: AccountId,
    c: &Columns<'_>,
    now: Micros,
    revision: i64,
) -> Result<(), Fault> {
    let values: Values<'_> = &[
        &id.to_string(),
        &c.name,
        &c.unique_name,
        &c.email,
        &c.plan,
        &c.policy,
        &c.metadata,
        &c.disabled,
        &now,
        &revision,
        &c.role,
        &c.scim,
        &c.scim_name,
    ];
    db.execute(UPDATE, values).await?;
    if c.disabled { sign_in::end_sessions(db, id).await } else { Ok(()) }
}

/// Lists a change, and gives its revision.
pub(super) async fn note(db: &mut Db<'_>, id: AccountId, now: Micros) -> Result<i64, Fault> {
    Ok(db.one(NOTE, &[&now, &id.level.as_str(), &id.to_string()]).await?.try_get(0)?)
}

pub(super) async fn delete(db: &mut Db<'_>, id: AccountId, now: Micros) -> Result<(), Fault> {
    note(db, id, now).await?;
    sign_in::forget(db, id, now).await?;
    let text = id.to_string();
    db.execute("DELETE FROM memberships WHERE user_id = $1 OR account = $1", &[&text]).await?;
    db.execute("DELETE FROM scim_groups WHERE organization = $1", &[&text]).await?;
    db.execute("DELETE FROM alert_objects WHERE organization = $1", &[&text]).await?;
    // What somebody shared with nobody goes with him.
    for sql in OWN {
        db.execute(sql, &[&text]).await?;
    }
    db.execute("DELETE FROM accounts WHERE id = $1", &[&text]).await.map(drop)
}

/// Removes what is somebody's alone.
const OWN: [&str; 5] = [
    "DELETE FROM dataset_items WHERE dataset IN (SELECT id FROM datasets WHERE owner = $1 AND place = '')",
    "DELETE FROM datasets WHERE owner = $1 AND place = ''",
    "DELETE FROM evaluation_results WHERE evaluation IN \
     (SELECT id FROM evaluations WHERE owner = $1 AND place = '')",
    "DELETE FROM evaluations WHERE owner = $1 AND place = ''",
    "DELETE FROM saved_views WHERE owner = $1 AND place = ''",
];

fn expect(if_revision: Option<i64>, present: i64) -> Result<(), Fault> {
    match if_revision {
        Some(expected) if expected != present => Err(StoreError::Changed { revision: present }.into()),
        _ => Ok(()),
    }
}

pub(super) async fn revision_of(db: &mut Db<'_>, id: AccountId) -> Result<Option<i64>, Fault> {
    let row = db.first("SELECT revision FROM accounts WHERE id = $1", &[&id.to_string()]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

pub(super) async fn write_memberships(
    db: &mut Db<'_>,
    user: AccountId,
    list: &[Membership],
) -> Result<(), Fault> {
    if user.level != Level::User {
        return Ok(());
    }
    let user = user.to_string();
    db.execute("DELETE FROM memberships WHERE user_id = $1", &[&user]).await?;
    let accounts: Vec<String> = list.iter().map(|membership| membership.account.to_string()).collect();
    let roles: Vec<&str> = list.iter().map(|membership| membership.role.as_str()).collect();
    let givers: Vec<Option<&str>> = list.iter().map(|membership| membership.given_by.as_deref()).collect();
    let sql = "INSERT INTO memberships (user_id, account, role, given_by) SELECT $1, account, role, given_by \
               FROM unnest($2::text[], $3::text[], $4::text[]) AS t (account, role, given_by)";
    db.execute(sql, &[&user, &accounts, &roles, &givers]).await.map(drop)
}

async fn select(db: &mut Db<'_>, id: AccountId) -> Result<Option<StoredAccount>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM accounts WHERE id = $1");
    let rows = db.query(&sql, &[&id.to_string()]).await?;
    Ok(read(db, &rows).await?.pop())
}

/// Accounts of these rows, with what users belong to.
async fn read(db: &mut Db<'_>, rows: &[Row]) -> Result<Vec<StoredAccount>, Fault> {
    let mut all = rows.iter().map(decode).collect::<Result<Vec<StoredAccount>, Fault>>()?;
    let of_users = all.iter().filter(|account| account.id.level == Level::User);
    let users: Vec<String> = of_users.map(|account| account.id.to_string()).collect();
    if users.is_empty() {
        return Ok(all);
    }
    let sql = "SELECT user_id, account, role, given_by FROM memberships WHERE user_id = ANY($1) ORDER BY user_id, account";
    let places: std::collections::HashMap<AccountId, usize> =
        all.iter().enumerate().map(|(place, account)| (account.id, place)).collect();
    for row in db.query(sql, &[&users]).await? {
        let role = Role::from_name(row.try_get(2)?);
        let role = role.ok_or(StoreError::Damaged { what: "the role of a membership" })?;
        let given_by = row.try_get::<_, Option<&str>>(3)?.map(Arc::from);
        let membership = Membership { account: id(row.try_get(1)?)?, role, given_by };
        let place = places.get(&id(row.try_get(0)?)?).copied();
        if let Some(user) = place.and_then(|place| all.get_mut(place)) {
            user.profile.memberships.push(membership);
        }
    }
    Ok(all)
}

fn decode(row: &Row) -> Result<StoredAccount, Fault> {
    let found = id(row.try_get(0)?)?;
    if found.level.code() != code(row, 11)? {
        return Err(StoreError::Damaged { what: "the level of an account" }.into());
    }
    let parent: &str = row.try_get(1)?;
    let plan: Option<&str> = row.try_get(4)?;
    Ok(StoredAccount {
        id: found,
        parent: if parent.is_empty() { None } else { Some(id(parent)?) },
        profile: AccountProfile {
            name: row.try_get(2)?,
            email: row.try_get(3)?,
            plan: plan.map(id).transpose()?,
            policy: json(row, 5)?,
            metadata: json(row, 6)?,
            disabled: row.try_get(7)?,
            memberships: Vec::new(),
            gateway_role: match row.try_get::<_, Option<&str>>(12)? {
                None => None,
                Some(name) => {
                    let role = Role::from_name(name);
                    Some(role.ok_or(StoreError::Damaged { what: "the role of a user" })?)
                }
            },
            scim: match row.try_get::<_, Option<&str>>(13)? {
                None => None,
                Some(_) => Some(json(row, 13)?),
            },
        },
        created_at: row.try_get(8)?,
        updated_at: row.try_get(9)?,
        revision: row.try_get(10)?,
    })
}

fn id(text: &str) -> Result<AccountId, Fault> {
    AccountId::from_str(text).map_err(|_| StoreError::Damaged { what: "the id of an account" }.into())
}

fn json<T: DeserializeOwned>(row: &Row, column: usize) -> Result<T, Fault> {
    let damaged = |_| StoreError::Damaged { what: "an account's policy" };
    Ok(serde_json::from_str(row.try_get(column)?).map_err(damaged)?)
}
