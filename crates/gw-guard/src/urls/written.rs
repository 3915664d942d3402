//! Text as readers of HTML and Markdown take it: with references to characters undone. Serves the check of links. It must
//! say where in the text everything stands.

use std::ops::Range;

/// Longest reference, in bytes: `&NewLine;`, or a number with zeros before it.
const MAX_REFERENCE_BYTES: usize = 16;

/// References by name to what links are made of. No byte: browsers leave it out of links.
const NAMES: &[(&[u8], &[u8])] = &[
    (b"amp", b"&"),
    (b"colon", b":"),
    (b"sol", b"/"),
    (b"bsol", b"\\"),
    (b"period", b"."),
    (b"quot", b"\""),
    (b"apos", b"'"),
    (b"lt", b"<"),
    (b"gt", b">"),
    (b"lpar", b"("),
    (b"rpar", b")"),
    (b"lsqb", b"["),
    (b"lbrack", b"["),
    (b"rsqb", b"]"),
    (b"rbrack", b"]"),
    (b"commat", b"@"),
    (b"num", b"#"),
    (b"quest", b"?"),
    (b"percnt", b"%"),
    (b"equals", b"="),
    (b"comma", b","),
    (b"semi", b";"),
    (b"Tab", b""),
    (b"NewLine", b""),
];

/// A piece of a text.
pub(super) struct Written<'a> {
    text: &'a [u8],
    range: Range<usize>,
    /// Where it has references: its bytes without them, and the place of each.
    read: Option<(Vec<u8>, Vec<usize>)>,
}

impl<'a> Written<'a> {
    pub(super) fn of(text: &'a [u8], range: Range<usize>) -> Self {
        let bytes = text.get(range.clone()).unwrap_or_default();
        let read = memchr::memchr(b'&', bytes).map(|_| read(bytes, range.start));
        Self { text, range, read }
    }

    /// What goes on from `open`, which stands before.
    pub(super) fn behind(open: &[u8], text: &'a [u8], range: Range<usize>) -> Self {
        let (new, behind) = read(text.get(range.clone()).unwrap_or_default(), range.start);
        let mut places = vec![range.start; open.len()];
        places.extend(behind);
        Self { text, read: Some(([open, new.as_slice()].concat(), places)), range }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match &self.read {
            Some((bytes, _)) => bytes,
            None => self.text.get(self.range.clone()).unwrap_or_default(),
        }
    }

    /// Where in the text the byte at a place stands.
    pub(super) fn place(&self, at: usize) -> usize {
        match &self.read {
            Some((_, places)) => places.get(at).copied().unwrap_or(self.range.end),
            None => self.range.start + at,
        }
    }
}

fn read(bytes: &[u8], start: usize) -> (Vec<u8>, Vec<usize>) {
    let (mut read, mut places) = (Vec::with_capacity(bytes.len()), Vec::with_capacity(bytes.len()));
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        let length = match reference(rest) {
            Some((says, length)) => {
                read.extend_from_slice(says.bytes());
                length
            }
            None => {
                read.push(*byte);
                1
            }
        };
        places.resize(read.len(), start + at);
        at += length;
    }
    (read, places)
}

enum Says {
    Name(&'static [u8]),
    Character([u8; 4], usize),
}

impl Says {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Name(bytes) => bytes,
            Self::Character(bytes, length) => bytes.get(..*length).unwrap_or_default(),
        }
    }
}

/// The reference that begins there, and its length.
fn reference(rest: &[u8]) -> Option<(Says, usize)> {
    let name = rest.strip_prefix(b"&")?;
    let Some(number) = name.strip_prefix(b"#") else {
        let name = name.get(..MAX_REFERENCE_BYTES).unwrap_or(name);
        let length = name.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
        let (name, behind) = name.split_at(length);
        behind.strip_prefix(b";")?;
        let says = NAMES.iter().find(|(known, _)| *known == name)?.1;
        return Some((Says::Name(says), length + 2));
    };
    let (digits, radix, head) = match number.split_first() {
        Some((b'x' | b'X', hex)) => (hex, 16, 3),
        _ => (number, 10, 2),
    };
    // As many zeros as one likes.
    let zeros = digits.iter().take_while(|b| **b == b'0').count();
    let digits = digits.get(zeros..).unwrap_or_default();
    let seen = digits.get(..MAX_REFERENCE_BYTES).unwrap_or(digits).iter();
    let length = seen.take_while(|b| char::from(**b).is_digit(radix)).count();
    let (digits, behind) = digits.split_at(length);
    let code = u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()?;
    // The semicolon may be left out.
    let whole = head + zeros + length + usize::from(behind.first() == Some(&b';'));
    match char::from_u32(code)? {
        '\0' => None,
        '\t' | '\n' | '\r' => Some((Says::Name(b""), whole)),
        character => {
            let mut bytes = [0; 4];
            let length = character.encode_utf8(&mut bytes).len();
            Some((Says::Character(bytes, length), whole))
        }
    }
}
