//! Links: whether their hosts are allowed. Serves the check of that kind. It must not resolve anything.

use crate::finding::Finding;
use std::ops::Range;
use std::sync::Arc;

/// Hosts that may or must not be linked to; a host stands for those below it too.
#[derive(Clone, Debug)]
pub(crate) struct Urls {
    allow: Vec<Arc<str>>,
    deny: Vec<Arc<str>>,
}

impl Urls {
    /// Hosts in any case, `*.` in front left out.
    pub(crate) fn new(allow: &[Arc<str>], deny: &[Arc<str>]) -> Self {
        let plain = |hosts: &[Arc<str>]| -> Vec<Arc<str>> {
            hosts.iter().map(|host| host.trim_start_matches("*.").to_ascii_lowercase().into()).collect()
        };
        Self { allow: plain(allow), deny: plain(deny) }
    }

    fn is_denied(&self, host: &[u8]) -> bool {
        covers(&self.deny, host) || (!self.allow.is_empty() && !covers(&self.allow, host))
    }

    /// Appends the links of a segment that must not be there.
    pub(crate) fn scan(&self, text: &[u8], range: Range<usize>, out: &mut Vec<Finding>) {
        let mut from = range.start;
        // Nothing is a link that has neither a dot nor a scheme.
        while let Some(mark) = memchr::memchr2(b':', b'.', text.get(from..range.end).unwrap_or_default()) {
            let mark = from + mark;
            let has_scheme = text.get(mark..range.end).unwrap_or_default().starts_with(b"://");
            from = match (has_scheme, text[mark]) {
                (true, _) => self.with_scheme(text, from, mark, range.end, out),
                (false, b'.') => self.bare(text, from, mark, range.end, out),
                (false, _) => mark + 1,
            };
        }
    }

    /// A link whose scheme ends at a place; gives where it ends.
    fn with_scheme(
        &self,
        text: &[u8],
        from: usize,
        mark: usize,
        end: usize,
        out: &mut Vec<Finding>,
    ) -> usize {
        let before = text.get(from..mark).unwrap_or_default().iter().rev();
        let scheme = before.take(12).take_while(|b| b.is_ascii_alphanumeric() || **b == b'+').count();
        if scheme < 2 {
            return mark + 3;
        }
        let link = link(text, mark + 3, end);
        if !link.is_empty() && self.is_denied(host(link)) {
            out.push(finding(mark - scheme, mark + 3, link));
        }
        mark + 3 + link.len()
    }

    /// What readers and their programs take for a link though it has no scheme: it begins with `www.`, is a host of a usual
    /// kind with a path, or one that must not be linked to. `dot` is its first dot. Gives where it ends.
    fn bare(&self, text: &[u8], from: usize, dot: usize, end: usize, out: &mut Vec<Finding>) -> usize {
        // The end of a sentence.
        if !text.get(dot + 1..end).and_then(<[u8]>::first).is_some_and(|b| is_of_host(*b) || *b == b'.') {
            return dot + 1;
        }
        let before = text.get(from..dot).unwrap_or_default().iter().rev();
        let label = before.take(63).take_while(|b| is_of_host(**b)).count();
        let start = dot - label;
        let link = link(text, start, end);
        let behind = link.iter().position(|b| !is_of_host(*b) && *b != b'.').unwrap_or(link.len());
        let name = link.get(..behind).unwrap_or_default();
        let dots = name.iter().rev().take_while(|b| **b == b'.').count();
        let name = name.get(..name.len() - dots).unwrap_or_default();
        // An address of mail is none, nor is what goes on from a word.
        let is_alone = start.checked_sub(1).is_none_or(|at| !is_of_address(text[at]));
        let next = link.get(behind);
        let last = memchr::memrchr(b'.', name).filter(|_| label > 0 && is_alone && next != Some(&b'@'));
        let Some(last) = last else { return dot + 1 };
        let has_path =
            matches!(next, Some(b'/' | b'?' | b'#')) || is_port(link.get(behind..).unwrap_or_default());
        let top = name.get(last + 1..).unwrap_or_default();
        let is_usual = || TOPS.iter().any(|known| top.eq_ignore_ascii_case(known.as_bytes()));
        let is_www = name.get(..4).is_some_and(|head| head.eq_ignore_ascii_case(b"www."));
        let is_link = is_www || (has_path && is_usual()) || covers(&self.deny, name);
        if is_link && self.is_denied(name) {
            out.push(finding(start, start, link));
        }
        start + link.len().max(label + 1)
    }
}

/// Endings of hosts that are taken for one where a path follows.
const TOPS: &[&str] = &[
    "com", "org", "net", "io", "co", "info", "biz", "dev", "app", "ai", "me", "xyz", "site", "online", "top",
    "club", "shop", "tech", "store", "live", "link", "click", "icu", "cc", "tv", "ly", "gg", "to", "us",
    "uk", "de", "fr", "es", "it", "nl", "be", "ch", "at", "pl", "cz", "se", "no", "dk", "fi", "pt", "gr",
    "ru", "ua", "cn", "jp", "kr", "in", "br", "mx", "ca", "au", "nz", "za", "tr", "eu", "tk", "ml", "ga",
    "cf", "example",
];

/// Is the host one of the list or below one? In any case.
fn covers(list: &[Arc<str>], host: &[u8]) -> bool {
    list.iter().any(|known| {
        let at = host.len().checked_sub(known.len());
        let split = at.and_then(|at| host.split_at_checked(at));
        split.is_some_and(|(rest, tail)| {
            tail.eq_ignore_ascii_case(known.as_bytes()) && (rest.is_empty() || rest.ends_with(b"."))
        })
    })
}

const fn is_of_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' || byte >= 0x80
}

const fn is_of_address(byte: u8) -> bool {
    is_of_host(byte) || matches!(byte, b'@' | b'.' | b'+')
}

/// Does a port follow, as in `:8080`?
fn is_port(rest: &[u8]) -> bool {
    rest.first() == Some(&b':') && rest.get(1).is_some_and(u8::is_ascii_digit)
}

/// A link up to where one ends.
fn link(text: &[u8], from: usize, end: usize) -> &[u8] {
    let rest = text.get(from..end).unwrap_or_default();
    let length = rest.iter().take_while(|b| !is_end_of_link(**b)).count();
    rest.get(..length).unwrap_or_default()
}

/// A link that begins at `start`; `from` is where what follows its scheme begins.
fn finding(start: usize, from: usize, link: &[u8]) -> Finding {
    let marks = link.iter().rev();
    let marks = marks.take_while(|b| matches!(b, b'.' | b',' | b';' | b'!' | b'?' | b':' | b'\'')).count();
    Finding::sure(start, from + link.len() - marks, "url", "a link to a host that is not allowed")
}

const fn is_end_of_link(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'"' | b'<' | b'>' | b'`' | b')' | b'|' | b'}' | b'\\')
}

/// The host of a link, from behind its scheme on; what stands before an `@` is no host.
fn host(link: &[u8]) -> &[u8] {
    let authority = link.split(|b| matches!(b, b'/' | b'?' | b'#')).next().unwrap_or_default();
    let host = authority.rsplit(|b| *b == b'@').next().unwrap_or_default();
    let host = match host.strip_prefix(b"[") {
        Some(v6) => v6.split(|b| *b == b']').next().unwrap_or_default(),
        None => host.split(|b| *b == b':').next().unwrap_or_default(),
    };
    let dots = host.iter().rev().take_while(|b| **b == b'.').count();
    host.get(..host.len() - dots).unwrap_or_default()
}

#[cfg(test)]
mod tests;
