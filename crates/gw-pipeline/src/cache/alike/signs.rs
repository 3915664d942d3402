//! Signs, marks and letters of a text: where words and quotations end, and what looks like a program. Serves the reading of
//! turns. It must not know what a word means.

/// Marks that open and close a quotation.
const QUOTES: &[(char, char)] = &[('"', '"'), ('“', '”'), ('„', '“'), ('«', '»'), ('`', '`'), ('‘', '’')];

/// The quotation at the start of `rest`, and its length with its marks.
pub(super) fn quoted(rest: &str, first: char, before: char) -> Option<(&str, usize)> {
    let (open, close) = QUOTES.iter().copied().find(|(open, _)| *open == first)?;
    if before.is_alphanumeric() {
        return None;
    }
    let inside = rest.get(open.len_utf8()..)?;
    let end = inside.find(close)?;
    (end > 0).then(|| (&inside[..end], open.len_utf8() + end + close.len_utf8()))
}

/// How long the word at the start of `rest` is, in bytes; 0: there is none.
pub(super) fn word_length(rest: &str) -> usize {
    let mut end = 0;
    let mut chars = rest.char_indices().peekable();
    while let Some((at, letter)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let is_joint = at > 0
            && matches!(letter, '\'' | '’' | '.' | '_' | '@' | ',')
            && next.is_some_and(char::is_alphanumeric)
            && (letter != ',' || (is_digit_before(rest, at) && next.is_some_and(char::is_numeric)));
        // C++, C# and F# are names.
        let is_tail = at == 1 && matches!(letter, '+' | '#');
        if letter.is_alphanumeric() || is_joint || is_tail || (end == 2 && rest.starts_with("C++") && at == 2)
        {
            end = at + letter.len_utf8();
        } else {
            break;
        }
    }
    end
}

fn is_digit_before(text: &str, at: usize) -> bool {
    text.get(..at).and_then(|before| before.chars().last()).is_some_and(char::is_numeric)
}

/// Does it look like a program, or a piece of one?
pub(super) fn is_code(text: &str) -> bool {
    let marks = [
        "```", "();", "=>", "->", "==", "!=", "</", "/>", "::", "&&", "||", "+=", "){", ") {", "def ",
        "SELECT ",
    ];
    let found = marks.iter().filter(|mark| text.contains(**mark)).count();
    let lines = text.lines().filter(|line| line.trim_end().ends_with([';', '{', '}'])).count();
    text.contains("```") || found >= 2 || lines >= 2
}

/// Marks that only structure a text.
pub(super) const fn is_mark(sign: char) -> bool {
    matches!(
        sign,
        '’' | '‘'
            | '“'
            | '”'
            | '„'
            | '«'
            | '»'
            | '–'
            | '—'
            | '…'
            | '•'
            | '·'
            | '¿'
            | '¡'
            | '。'
            | '，'
            | '？'
            | '！'
            | '、'
            | '\u{a0}'
            | '\u{200b}'
            | '\u{3000}'
            | '：'
            | '；'
            | '（'
            | '）'
    ) || sign.is_ascii()
}

/// The script of a letter, as one bit.
pub(super) const fn script(letter: char) -> u16 {
    match letter as u32 {
        0x41..=0x24f | 0x1e00..=0x1eff => 1,
        0x370..=0x3ff => 2,
        0x400..=0x52f => 4,
        0x590..=0x5ff => 8,
        0x600..=0x77f => 16,
        0x900..=0xdff => 32,
        0xe00..=0xe7f => 64,
        0x3040..=0x30ff => 128,
        0x3400..=0x9fff => 256,
        0xac00..=0xd7af => 512,
        _ => 1024,
    }
}
