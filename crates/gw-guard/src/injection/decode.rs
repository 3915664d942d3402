//! What texts hide in codings: base64, base32, hex, binary, Morse, percent signs, escapes, single letters apart. Serves
//! the search for injections. What does not read as text when it is decoded is nobody's order.

use super::lexicon::all_words;
use super::normalise::tag;

/// Most bytes that are decoded of one text.
const MAX_DECODED_BYTES: usize = 256 << 10;

/// Appends what the text says in codings, a line each.
pub(super) fn decoded(text: &str, out: &mut String) {
    runs(text, out);
    groups(text, out);
    signs(text, out);
    tags(text, out);
    apart(text, out);
}

fn add(bytes: &[u8], out: &mut String) {
    if out.len() + bytes.len() > MAX_DECODED_BYTES {
        return;
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let letters = text.bytes().filter(|b| b.is_ascii_alphabetic() || *b == b' ' || *b >= 0x80).count();
    let odd = text.chars().filter(|c| c.is_control() && !c.is_whitespace()).count();
    if text.len() >= 6 && letters * 10 >= text.len() * 7 && odd == 0 {
        out.push_str(text);
        out.push('\n');
    }
}

/// Words that are codes by themselves.
fn runs(text: &str, out: &mut String) {
    let is_run = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_' | '=');
    for run in text.split(|c| !is_run(c)).filter(|run| run.len() >= 16) {
        let bytes = run.as_bytes();
        if bytes.iter().all(u8::is_ascii_hexdigit) {
            add(&hex(bytes), out);
        }
        if bytes.iter().all(|b| matches!(b, b'0' | b'1')) {
            add(&binary(bytes), out);
        }
        add(&radix(bytes, 6, base64_value), out);
        if bytes.iter().all(|b| b.is_ascii_uppercase() || matches!(b, b'2'..=b'7' | b'=')) {
            add(&radix(bytes, 5, base32_value), out);
        }
    }
}

/// Codes written in groups: hex by bytes, binary, Morse, base64 in lines.
fn groups(text: &str, out: &mut String) {
    let bare = |word: &str| word.trim_start_matches("0x").trim_start_matches("\\x").len();
    let is_hex = |word: &str| {
        let length = bare(word);
        let digits = word.get(word.len() - length..).unwrap_or_default();
        (2..=8).contains(&length) && length % 2 == 0 && digits.bytes().all(|b| b.is_ascii_hexdigit())
    };
    each_run(text, 6, is_hex, |words| {
        let digits: Vec<u8> =
            words.iter().flat_map(|word| word.bytes().skip(word.len() - bare(word))).collect();
        add(&hex(&digits), out);
    });
    let is_bits =
        |word: &str| (7..=8).contains(&word.len()) && word.bytes().all(|b| matches!(b, b'0' | b'1'));
    each_run(text, 4, is_bits, |words| {
        let byte = |word: &&str| word.bytes().fold(0u8, |sum, bit| sum << 1 | (bit & 1));
        add(&words.iter().map(byte).collect::<Vec<u8>>(), out);
    });
    let is_morse = |word: &str| word.len() <= 7 && word.bytes().all(|b| matches!(b, b'.' | b'-' | b'/'));
    each_run(text, 6, is_morse, |words| {
        let letters: String = words.iter().map(|word| morse(word)).collect();
        add(letters.as_bytes(), out);
    });
    let is_line =
        |word: &str| word.len() >= 4 && word.bytes().all(|b| base64_value(b).is_some() || b == b'=');
    each_run(text, 3, is_line, |words| {
        add(&radix(words.concat().as_bytes(), 6, base64_value), out);
    });
}

/// Calls back for each run of at least so many words of a form.
fn each_run<'a>(
    text: &'a str,
    least: usize,
    is_part: impl Fn(&str) -> bool,
    mut found: impl FnMut(&[&'a str]),
) {
    let mut run: Vec<&str> = Vec::new();
    let words = text.split([' ', '\n', '\t', ',', '\r']).filter(|word| !word.is_empty());
    for word in words.chain([""]) {
        if !word.is_empty() && is_part(word) {
            run.push(word);
        } else {
            if run.len() >= least {
                found(&run);
            }
            run.clear();
        }
    }
}

/// Percent signs and escapes within words.
fn signs(text: &str, out: &mut String) {
    if text.matches('%').take(4).count() >= 4 {
        add(&unescaped(text.replace("% ", "%").as_bytes(), b"%", 2), out);
    }
    if text.matches("\\x").take(4).count() >= 4 {
        add(&unescaped(text.as_bytes(), b"\\x", 2), out);
    }
    if text.matches("\\u").take(4).count() >= 4 {
        add(&unescaped(text.as_bytes(), b"\\u", 4), out);
    }
}

/// A text with its escapes undone; blanks between two escapes are left out.
fn unescaped(text: &[u8], mark: &[u8], digits: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let code = rest.strip_prefix(mark).and_then(|rest| rest.get(..digits));
        let value = code.and_then(|code| u32::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        match value {
            Some(value) => {
                match u8::try_from(value) {
                    Ok(byte) => out.push(byte),
                    Err(_) => out.extend(char::from_u32(value).unwrap_or(' ').to_string().bytes()),
                }
                at += mark.len() + digits;
                let blanks = text[at..].iter().take_while(|b| **b == b' ').count();
                if blanks > 0 && text[at + blanks..].starts_with(mark) {
                    at += blanks;
                }
            }
            None => {
                out.push(rest[0]);
                at += 1;
            }
        }
    }
    out
}

/// Tag characters, which no one sees.
fn tags(text: &str, out: &mut String) {
    if text.contains('\u{e0000}') || text.chars().any(|c| tag(c).is_some()) {
        let hidden: String = text.chars().filter_map(tag).collect();
        add(hidden.as_bytes(), out);
    }
}

/// Letters with a sign between them: put together, and taken apart into words that matter.
fn apart(text: &str, out: &mut String) {
    let mut letters = String::new();
    let mut pieces = Vec::new();
    for word in text.split([' ', '.', '-', '_', '\n']) {
        let mut characters = word.chars();
        match (characters.next(), characters.next()) {
            (Some(only), None) => letters.push(only.to_ascii_lowercase()),
            // Two signs are a gap between words.
            (None, _) => letters.push(' '),
            _ if letters.trim().len() >= 6 => pieces.push(std::mem::take(&mut letters)),
            _ => letters.clear(),
        }
    }
    pieces.push(letters);
    for piece in pieces.iter().map(|piece| piece.trim()).filter(|piece| piece.len() >= 6) {
        if piece.contains(' ') {
            add(piece.as_bytes(), out);
        } else {
            split_words(piece, out);
        }
    }
}

/// Words that matter in a text without blanks, in their order.
fn split_words(piece: &str, out: &mut String) {
    let mut found: Vec<(usize, &str)> = Vec::new();
    for word in all_words().filter(|word| word.len() >= 3) {
        found.extend(piece.match_indices(word).map(|(at, _)| (at, word)));
    }
    found.sort_by_key(|(at, word)| (*at, std::cmp::Reverse(word.len())));
    let mut end = 0;
    for (at, word) in found {
        if at >= end {
            out.push_str(word);
            out.push(' ');
            end = at + word.len();
        }
    }
    out.push('\n');
}

fn hex(digits: &[u8]) -> Vec<u8> {
    let value = |b: u8| char::from(b).to_digit(16).unwrap_or(0) as u8;
    digits.chunks_exact(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect()
}

fn binary(bits: &[u8]) -> Vec<u8> {
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0u8, |sum, bit| sum << 1 | (bit & 1))).collect()
}

const fn base64_value(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

const fn base32_value(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'2'..=b'7' => byte - b'2' + 26,
        _ => return None,
    })
}

/// Text of digits with so many bits each.
fn radix(text: &[u8], bits: u32, value: impl Fn(u8) -> Option<u8>) -> Vec<u8> {
    let (mut buffer, mut held) = (0u32, 0);
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        let Some(value) = value(*byte) else { continue };
        buffer = buffer << bits | u32::from(value);
        held += bits;
        if held >= 8 {
            held -= 8;
            out.push((buffer >> held) as u8);
            buffer &= (1 << held) - 1;
        }
    }
    out
}

/// The letter of a code of dots and dashes; a stroke is a gap.
fn morse(code: &str) -> char {
    const CODES: &[&str; 26] = &[
        ".-", "-...", "-.-.", "-..", ".", "..-.", "--.", "....", "..", ".---", "-.-", ".-..", "--", "-.",
        "---", ".--.", "--.-", ".-.", "...", "-", "..-", "...-", ".--", "-..-", "-.--", "--..",
    ];
    let at = CODES.iter().position(|known| *known == code);
    at.map_or(' ', |at| char::from(b'a' + at as u8))
}
