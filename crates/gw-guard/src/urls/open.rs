//! Links that go on where a piece of the text ends: behind the end of a line within quotes, which browsers leave out of links,
//! and behind the end of a segment. Serves the check of links. It must not hold more than a link's host may be long.

/// Longest beginning of a link that is kept. What is longer is no host, but an `@` may come behind it.
const MAX_BYTES: usize = 1024;

/// Most pieces by which one link goes on: each is read with all before it, and nobody writes a host in so many lines.
const MOST_PIECES: u8 = 16;

/// See the module. Empty where nothing is open.
#[derive(Debug, Default)]
pub(crate) struct Open {
    bytes: Vec<u8>,
    is_quoted: bool,
    pieces: u8,
}

impl Open {
    pub(super) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn close(&mut self) {
        self.bytes.clear();
        self.is_quoted = false;
        self.pieces = 0;
    }

    /// Does the link go on for longer than anybody looks?
    pub(super) const fn is_endless(&self) -> bool {
        self.pieces >= MOST_PIECES
    }

    /// A piece that can not change which host the link has: it only becomes longer.
    pub(super) fn goes_on(&mut self, piece: &[u8]) -> bool {
        let tells = |b: &u8| {
            matches!(b, b'.' | b'@' | b'%' | b'&' | b'/' | b'\\' | b'?' | b'#' | b':' | b'"' | b'\'')
        };
        let has_dot = |piece: &[u8]| DOTS.iter().any(|dot| memchr::memmem::find(piece, dot).is_some());
        if piece.iter().any(tells) || has_dot(piece) {
            return false;
        }
        let room = MAX_BYTES.saturating_sub(self.bytes.len()).min(piece.len());
        self.bytes.extend_from_slice(piece.get(..room).unwrap_or_default());
        true
    }

    /// Notes what of a piece may go on: its end, if a link has begun there and its host is not over. Behind the end of a line
    /// only within quotes.
    pub(super) fn note(&mut self, piece: &[u8], is_line: bool) {
        let quote = piece.iter().rposition(|b| matches!(b, b'"' | b'\''));
        let is_quoted = quote.is_some() || self.is_quoted;
        let from = if is_line && is_quoted { Some(quote.map_or(0, |at| at + 1)) } else { None };
        let from = if is_line { from } else { begin(piece) };
        let open = from.and_then(|from| piece.get(from..));
        match open.filter(|open| is_open(open)) {
            Some(open) => {
                self.bytes = kept(open);
                self.is_quoted = is_quoted;
                self.pieces = self.pieces.saturating_add(1);
            }
            None => self.close(),
        }
    }

    /// A line ended: what nothing quotes ends, too.
    pub(super) fn end_line(&mut self) {
        if !self.is_quoted {
            self.close();
        }
    }
}

/// Dots of other scripts.
const DOTS: &[&[u8]] = &["\u{3002}".as_bytes(), "\u{ff0e}".as_bytes(), "\u{ff61}".as_bytes()];

/// What is needed of an open link: its scheme and slashes, and what follows as far as a host goes, behind its last `@`.
fn kept(open: &[u8]) -> Vec<u8> {
    if open.len() <= MAX_BYTES {
        return open.to_vec();
    }
    let scheme = open.iter().position(|b| *b == b':').filter(|at| open.get(..*at).is_some_and(is_scheme));
    let from = scheme.map_or(0, |colon| colon + 1);
    let is_slash = |b: &&u8| matches!(**b, b'/' | b'\\');
    let slashes = open.get(from..).unwrap_or_default().iter().take_while(is_slash).take(MAX_BYTES).count();
    let (head, rest) = open.split_at_checked(from + slashes).unwrap_or((open, &[]));
    let host = memchr::memrchr(b'@', rest).and_then(|at| rest.get(at..)).unwrap_or(rest);
    [head, host.get(..MAX_BYTES).unwrap_or(host)].concat()
}

/// Where the last link of a piece begins that has slashes.
fn begin(piece: &[u8]) -> Option<usize> {
    let is_slash = |b: &u8| matches!(b, b'/' | b'\\');
    let last = piece.windows(2).rposition(|pair| pair.iter().all(is_slash))?;
    let slashes = piece.get(..last)?.iter().rev().take_while(|b| is_slash(b)).count();
    let start = last - slashes;
    let Some(colon) = start.checked_sub(1).filter(|at| piece.get(*at) == Some(&b':')) else {
        return Some(start);
    };
    let scheme = piece.get(..colon)?.iter().rev().take(12).take_while(|b| b.is_ascii_alphanumeric()).count();
    Some(colon - scheme)
}

/// Is it the beginning of a link up to somewhere before its host is over?
fn is_open(open: &[u8]) -> bool {
    let is_slash = |b: &u8| matches!(b, b'/' | b'\\');
    let rest = match open.iter().position(|b| *b == b':') {
        Some(colon) if open.get(..colon).is_some_and(is_scheme) => open.get(colon + 1..),
        _ if open.first().is_some_and(is_slash) => Some(open),
        // The scheme itself goes on.
        _ => return !open.is_empty() && is_beginning_of_scheme(open),
    };
    let rest = rest.unwrap_or_default();
    let slashes = rest.iter().take_while(|b| is_slash(b)).count();
    let host = rest.get(slashes..).unwrap_or_default();
    let is_path = slashes == 1 && rest.len() == open.len() && !host.is_empty();
    !is_path && !host.iter().any(|b| is_slash(b) || matches!(b, b'?' | b'#'))
}

fn is_scheme(scheme: &[u8]) -> bool {
    (2..=12).contains(&scheme.len()) && scheme.iter().all(u8::is_ascii_alphanumeric)
}

fn is_beginning_of_scheme(open: &[u8]) -> bool {
    b"https".get(..open.len()).is_some_and(|head| open.eq_ignore_ascii_case(head))
}
