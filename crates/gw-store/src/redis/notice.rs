//! What one gateway tells the others, as JSON. Times are what is left of them, never moments: the clocks of machines
//! differ. A version that is not known is not guessed at; members that are not known are passed over.

use crate::keys::hex;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;

/// Largest notice in bytes that is looked at.
const MAX_BYTES: usize = 1024;

/// Longest name of a sender in bytes.
const MAX_SENDER: usize = 64;

/// What is new of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Its provider asked for a pause.
    Parked {
        /// What is left of it, in milliseconds.
        ms: u64,
    },
    /// It is taken for down.
    Tripped {
        /// Time until it is tried again, in milliseconds.
        ms: u64,
    },
    /// It is back.
    Closed,
}

/// News, and of which deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The deployment's fingerprint.
    pub deployment: [u8; 32],
    /// What is new.
    pub news: News,
}

#[derive(Serialize, Deserialize)]
struct Written<'a> {
    v: u32,
    #[serde(borrow)]
    from: Cow<'a, str>,
    #[serde(borrow)]
    deployment: Cow<'a, str>,
    #[serde(borrow)]
    news: Cow<'a, str>,
    #[serde(default)]
    ms: u64,
}

impl Notice {
    /// The notice as this sender writes it.
    pub(super) fn write(&self, from: &str) -> String {
        let (news, ms) = match self.news {
            News::Parked { ms } => ("parked", ms),
            News::Tripped { ms } => ("tripped", ms),
            News::Closed => ("closed", 0),
        };
        let (from, deployment) = (Cow::Borrowed(from), Cow::Owned(hex(&self.deployment)));
        // Numbers and plain texts can be written.
        serde_json::to_string(&Written { v: VERSION, from, deployment, news: news.into(), ms })
            .unwrap_or_default()
    }

    /// Sender and notice; `None` when it is none of ours, or of another version.
    pub(super) fn read(bytes: &[u8]) -> Option<(String, Self)> {
        let bytes = Some(bytes).filter(|bytes| bytes.len() <= MAX_BYTES)?;
        let written: Written<'_> = serde_json::from_slice(bytes).ok()?;
        if written.v != VERSION || written.from.len() > MAX_SENDER {
            return None;
        }
        let news = match (&*written.news, written.ms) {
            ("closed", _) => News::Closed,
            (_, 0) => return None,
            ("parked", ms) => News::Parked { ms },
            ("tripped", ms) => News::Tripped { ms },
            _ => return None,
        };
        let deployment = unhex(&written.deployment)?;
        Some((written.from.into_owned(), Self { deployment, news }))
    }

    /// The same with no more than this left of its time.
    pub(super) fn at_most(self, left_ms: u64) -> Self {
        let news = match self.news {
            News::Parked { ms } => News::Parked { ms: ms.min(left_ms) },
            News::Tripped { ms } => News::Tripped { ms: ms.min(left_ms) },
            News::Closed => News::Closed,
        };
        Self { news, ..self }
    }
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    let digits = Some(text.as_bytes()).filter(|digits| digits.len() == 2 * out.len())?;
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(out)
}
