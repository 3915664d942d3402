//! Links: whether their hosts are allowed. Serves the check of that kind. What browsers follow is a link, however it is
//! written. It must not resolve anything.

mod host;
mod open;
mod tops;
mod written;

use crate::finding::Finding;
use crate::segment::{LEAST_CUT_BYTES, Segment};
pub(crate) use open::Open;
use std::sync::Arc;
use written::Written;

/// Shortest piece of a text with a link.
const LEAST_BYTES: usize = 4;

/// Longest part of a host's name between dots, as it is written: scripts of long letters take fewer bytes as they are looked up.
const MAX_LABEL_BYTES: usize = 255;

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

    /// Appends the links of a segment that must not be there; `open` is what was kept of those before it.
    pub(crate) fn scan(&self, text: &[u8], segment: &Segment, open: &mut Open, out: &mut Vec<Finding>) {
        let Segment { range, flags, .. } = segment;
        let ends_line = |at: usize| text.get(at).is_some_and(|b| is_line(*b));
        let may_open = flags.has_sign() && range.end > range.start && ends_line(range.end - 1);
        if !flags.may_be_link() && !may_open && open.is_empty() {
            return;
        }
        let mut at = range.start;
        while at < range.end {
            let rest = text.get(at..range.end).unwrap_or_default();
            let length = rest.iter().take_while(|b| !is_blank(**b)).count();
            let end = at + length;
            let is_cut = range.len() >= LEAST_CUT_BYTES && end == range.end;
            let went_on = length > 0 && !open.is_empty() && open.goes_on(&rest[..length]);
            if length > 0 && !went_on {
                let before = at.checked_sub(1).and_then(|before| text.get(before)).copied();
                let written = match open.is_empty() {
                    true => Written::of(text, at..end),
                    false => Written::behind(open.bytes(), text, at..end),
                };
                let is_denied =
                    self.scan_piece(text, &written, before.filter(|_| open.is_empty()), is_cut, out);
                let is_endless = !is_denied && open.is_endless();
                if is_endless {
                    out.push(finding(text, at, end));
                }
                match end == range.end || ends_line(end) {
                    true if !is_denied && !is_endless => open.note(written.bytes(), end < range.end),
                    _ => open.close(),
                }
            }
            at = end + 1;
            match text.get(end).filter(|_| end < range.end) {
                Some(blank) if is_line(*blank) => open.end_line(),
                Some(_) => open.close(),
                None => {}
            }
        }
        if segment.overlaps() {
            open.close();
        }
    }

    /// The same of text without blanks. Is its last link one of them?
    fn scan_piece(
        &self,
        text: &[u8],
        written: &Written<'_>,
        before: Option<u8>,
        is_cut: bool,
        out: &mut Vec<Finding>,
    ) -> bool {
        let bytes = written.bytes();
        if bytes.len() < LEAST_BYTES {
            return false;
        }
        let mut piece = Piece { bytes, before, is_cut, link: None, authority: None, bare_from: 0 };
        let mut last = 0;
        self.piece(&mut piece, |start, end| {
            last = end;
            out.push(finding(text, written.place(start), written.place(end)));
        });
        last == bytes.len()
    }

    /// The links of a piece of text without blanks.
    fn piece(&self, piece: &mut Piece<'_>, mut found: impl FnMut(usize, usize)) {
        let mut from = 0;
        while let Some(mark) = piece.mark(from) {
            let link = match piece.bytes[mark] {
                b':' => piece.with_scheme(from, mark),
                b'.' => self.bare(piece, from, mark),
                _ => piece.without_scheme(mark),
            };
            from = match link {
                Ok(link) => {
                    let (name, other) = piece.hosts(&link);
                    let is_denied = |host: &[u8]| self.is_denied(&host::named(host));
                    let end = piece.end(link.authority).max(mark + 1);
                    let is_denied = is_denied(name) || other.is_some_and(is_denied) || piece.is_unknown();
                    if end > link.authority && is_denied {
                        found(link.start, end);
                    }
                    end
                }
                Err(next) => next,
            };
        }
    }

    /// What readers and their programs take for a link though nothing says so: it begins with `www.`, is a host of a usual
    /// kind with a path, or one that must not be linked to. `dot` is its first dot. Errors: there is none; where to go on.
    fn bare(&self, piece: &mut Piece<'_>, from: usize, dot: usize) -> Result<Link, usize> {
        let bytes = piece.bytes;
        let label =
            bytes[from..dot].iter().rev().take(MAX_LABEL_BYTES).take_while(|b| is_of_host(**b)).count();
        let start = dot - label;
        // An address of mail is none, nor is what goes on from a word, nor a part of a path.
        let before = start.checked_sub(1).map_or(piece.before, |at| bytes.get(at).copied());
        let is_alone = label > 0 && start >= piece.bare_from && before.is_none_or(|b| !is_of_address(b));
        // The end of a sentence.
        let goes_on = bytes.get(dot + 1).is_some_and(|b| is_of_host(*b) || *b == b'.');
        if !is_alone || !goes_on {
            return Err(dot + 1);
        }
        let link = bytes.get(start..piece.end(start)).unwrap_or_default();
        let behind = link.iter().position(|b| !is_of_host(*b) && *b != b'.').unwrap_or(link.len());
        #[cfg(test)]
        tests::note_visited(behind);
        let name = link.get(..behind).unwrap_or_default();
        let dots = name.iter().rev().take_while(|b| **b == b'.').count();
        let name = name.get(..name.len() - dots).unwrap_or_default();
        let next = link.get(behind);
        let last = memchr::memrchr(b'.', name).filter(|_| next != Some(&b'@'));
        let Some(last) = last else { return Err(dot + 1) };
        let has_path =
            matches!(next, Some(b'/' | b'?' | b'#')) || is_port(link.get(behind..).unwrap_or_default());
        let top = name.get(last + 1..).unwrap_or_default();
        let is_usual = || TOPS.iter().any(|known| top.eq_ignore_ascii_case(known.as_bytes()));
        let is_www = name.get(..4).is_some_and(|head| head.eq_ignore_ascii_case(b"www."));
        if is_www || (has_path && is_usual()) || covers(&self.deny, &host::named(name)) {
            return Ok(Link { start, authority: start });
        }
        // No name of a file in a path is one. But a link with a scheme may follow, as behind the text of one in Markdown.
        piece.bare_from = start + link.len();
        Err((start + behind).max(dot + 1))
    }
}

/// A link in a piece.
struct Link {
    start: usize,
    /// Where what names the host begins.
    authority: usize,
}

/// Text without blanks, as it is read. Each of its bytes is looked at a few times, however many links may begin in it:
/// where one ends is where those that begin in it end.
struct Piece<'a> {
    bytes: &'a [u8],
    /// What stands before it.
    before: Option<u8>,
    /// It goes on where the segment does not.
    is_cut: bool,
    /// The last end of a link that was looked for.
    link: Option<usize>,
    /// The same of what names a host, and the last `@` before it.
    authority: Option<(usize, Option<usize>)>,
    /// Links that nothing says are ones begin from here on.
    bare_from: usize,
}

impl<'a> Piece<'a> {
    /// The next sign of a link.
    fn mark(&self, from: usize) -> Option<usize> {
        let is_mark = |b: &u8| matches!(b, b':' | b'.' | b'/' | b'\\');
        self.bytes.get(from..)?.iter().position(is_mark).map(|at| from + at)
    }

    /// A link whose scheme ends at a place, as browsers read it: those of the web need no slashes, or have others.
    fn with_scheme(&mut self, from: usize, mark: usize) -> Result<Link, usize> {
        let before = self.bytes[from..mark].iter().rev();
        let scheme = before.take(12).take_while(|b| b.is_ascii_alphanumeric() || **b == b'+').count();
        let start = mark - scheme;
        let name = &self.bytes[start..mark];
        let is_web = name.eq_ignore_ascii_case(b"http") || name.eq_ignore_ascii_case(b"https");
        let behind = self.bytes.get(mark + 1..).unwrap_or_default();
        let slashes = slashes(behind);
        if behind.starts_with(b"//") {
            let goes_on = start == 0 && self.before.is_some_and(|b| b.is_ascii_alphanumeric());
            let authority = if is_web { mark + 1 + slashes } else { mark + 3 };
            return if scheme > 1 || goes_on { Ok(Link { start, authority }) } else { Err(mark + 1) };
        }
        let link = Link { start, authority: mark + 1 + slashes };
        if is_web && self.is_certain(&link) { Ok(link) } else { Err(mark + 1) }
    }

    /// A link with the scheme of the page that shows it: two slashes where a link may begin, and a host. In other places than
    /// those of links, as comments in program code, it needs a path, or what a host ends with.
    fn without_scheme(&mut self, mark: usize) -> Result<Link, usize> {
        let slashes = slashes(&self.bytes[mark..]);
        let (may_begin, is_likely) = match mark.checked_sub(1) {
            // The colon of a reference in Markdown.
            Some(_) if self.bytes[..mark].ends_with(b"]:") => (true, true),
            Some(before) => (is_opening(self.bytes[before]), opens_link(self.bytes[before])),
            // A colon: what it ends was cut off.
            None => match self.before {
                Some(before) => {
                    (is_blank(before) || is_opening(before) || before == b':', opens_link(before))
                }
                None => (true, false),
            },
        };
        let link = Link { start: mark, authority: mark + slashes };
        let is_link =
            slashes > 1 && may_begin && self.is_certain(&link) && (is_likely || self.is_usual(&link));
        if is_link { Ok(link) } else { Err(mark + slashes) }
    }

    /// Is it a link where nothing but two slashes says so?
    fn is_usual(&mut self, link: &Link) -> bool {
        let (name, other) = self.hosts(link);
        let behind = self.authority.and_then(|(end, _)| self.bytes.get(end));
        let is_code =
            self.bytes.get(link.authority + name.len()).is_some_and(|b| matches!(b, b'(' | b'=' | b'['));
        other.is_some()
            || behind.is_some_and(|b| matches!(b, b'/' | b'\\' | b'?' | b'#'))
            || (!is_code && host::has_top(&host::named(name)))
    }

    fn is_certain(&mut self, link: &Link) -> bool {
        let (name, other) = self.hosts(link);
        host::is_certain(&host::read(name)) || other.is_some()
    }

    /// Does what names the host go on where nobody looks? No host is that long.
    fn is_unknown(&self) -> bool {
        self.is_cut && self.authority.is_some_and(|(end, _)| end >= self.bytes.len())
    }

    /// Where a link ends that begins at a place or before it.
    fn end(&mut self, start: usize) -> usize {
        if let Some(end) = self.link.filter(|end| *end >= start) {
            return end;
        }
        let rest = self.bytes.get(start..).unwrap_or_default();
        let is_end = |(at, byte): (usize, &u8)| {
            is_end_of_link(*byte) || (*byte == b']' && ends_label(rest.get(at + 1..).unwrap_or_default()))
        };
        let length = rest.iter().enumerate().position(is_end).unwrap_or(rest.len());
        #[cfg(test)]
        tests::note_visited(length);
        *self.link.insert(start + length)
    }

    /// The host that goes on behind a quote or a bracket, where what stands before the link is not closed by it: to browsers
    /// they are part of its name.
    fn beyond(&self, link: &Link, shown: usize, end: usize) -> Option<&'a [u8]> {
        let before = link.start.checked_sub(1).map_or(self.before, |at| self.bytes.get(at).copied());
        let closing = before.and_then(closing);
        let whole = self.bytes.get(link.authority..end)?;
        let is_over =
            |b: &u8| Some(*b) == closing || matches!(b, b'<' | b'>' | b'^' | b'|' | b'[' | b']' | b':');
        let whole = &whole[..whole.iter().position(is_over).unwrap_or(whole.len())];
        let is_mark =
            |b: &u8| matches!(b, b'.' | b',' | b';' | b'!' | b'?' | b'*' | b'_' | b'~' | b'\'' | b'"' | b')');
        let marks = whole.iter().rev().take_while(|b| is_mark(b)).count();
        let whole = &whole[..whole.len() - marks];
        let goes_on = link.authority + whole.len() > shown + 1 && memchr::memrchr(b'.', whole).is_some();
        (goes_on && host::has_top(&host::read(whole))).then_some(whole)
    }

    /// The host of a link; and the one behind an `@` that readers of texts may not take for part of it, as browsers do.
    fn hosts(&mut self, link: &Link) -> (&'a [u8], Option<&'a [u8]>) {
        let start = link.authority;
        let known = self.authority.filter(|(end, _)| *end >= start);
        let (end, at) = known.unwrap_or_else(|| {
            let rest = self.bytes.get(start..).unwrap_or_default();
            let length = rest.iter().position(|b| is_end_of_authority(*b)).unwrap_or(rest.len());
            #[cfg(test)]
            tests::note_visited(length);
            let at = memchr::memrchr(b'@', rest.get(..length).unwrap_or_default());
            *self.authority.insert((start + length, at.map(|at| start + at)))
        });
        let shown = self.end(start).min(end);
        let behind_at = at.filter(|at| *at >= start).map(|at| at + 1);
        let name = match behind_at.filter(|from| *from <= shown) {
            Some(from) => from..shown,
            None => start..shown,
        };
        let other = behind_at.filter(|from| *from > shown).and_then(|from| self.bytes.get(from..end));
        let other = other.map(host::alone).filter(|other| host::is_certain(&host::read(other)));
        let other = other.or_else(|| self.beyond(link, shown, end));
        (host::without_marks(host::alone(self.bytes.get(name).unwrap_or_default())), other)
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

/// How many slashes stand there: to browsers, either way.
fn slashes(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| matches!(b, b'/' | b'\\')).count()
}

/// A link that stands there, marks behind it left out.
fn finding(text: &[u8], start: usize, end: usize) -> Finding {
    let marks = text.get(start..end).unwrap_or_default().iter().rev();
    let marks = marks.take_while(|b| matches!(b, b'.' | b',' | b';' | b'!' | b'?' | b':')).count();
    Finding::sure(start, end - marks, "url", "a link to a host that is not allowed")
}

/// White space, and what browsers take for it.
const fn is_blank(byte: u8) -> bool {
    byte <= b' '
}

/// May a link begin behind it? In Markdown, in the value of an attribute, in a list.
const fn is_opening(byte: u8) -> bool {
    matches!(
        byte,
        b'(' | b'<'
            | b'>'
            | b'['
            | b']'
            | b'{'
            | b'}'
            | b'"'
            | b'\''
            | b'`'
            | b'='
            | b','
            | b';'
            | b'|'
            | b'!'
            | b'*'
    )
}

/// White space that browsers leave out of links.
const fn is_line(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r')
}

/// Does a link stand behind it, in Markdown or in the value of an attribute?
const fn opens_link(byte: u8) -> bool {
    matches!(byte, b'(' | b'<' | b'"' | b'\'' | b'=' | b'[' | b']' | b':')
}

/// What ends a link that stands behind it.
const fn closing(byte: u8) -> Option<u8> {
    match byte {
        b'(' => Some(b')'),
        b'<' => Some(b'>'),
        b'[' => Some(b']'),
        b'{' => Some(b'}'),
        b'"' | b'\'' | b'`' => Some(byte),
        _ => None,
    }
}

const fn is_end_of_link(byte: u8) -> bool {
    is_blank(byte) || matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`' | b')' | b'|' | b'}' | b'\\')
}

/// Behind a closing bracket: was it that of a text that is a link in Markdown?
fn ends_label(rest: &[u8]) -> bool {
    match rest.first() {
        Some(b'(' | b'[') => true,
        Some(b':') => !rest.get(1).is_some_and(u8::is_ascii_digit),
        _ => false,
    }
}

/// Browsers take all before an `@` for a name and a password, whatever it is, up to here.
const fn is_end_of_authority(byte: u8) -> bool {
    is_blank(byte) || matches!(byte, b'/' | b'\\' | b'?' | b'#')
}

#[cfg(test)]
mod tests;
