//! Addresses of mail, found from their `@`, also where a link or a page writes it in a coding. Serves the scan of a segment.
//! It must not cross white space.

use crate::finding::Finding;
use crate::segment::{is_within_word, is_word};
use std::ops::Range;

const KIND: &str = "email";
const MAX_LOCAL_BYTES: usize = 64;
const MAX_DOMAIN_BYTES: usize = 253;

pub(super) fn find(text: &[u8], range: Range<usize>, out: &mut Vec<Finding>) {
    let (mut from, mut least) = (range.start, range.start);
    while let Some(at) = memchr::memchr3(b'@', b'%', b'&', text.get(from..range.end).unwrap_or_default()) {
        let at = from + at;
        let mark = mark(text.get(at..range.end).unwrap_or_default());
        let (start, end) = match mark {
            0 => (None, None),
            _ => (local(text, least, at), domain(text, at + mark, range.end)),
        };
        from = at + mark.max(1);
        if let (Some(start), Some(end)) = (start, end) {
            out.push(Finding { start, end, kind: KIND, score: 95, reason: "an address of mail" });
            (from, least) = (end, end);
        } else if mark > 0 {
            least = from;
        }
    }
}

/// How long the `@` is that stands there: as it is, as links write it, or as pages do; 0 for none.
fn mark(text: &[u8]) -> usize {
    const MARKS: [&[u8]; 6] = [b"@", b"%40", b"%2540", b"&#64;", b"&#x40;", b"&commat;"];
    MARKS.iter().find(|mark| text.starts_with(mark)).map_or(0, |mark| mark.len())
}

/// Where the part before the `@` begins.
fn local(text: &[u8], least: usize, at: usize) -> Option<usize> {
    let mut start = at;
    let is_sign = |b: u8| matches!(b, b'.' | b'_' | b'%' | b'+' | b'-' | b'\'' | b'&' | b'~' | b'#');
    let is_local = |place: usize| is_within_word(text, place) || is_sign(text[place]);
    while start > least && at - start < MAX_LOCAL_BYTES && is_local(start - 1) {
        start -= 1;
    }
    while start < at
        && (matches!(text[start], b'.' | b'-' | b'\'' | b'&' | b'+' | b'%' | b'#')
            || text[start] & 0xc0 == 0x80)
    {
        start += 1;
    }
    (start < at && text[at - 1] != b'.').then_some(start)
}

/// Where the domain ends: labels of letters and digits, the last one of letters.
fn domain(text: &[u8], from: usize, most: usize) -> Option<usize> {
    let (mut at, mut end, mut label) = (from, None, from);
    while at < most && at - from <= MAX_DOMAIN_BYTES {
        let byte = text[at];
        if byte == b'.' {
            if at == label {
                break;
            }
            label = at + 1;
        } else if !is_word(byte) && byte != b'-' {
            break;
        }
        at += 1;
        let word = text.get(label..at).unwrap_or_default();
        let is_last = at == most || !(is_word(text[at]) || text[at] == b'-');
        let is_top = word.len() >= 2
            && (word.iter().all(|b| b.is_ascii_alphabetic() || *b >= 0x80) || word.starts_with(b"xn--"));
        if is_last && label > from && is_top {
            end = Some(at);
        }
    }
    end
}
