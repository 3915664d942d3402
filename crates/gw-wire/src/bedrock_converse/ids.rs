//! Ids of tool calls. Bedrock takes up to 64 characters, and the models behind it `[a-zA-Z0-9_-]` only.
//! Serves the readers and writers of this format. It must not keep state: the same id has the same spelling
//! in every call of a conversation.

use crate::anthropic::ids::encode as spell;
use std::borrow::Cow;
use std::fmt::Write as _;

pub use crate::anthropic::ids::decode;

/// Bedrock's limit.
const MAX_CHARS: usize = 64;

/// The spelling of `id` in an answer, which [`decode`] undoes when the caller sends it back.
#[must_use]
pub fn encode(id: &str) -> Cow<'_, str> {
    spell(id)
}

/// The spelling of `id` in a request. Too long ones are cut and told apart by a hash; the upstream never
/// sends them back.
#[must_use]
pub fn encode_short(id: &str) -> Cow<'_, str> {
    let spelled = spell(id);
    if spelled.len() <= MAX_CHARS {
        return spelled;
    }
    let mut short: String = spelled.chars().take(MAX_CHARS - 17).collect();
    // Writing to a String cannot fail.
    let _ = write!(short, "-{:016x}", hash(id));
    Cow::Owned(short)
}

/// An id for a call that the upstream gave none, unique within a conversation as long as answers' ids are.
#[must_use]
pub fn invent(answer_id: &str, block: u32) -> String {
    let mut out = String::from("tooluse_");
    out.extend(answer_id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')));
    let _ = write!(out, "_{block}");
    out
}

/// FNV-1a: stable from version to version, and callers gain nothing by making their own ids collide.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
