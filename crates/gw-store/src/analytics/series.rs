//! A series: what calls have in common that are summed up together. Calls of all callers together are one sort, those of one
//! caller another, and callers whatever they called the third. Serves the fold and whoever asks for roll-ups. It must not touch a database.

use super::parts::Told;
use crate::accounts::{ACCOUNT_BYTES, each};
use gw_model::{Level, Outcome};
use sha2::{Digest, Sha256};
use smallvec::SmallVec;

/// Levels of accounts that make a caller. Of customers and tags there are too many.
const LEVELS: [Level; 4] = [Level::User, Level::Project, Level::Team, Level::Organization];

/// How much of a caller is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fold {
    /// All of it.
    Caller,
    /// Not its key and its user: there are too many of them.
    Place,
    /// All calls together.
    All,
}

/// See the module. Texts are empty for none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Series<'a> {
    pub(crate) told: Told,
    pub(crate) key: Option<u128>,
    /// The label of a team that is no account.
    pub(crate) team: &'a str,
    /// Packed, in the order of their bytes.
    pub(crate) accounts: SmallVec<[u8; 4 * ACCOUNT_BYTES]>,
    pub(crate) model: &'a str,
    pub(crate) provider: &'a str,
    pub(crate) outcome: u8,
    /// The hundreds of the status; 0 for none.
    pub(crate) class: u8,
    pub(crate) error: &'a str,
    pub(crate) cache: &'a str,
}

impl<'a> Series<'a> {
    /// The accounts of a call that make its caller.
    pub(crate) fn accounts_of(packed: &[u8]) -> SmallVec<[u8; 4 * ACCOUNT_BYTES]> {
        let mut accounts = SmallVec::new();
        for level in LEVELS {
            let of_level = each(packed).find(|bytes| bytes.first() == Some(&level.code()));
            accounts.extend_from_slice(of_level.map_or(&[], |bytes| bytes.as_slice()));
        }
        accounts
    }

    /// The same with less of its caller.
    pub(crate) fn folded(&self, fold: Fold) -> Self {
        let mut folded = self.clone();
        match fold {
            Fold::Caller => return folded,
            Fold::Place => {
                let places = each(&self.accounts).filter(|bytes| bytes.first() != Some(&Level::User.code()));
                folded.accounts = places.flatten().copied().collect();
                folded.key = None;
            }
            Fold::All => {
                (folded.key, folded.team) = (None, "");
                folded.accounts.clear();
                folded.told = Told::Calls;
            }
        }
        folded
    }

    /// Its caller, whatever was called and however it ended.
    pub(crate) fn alone(self) -> Self {
        let Self { key, team, accounts, .. } = self;
        Self {
            told: Told::Callers,
            key,
            team,
            accounts,
            model: "",
            provider: "",
            outcome: 0,
            class: 0,
            error: "",
            cache: "",
        }
    }

    /// The same wherever it is computed. Two of a million series have the same with a chance of one to thirty million.
    pub(crate) fn id(&self) -> i64 {
        let mut bytes = Vec::with_capacity(160);
        self.pack(&mut bytes);
        let digest = Sha256::digest(&bytes);
        digest.first_chunk::<8>().map_or(0, |first| i64::from_be_bytes(*first))
    }

    pub(crate) fn pack(&self, to: &mut Vec<u8>) {
        let (is_of_caller, is_alone) = (self.told != Told::Calls, self.told == Told::Callers);
        to.push(u8::from(is_of_caller) | (u8::from(self.key.is_some()) << 1) | (u8::from(is_alone) << 2));
        to.extend_from_slice(&self.key.unwrap_or(0).to_be_bytes());
        to.extend_from_slice(&[self.outcome, self.class]);
        let texts = [self.team, self.model, self.provider, self.error, self.cache].map(str::as_bytes);
        for part in texts.into_iter().chain([self.accounts.as_slice()]) {
            // Texts come from the journal, which bounds them far below 64 KiB.
            to.extend_from_slice(&u16::try_from(part.len()).unwrap_or(0).to_le_bytes());
            to.extend_from_slice(part);
        }
    }

    /// `None` if the bytes are not those of a series.
    pub(crate) fn unpack(packed: &'a [u8]) -> Option<Self> {
        let (flags, rest) = packed.split_first()?;
        let (key, rest) = rest.split_first_chunk::<16>()?;
        let ([outcome, class], mut rest) = rest.split_first_chunk::<2>()?;
        let mut part = || {
            let (length, behind) = rest.split_first_chunk::<2>()?;
            let (part, behind) = behind.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
            rest = behind;
            Some(part)
        };
        let mut texts = [""; 5];
        for text in &mut texts {
            *text = std::str::from_utf8(part()?).ok()?;
        }
        let [team, model, provider, error, cache] = texts;
        let accounts = SmallVec::from_slice(part()?);
        Some(Self {
            told: match (flags & 1 != 0, flags & 4 != 0) {
                (_, true) => Told::Callers,
                (true, false) => Told::Both,
                (false, false) => Told::Calls,
            },
            key: (flags & 2 != 0).then(|| u128::from_be_bytes(*key)),
            team,
            accounts,
            model,
            provider,
            outcome: *outcome,
            class: *class,
            error,
            cache,
        })
    }

    /// Do durations of its calls say something? Not where nothing was asked, or nobody knows what became of it.
    pub(crate) fn is_timed(outcome: Outcome) -> bool {
        !matches!(outcome, Outcome::Refused | Outcome::Lost)
    }
}
