//! The copy of the last state as a file: blocks, each sealed for its place in this one file, so that none can be
//! left out, repeated or moved to another. It is replaced whole; a file that is not whole is none.
//!
//! `GWSTATE1 | id 16 | (length u32, little-endian | sealed block)*`; a block is JSON, and the last says how many there
//! are.

mod accounts;
mod blocks;

use crate::data_dir::replace_file;
use crate::error::StoreError;
use crate::keys::hex;
use crate::memory::{Retiring, SpentByPeriod};
use crate::seal::Seal;
use crate::types::{
    RouteVersion, StoredAccount, StoredBlock, StoredCredential, StoredKey, StoredRoute, VersionState,
};
use accounts::AccountOut;
use blocks::BlockOut;
use gw_model::limits::Period;
use gw_model::{AccountId, KeyId, KeyPolicy, Micros, NanoUsd};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::Path;

/// The file in the data directory.
const FILE: &str = "last-state.sealed";
const MAGIC: &[u8; 8] = b"GWSTATE1";
/// Rows of one block.
const ROWS: usize = 5_000;

/// What stood in the database at some time.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Copy {
    /// When it was taken.
    pub(in super::super) taken_at: Micros,
    /// The latest change that is in it.
    pub(in super::super) revision: i64,
    /// Keys in force, in the order of ids.
    pub(in super::super) keys: Vec<StoredKey>,
    /// Accounts of each level in the order of ids.
    pub(in super::super) accounts: Vec<StoredAccount>,
    pub(in super::super) credentials: Vec<StoredCredential>,
    pub(in super::super) blocks: Vec<StoredBlock>,
    pub(in super::super) routes: Vec<StoredRoute>,
    /// In the windows that held `taken_at`.
    pub(in super::super) spent: Vec<(KeyId, SpentByPeriod)>,
    /// The same of accounts above and beside keys.
    pub(in super::super) accounts_spent: Vec<(AccountId, SpentByPeriod)>,
}

impl Copy {
    /// What was spent in the windows that hold `now`: a window that began since is empty.
    pub(super) fn spent_at(&self, now: Micros) -> Vec<(KeyId, SpentByPeriod)> {
        self.spent.iter().map(|(key, spent)| (*key, self.at(spent, now))).collect()
    }

    /// The same of accounts: of one, or of all.
    pub(super) fn accounts_spent_at(
        &self,
        of: Option<AccountId>,
        now: Micros,
    ) -> Vec<(AccountId, SpentByPeriod)> {
        let wanted = self.accounts_spent.iter().filter(|(id, _)| of.is_none_or(|of| of == *id));
        wanted.map(|(id, spent)| (*id, self.at(spent, now))).collect()
    }

    fn at(&self, spent: &SpentByPeriod, now: Micros) -> SpentByPeriod {
        let [of_day, of_week, of_month] = spent.before;
        let kept = |period: Period, sum: NanoUsd, before: NanoUsd| {
            let (then, start) = (period.window_start(self.taken_at), period.window_start(now));
            match then == start {
                true => (sum, before),
                // Of the window before, too, only what was spent by then is known.
                false if period.window_end(then) == Some(start) => (NanoUsd::ZERO, sum),
                false => (NanoUsd::ZERO, NanoUsd::ZERO),
            }
        };
        let (day, before_day) = kept(Period::Day, spent.day, of_day);
        let (week, before_week) = kept(Period::Week, spent.week, of_week);
        let (month, before_month) = kept(Period::Month, spent.month, of_month);
        SpentByPeriod {
            day,
            week,
            month,
            total: spent.total,
            before: [before_day, before_week, before_month],
        }
    }

    pub(super) fn write(&self, dir: &Path, seal: &Seal) -> Result<(), StoreError> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(StoreError::Random)?;
        let mut file = Writer { out: [MAGIC.as_slice(), &id].concat(), id, blocks: 0, seal };
        for keys in self.keys.chunks(ROWS) {
            file.block(&Block::Keys(keys.iter().map(KeyOut::of).collect()))?;
        }
        for accounts in self.accounts.chunks(ROWS) {
            file.block(&Block::Accounts(accounts.iter().map(AccountOut::of).collect()))?;
        }
        for spent in self.spent.chunks(ROWS) {
            file.block(&Block::Spent(spent.iter().map(|(key, spent)| SpentOut::of(*key, spent)).collect()))?;
        }
        for spent in self.accounts_spent.chunks(ROWS) {
            let spent = spent.iter().map(|(id, spent)| (*id, SpentOut::windows(spent)));
            file.block(&Block::AccountsSpent(spent.collect()))?;
        }
        let before = self.accounts_spent.iter().map(|(id, spent)| (*id, SpentOut::before(spent)));
        let before: Vec<_> = before.filter(|(_, before)| *before != [0; 3]).collect();
        for before in before.chunks(ROWS) {
            file.block(&Block::AccountsBefore(before.to_vec()))?;
        }
        file.block(&Block::Credentials(self.credentials.iter().map(CredentialOut::of).collect()))?;
        // An earlier version does not know them, and need not where there are none.
        if !self.blocks.is_empty() {
            file.block(&Block::Config(self.blocks.iter().map(BlockOut::of).collect()))?;
        }
        for route in &self.routes {
            file.block(&Block::Route(RouteOut::of(route)))?;
        }
        let blocks = file.blocks;
        file.block(&Block::End { blocks, revision: self.revision, taken_at: self.taken_at })?;
        replace_file(dir, FILE, &file.out)
    }

    /// `None` when there is no file. Errors: it is not whole, or sealed with another key.
    pub(super) fn read(dir: &Path, seal: &Seal) -> Result<Option<Self>, StoreError> {
        let path = dir.join(FILE);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io("read", &path)(error)),
        };
        let damaged = || StoreError::Damaged { what: "the copy of the last state" };
        let (id, mut rest) =
            bytes.strip_prefix(MAGIC).and_then(|rest| rest.split_first_chunk::<16>()).ok_or_else(damaged)?;
        let (mut copy, mut number) = (Self::default(), 0u32);
        while let Some((length, behind)) = rest.split_first_chunk::<4>() {
            let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| damaged())?;
            let (sealed, behind) = behind.split_at_checked(length).ok_or_else(damaged)?;
            rest = behind;
            let text = seal.open(&place(id, number), sealed)?;
            let block: Block = serde_json::from_slice(&text).map_err(|_| damaged())?;
            if let Block::End { blocks, revision, taken_at } = block {
                (copy.revision, copy.taken_at) = (revision, taken_at);
                return if blocks == number && rest.is_empty() { Ok(Some(copy)) } else { Err(damaged()) };
            }
            copy.take(block).ok_or_else(damaged)?;
            number += 1;
        }
        Err(damaged())
    }

    fn take(&mut self, block: Block) -> Option<()> {
        match block {
            Block::Keys(keys) => {
                for key in keys {
                    self.keys.push(key.key()?);
                }
            }
            Block::Accounts(accounts) => {
                for account in accounts {
                    self.accounts.push(account.account()?);
                }
            }
            Block::Spent(spent) => self.spent.extend(spent.iter().map(SpentOut::spent)),
            Block::AccountsSpent(spent) => {
                let of = |(id, windows): (AccountId, [u64; 4])| (id, SpentOut::by_period(windows, [0; 3]));
                self.accounts_spent.extend(spent.into_iter().map(of));
            }
            Block::AccountsBefore(before) => {
                let mut before: HashMap<AccountId, [u64; 3]> = before.into_iter().collect();
                for (id, spent) in &mut self.accounts_spent {
                    spent.before = before.remove(id).unwrap_or_default().map(NanoUsd);
                }
            }
            Block::Credentials(all) => {
                self.credentials.extend(all.into_iter().map(CredentialOut::credential))
            }
            Block::Config(all) => self.blocks.extend(all.into_iter().map(BlockOut::block)),
            Block::Route(route) => self.routes.push(route.route()?),
            Block::End { .. } => {}
        }
        Some(())
    }
}

fn place(id: &[u8; 16], number: u32) -> Vec<u8> {
    [id.as_slice(), &number.to_le_bytes()].concat()
}

struct Writer<'a> {
    out: Vec<u8>,
    id: [u8; 16],
    blocks: u32,
    seal: &'a Seal,
}

impl Writer<'_> {
    fn block(&mut self, block: &Block) -> Result<(), StoreError> {
        let damaged = |_| StoreError::Damaged { what: "the state" };
        let text = serde_json::to_vec(block).map_err(damaged)?;
        let sealed = self.seal.seal(&place(&self.id, self.blocks), &text)?;
        let length = u32::try_from(sealed.len()).map_err(|_| StoreError::Damaged { what: "the state" })?;
        self.out.extend_from_slice(&length.to_le_bytes());
        self.out.extend_from_slice(&sealed);
        self.blocks += 1;
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
enum Block {
    Keys(Vec<KeyOut>),
    Accounts(Vec<AccountOut>),
    Spent(Vec<SpentOut>),
    AccountsSpent(Vec<(AccountId, [u64; 4])>),
    /// In the windows before, of those that spent something in them.
    AccountsBefore(Vec<(AccountId, [u64; 3])>),
    Credentials(Vec<CredentialOut>),
    /// Providers and models that the API manages.
    Config(Vec<BlockOut>),
    Route(RouteOut),
    End {
        blocks: u32,
        revision: i64,
        taken_at: i64,
    },
}

#[derive(Serialize, Deserialize)]
struct KeyOut {
    id: u128,
    digest: String,
    pepper: u32,
    prefix: String,
    last4: String,
    policy: KeyPolicy,
    created_at: i64,
    updated_at: i64,
    revision: i64,
    /// Digest of the secret before the present one, and until when it is good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retiring: Option<(String, i64)>,
}

impl KeyOut {
    fn of(key: &StoredKey) -> Self {
        Self {
            id: key.id.0,
            digest: hex(&key.digest),
            pepper: key.pepper,
            prefix: key.prefix.clone(),
            last4: key.last4.clone(),
            policy: key.policy.clone(),
            created_at: key.created_at,
            updated_at: key.updated_at,
            revision: key.revision,
            retiring: key.retiring.map(|old| (hex(&old.digest), old.until)),
        }
    }

    fn key(self) -> Option<StoredKey> {
        let retiring = match self.retiring {
            Some((digest, until)) => Some(Retiring { digest: from_hex(&digest)?, until }),
            None => None,
        };
        Some(StoredKey {
            id: KeyId(self.id),
            digest: from_hex(&self.digest)?,
            pepper: self.pepper,
            prefix: self.prefix,
            last4: self.last4,
            policy: self.policy,
            created_at: self.created_at,
            updated_at: self.updated_at,
            revoked_at: None,
            revision: self.revision,
            retiring,
        })
    }
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    for (place, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(place * 2..place * 2 + 2)?, 16).ok()?;
    }
    Some(digest)
}

#[derive(Serialize, Deserialize)]
struct SpentOut {
    key: u128,
    windows: [u64; 4],
    /// In the windows before.
    #[serde(default)]
    before: [u64; 3],
}

impl SpentOut {
    fn of(key: KeyId, spent: &SpentByPeriod) -> Self {
        Self { key: key.0, windows: Self::windows(spent), before: Self::before(spent) }
    }

    fn spent(&self) -> (KeyId, SpentByPeriod) {
        (KeyId(self.key), Self::by_period(self.windows, self.before))
    }

    const fn windows(spent: &SpentByPeriod) -> [u64; 4] {
        [spent.day.0, spent.week.0, spent.month.0, spent.total.0]
    }

    fn before(spent: &SpentByPeriod) -> [u64; 3] {
        spent.before.map(|amount| amount.0)
    }

    fn by_period(windows: [u64; 4], before: [u64; 3]) -> SpentByPeriod {
        let [day, week, month, total] = windows.map(NanoUsd);
        SpentByPeriod { day, week, month, total, before: before.map(NanoUsd) }
    }
}

#[derive(Serialize, Deserialize)]
struct CredentialOut {
    name: String,
    sealed: Vec<u8>,
    last4: String,
    description: String,
    created_at: i64,
    updated_at: i64,
}

impl CredentialOut {
    fn of(credential: &StoredCredential) -> Self {
        let StoredCredential { name, sealed, last4, description, created_at, updated_at } =
            credential.clone();
        Self { name, sealed, last4, description, created_at, updated_at }
    }

    fn credential(self) -> StoredCredential {
        let Self { name, sealed, last4, description, created_at, updated_at } = self;
        StoredCredential { name, sealed, last4, description, created_at, updated_at }
    }
}

#[derive(Serialize, Deserialize)]
struct RouteOut {
    id: String,
    name: String,
    created_at: i64,
    updated_at: i64,
    revision: i64,
    versions: Vec<VersionOut>,
}

#[derive(Serialize, Deserialize)]
struct VersionOut {
    number: i64,
    document: String,
    state: String,
    author: String,
    note: String,
    created_at: i64,
    published_at: Option<i64>,
}

impl RouteOut {
    fn of(route: &StoredRoute) -> Self {
        let version = |version: &RouteVersion| VersionOut {
            number: version.number,
            document: version.document.clone(),
            state: version.state.as_str().to_owned(),
            author: version.author.clone(),
            note: version.note.clone(),
            created_at: version.created_at,
            published_at: version.published_at,
        };
        Self {
            id: route.id.clone(),
            name: route.name.clone(),
            created_at: route.created_at,
            updated_at: route.updated_at,
            revision: route.revision,
            versions: route.versions.iter().map(version).collect(),
        }
    }

    fn route(self) -> Option<StoredRoute> {
        let version = |version: VersionOut| {
            Some(RouteVersion {
                number: version.number,
                document: version.document,
                state: VersionState::from_name(&version.state)?,
                author: version.author,
                note: version.note,
                created_at: version.created_at,
                published_at: version.published_at,
            })
        };
        Some(StoredRoute {
            id: self.id,
            name: self.name,
            created_at: self.created_at,
            updated_at: self.updated_at,
            revision: self.revision,
            versions: self.versions.into_iter().map(version).collect::<Option<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests;
