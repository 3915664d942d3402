//! Answers that are kept for later requests: what one is, and where they are. Serves the cache stage. It must not decide
//! who may have an answer: that is in the key.

mod form;
mod memory;
pub mod shelf;
pub mod similar;

pub use memory::{Memory, Totals};

use bytes::Bytes;
use gw_model::{AccountId, KeyId, Micros, WireFormat};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Which requests get an answer: a digest over all that shapes it and over who shares it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AnswerKey(pub [u8; 32]);

impl fmt::Display for AnswerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for AnswerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not 64 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoAnswerKey;

impl FromStr for AnswerKey {
    type Err = NoAnswerKey;
    fn from_str(text: &str) -> Result<Self, NoAnswerKey> {
        let mut key = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return Err(NoAnswerKey);
        }
        for (byte, digits) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| NoAnswerKey)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| NoAnswerKey)?;
        }
        Ok(Self(key))
    }
}

/// An answer as the provider gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The body; all frames of a stream, one behind the other.
    pub body: Bytes,
    /// Its format.
    pub format: WireFormat,
    /// Its `content-type`, which tells streams from whole answers.
    pub content_type: String,
    /// Its status.
    pub status: u16,
    /// Who gave it.
    pub provider: Arc<str>,
    /// The model there.
    pub upstream_model: Arc<str>,
    /// Tools that were called by another name there: that name, and the caller's.
    pub tool_names: Vec<(String, String)>,
    /// Parameters that were left out for the provider.
    pub dropped: Vec<String>,
    /// What it can be thrown away by.
    pub labels: Labels,
    /// When it was complete.
    pub stored_at: Micros,
    /// Until when it is as good as new.
    pub fresh_until: Micros,
    /// Until when it may be given besides.
    pub until: Micros,
}

/// What answers are thrown away by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// The model, as callers name it.
    pub model: Arc<str>,
    /// The key whose call it was; `None` for the master key.
    pub key: Option<KeyId>,
    /// The accounts that the call counted for.
    pub accounts: Vec<AccountId>,
    /// The tags that the caller gave.
    pub tags: Vec<String>,
}

impl Answer {
    /// What it takes in memory, in bytes, about.
    #[must_use]
    pub fn size(&self) -> usize {
        let texts = self.tool_names.iter().map(|(one, other)| one.len() + other.len()).sum::<usize>()
            + self.dropped.iter().chain(&self.labels.tags).map(String::len).sum::<usize>();
        self.body.len() + texts + self.content_type.len() + self.labels.accounts.len() * 32 + 512
    }
}

/// Which answers are to be thrown away: those of which all holds that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purge {
    /// One answer.
    pub key: Option<AnswerKey>,
    /// Of a model, as callers name it.
    pub model: Option<String>,
    /// With a tag.
    pub tag: Option<String>,
    /// Of an account: a key, or what stands above or beside one.
    pub account: Option<AccountId>,
}

impl Purge {
    /// Is this one of them?
    #[must_use]
    pub fn takes(&self, key: &AnswerKey, labels: &Labels) -> bool {
        let of_account = |account: &AccountId| {
            let own =
                labels.key.is_some_and(|id| account.level == gw_model::Level::Key && account.number == id.0);
            own || labels.accounts.contains(account)
        };
        self.key.is_none_or(|wanted| wanted == *key)
            && self.model.as_deref().is_none_or(|model| *labels.model == *model)
            && self.tag.as_ref().is_none_or(|tag| labels.tags.contains(tag))
            && self.account.as_ref().is_none_or(of_account)
    }
}

#[cfg(test)]
mod tests;
