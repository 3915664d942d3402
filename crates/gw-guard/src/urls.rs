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

    fn is_denied(&self, host: &str) -> bool {
        let covers = |list: &[Arc<str>]| {
            list.iter().any(|known| {
                host.strip_suffix(&**known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            })
        };
        covers(&self.deny) || (!self.allow.is_empty() && !covers(&self.allow))
    }

    /// Appends the links of a segment that must not be there.
    pub(crate) fn scan(&self, text: &[u8], range: Range<usize>, out: &mut Vec<Finding>) {
        let mut from = range.start;
        while let Some(mark) = memchr::memmem::find(text.get(from..range.end).unwrap_or_default(), b"://") {
            let mark = from + mark;
            let scheme = text[from..mark]
                .iter()
                .rev()
                .take(12)
                .take_while(|b| b.is_ascii_alphanumeric() || **b == b'+')
                .count();
            from = mark + 3;
            let rest = text.get(from..range.end).unwrap_or_default();
            let length = rest.iter().take_while(|b| !is_end_of_link(**b)).count();
            if scheme < 2 || length == 0 {
                continue;
            }
            let link = &rest[..length];
            let trimmed = link
                .iter()
                .rev()
                .take_while(|b| matches!(b, b'.' | b',' | b';' | b'!' | b'?' | b':' | b'\''))
                .count();
            if self.is_denied(&host(link)) {
                let reason = "a link to a host that is not allowed";
                out.push(Finding::sure(mark - scheme, from + length - trimmed, "url", reason));
            }
            from += length;
        }
    }
}

const fn is_end_of_link(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'"' | b'<' | b'>' | b'`' | b')' | b'|' | b'}' | b'\\')
}

/// The host of a link, from behind its scheme on; what stands before an `@` is no host.
fn host(link: &[u8]) -> String {
    let authority = link.split(|b| matches!(b, b'/' | b'?' | b'#')).next().unwrap_or_default();
    let host = authority.rsplit(|b| *b == b'@').next().unwrap_or_default();
    let host = match host.strip_prefix(b"[") {
        Some(v6) => v6.split(|b| *b == b']').next().unwrap_or_default(),
        None => host.split(|b| *b == b':').next().unwrap_or_default(),
    };
    String::from_utf8_lossy(host).trim_end_matches('.').to_ascii_lowercase()
}
