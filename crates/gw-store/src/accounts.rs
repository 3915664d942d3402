//! The accounts of a call as bytes, the same in the journal and in the database: for each the code of its level and
//! its number, big-endian. Serves the record stage and the fold. It must not know what an account allows.

use gw_model::{AccountId, Level};
use smallvec::SmallVec;

/// Bytes of one account.
pub(crate) const ACCOUNT_BYTES: usize = 17;

/// One account as bytes. In the order of these bytes, accounts of a level stand together.
pub(crate) type AccountBytes = [u8; ACCOUNT_BYTES];

/// The bytes of one account.
pub(crate) fn bytes_of(id: AccountId) -> AccountBytes {
    let mut bytes = [0; ACCOUNT_BYTES];
    let (level, number) = bytes.split_at_mut(1);
    level.fill(id.level.code());
    number.copy_from_slice(&id.number.to_be_bytes());
    bytes
}

/// The account of these bytes; `None` when only a later version knows its level.
pub(crate) fn account_of(bytes: &AccountBytes) -> Option<AccountId> {
    let (level, number) = bytes.split_first_chunk::<1>()?;
    let number = u128::from_be_bytes(number.try_into().ok()?);
    Level::from_code(level[0]).map(|level| AccountId { level, number })
}

/// The bytes of several accounts.
pub(crate) fn pack(accounts: &[AccountId]) -> SmallVec<[u8; 8 * ACCOUNT_BYTES]> {
    accounts.iter().flat_map(|id| bytes_of(*id)).collect()
}

/// The accounts in such bytes, each as bytes: what a later version knows is kept.
pub(crate) fn each(packed: &[u8]) -> impl Iterator<Item = &AccountBytes> {
    packed.as_chunks::<ACCOUNT_BYTES>().0.iter()
}

/// The accounts in such bytes that this version knows.
pub(crate) fn unpack(packed: &[u8]) -> Vec<AccountId> {
    each(packed).filter_map(account_of).collect()
}

/// Is it one of those that make a caller: a user, a project, a team, an organization?
pub(crate) fn is_of_caller(account: &AccountBytes) -> bool {
    let levels = [Level::User, Level::Project, Level::Team, Level::Organization];
    levels.iter().any(|level| account.first() == Some(&level.code()))
}

/// The accounts of these that make a caller.
pub(crate) fn callers(packed: &[u8]) -> SmallVec<[u8; 8 * ACCOUNT_BYTES]> {
    each(packed).filter(|account| is_of_caller(account)).flatten().copied().collect()
}

/// The others of them: customers, tags, and what a later version knows.
pub(crate) fn others(packed: &[u8]) -> SmallVec<[u8; 8 * ACCOUNT_BYTES]> {
    each(packed).filter(|account| !is_of_caller(account)).flatten().copied().collect()
}

/// The first account of a level.
pub(crate) fn of_level(packed: &[u8], level: Level) -> Option<AccountId> {
    each(packed).filter(|bytes| bytes.first() == Some(&level.code())).find_map(account_of)
}
