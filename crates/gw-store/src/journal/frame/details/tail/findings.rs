//! What guardrails found, one by one: how many, and of each the position of its guardrail among the verdicts, whose text and which one,
//! the first byte and how many, how sure it is, what was done where the verdict does not say it, the kind and the reason.

use super::{put as put_number, put_text, take as take_number, take_text};
use crate::journal::text::clip;
use gw_model::VerdictFinding;
use gw_model::guardrail::Speaker;

/// Most findings that one record has.
const MOST: usize = 16;
/// Longest texts, in bytes.
const ACTION: usize = 12;
const KIND: usize = 64;
const REASON: usize = 64;
/// Most bytes of the numbers of one: three of 32 bits, and three small ones.
const NUMBERS: usize = 3 * 5 + 3 * 2;

/// Most bytes of them.
pub(super) const BYTES: usize = 2 + MOST * (NUMBERS + ACTION + KIND + REASON + 3);

/// As they are written.
pub(super) fn put(tail: &mut Vec<u8>, findings: &[VerdictFinding]) {
    put_number(tail, findings.len().min(MOST) as u64);
    for one in findings.iter().take(MOST) {
        let (start, end) = one.span;
        let at_most = |number: u64| number.min(u64::from(u32::MAX));
        let numbers = [
            (one.verdict as u64).min(u64::from(u8::MAX)),
            one.speaker as u64,
            at_most(one.text),
            at_most(start),
            at_most(end.saturating_sub(start)),
            u64::from(one.score),
        ];
        for number in numbers {
            put_number(tail, number);
        }
        for (text, most) in [(&one.action, ACTION), (&one.kind, KIND), (&one.reason, REASON)] {
            put_text(tail, clip(text, most));
        }
    }
}

/// As they are read; `None` where they are cut.
pub(super) fn take(rest: &mut &[u8]) -> Option<Vec<VerdictFinding>> {
    let mut found = Vec::new();
    for _ in 0..take_number(rest)? {
        let verdict = usize::try_from(take_number(rest)?).ok()?;
        let speaker = usize::try_from(take_number(rest)?).ok()?;
        let text = take_number(rest)?;
        let start = take_number(rest)?;
        let end = start.saturating_add(take_number(rest)?);
        let score = u8::try_from(take_number(rest)?).unwrap_or(u8::MAX);
        let [action, kind, reason] =
            [take_text(rest)?, take_text(rest)?, take_text(rest)?].map(str::to_owned);
        // A speaker that only a later version knows is a user: whatever says nothing about itself.
        let speaker = Speaker::ALL.get(speaker).copied().unwrap_or(Speaker::User);
        found.push(VerdictFinding {
            verdict,
            action,
            kind,
            speaker,
            text,
            span: (start, end),
            score,
            reason,
        });
    }
    Some(found)
}
