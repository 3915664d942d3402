//! Addresses of machines: IPv4, IPv6, MAC. Serves the scan of a segment. Versions of programs are no addresses.

use crate::finding::Finding;
use crate::segment::{is_within_word, says};
use std::net::Ipv6Addr;
use std::ops::Range;

pub(super) fn find(text: &[u8], range: Range<usize>, out: &mut Vec<Finding>) {
    let is_part = |b: u8| b.is_ascii_hexdigit() || matches!(b, b'.' | b':' | b'-');
    let mut at = range.start;
    while at < range.end {
        if !is_part(text[at]) {
            at += 1;
            continue;
        }
        let start = at;
        while at < range.end && is_part(text[at]) {
            at += 1;
        }
        // Within a word there is none.
        let is_free = |place: usize| !is_within_word(text, place) && text.get(place) != Some(&b'_');
        if at - start < 3 || start.checked_sub(1).is_some_and(|before| !is_free(before)) {
            continue;
        }
        let run = &text[start..at];
        let run = run.strip_prefix(b"-").unwrap_or(run);
        let start = at - run.len();
        let before_word = !is_free(at);
        if let Some((length, kind)) = judge(text, start, run, before_word) {
            let reason = "the form of an address";
            out.push(Finding { start, end: start + length, kind, score: 92, reason });
        }
    }
}

fn judge(text: &[u8], start: usize, run: &[u8], before_word: bool) -> Option<(usize, &'static str)> {
    let colons = run.iter().filter(|b| **b == b':').count();
    if colons >= 2 {
        return mac(run, b':').or_else(|| v6(run)).filter(|_| !before_word);
    }
    if run.iter().filter(|b| **b == b'-').count() == 5 {
        return mac(run, b'-').filter(|_| !before_word);
    }
    if run.iter().filter(|b| **b == b'.').count() < 3 {
        return None;
    }
    let length = v4(run)?;
    // The rest of a word behind it, such as a port, does not matter; a letter does.
    let is_cut = length == run.len() && before_word;
    let is_version = says(text, start, &["version", "release", "ver."]);
    (!is_cut && !is_version).then_some((length, "ip_address"))
}

/// Four numbers up to 255 with full stops between them; what they take.
fn v4(run: &[u8]) -> Option<usize> {
    let mut at = 0;
    for part in 0..4 {
        let digits = run.get(at..)?.iter().take_while(|b| b.is_ascii_digit()).count();
        let text = run.get(at..at + digits).filter(|text| (1..=3).contains(&text.len()))?;
        let value = text.iter().fold(0u32, |sum, b| sum * 10 + u32::from(b - b'0'));
        if value > 255 || (text.len() > 1 && text[0] == b'0') {
            return None;
        }
        at += digits;
        if part < 3 {
            run.get(at).filter(|b| **b == b'.')?;
            at += 1;
        }
    }
    // A fifth number makes it something else; a full stop at a sentence's end does not.
    match run.get(at..)? {
        [] | [b'.'] | [b':' | b'-', ..] => Some(at),
        [b'.', next, ..] if !next.is_ascii_digit() => Some(at),
        _ => None,
    }
}

fn v6(run: &[u8]) -> Option<(usize, &'static str)> {
    let run = run.strip_suffix(b".").unwrap_or(run);
    let run = if run.ends_with(b"::") { run } else { run.strip_suffix(b":").unwrap_or(run) };
    let text = std::str::from_utf8(run).ok().filter(|text| text.len() >= 4)?;
    text.parse::<Ipv6Addr>().ok().map(|_| (run.len(), "ip_address"))
}

fn mac(run: &[u8], joint: u8) -> Option<(usize, &'static str)> {
    let run = run
        .get(..17)
        .filter(|_| run.len() == 17 || matches!(run.get(17), Some(b'.' | b':')) && run.len() == 18)?;
    let fits = run
        .chunks(3)
        .all(|part| part[..2].iter().all(u8::is_ascii_hexdigit) && part.get(2).is_none_or(|b| *b == joint));
    fits.then_some((17, "mac_address"))
}
