//! Ordinary spellings of one text as one: upper and lower case of all scripts, letters with marks in one character or in
//! several, full-width letters, kinds of blanks, quotation marks and dashes, letters of other scripts that look the same, and
//! characters that nobody sees. Serves terms. It must not take a letter with an accent for the one without.

use crate::invisible::is_invisible;
use unicode_normalization::char::decompose_compatible;

/// Gives what a character stands for: nothing, one character or a few.
pub(super) fn fold(character: char, case_sensitive: bool, mut put: impl FnMut(char)) {
    if character.is_ascii() {
        return put(match case_sensitive {
            _ if character.is_ascii_whitespace() => ' ',
            true => character,
            false => character.to_ascii_lowercase(),
        });
    }
    if character == '\u{130}' && !case_sensitive {
        return put('i');
    }
    decompose_compatible(character, |part| match part {
        _ if is_unseen(part) => {}
        _ if part.is_whitespace() => put(' '),
        '\u{2018}' | '\u{2019}' => put('\''),
        '\u{201c}' | '\u{201d}' => put('"'),
        '\u{2010}'..='\u{2015}' => put('-'),
        'ß' | 'ẞ' if !case_sensitive => {
            put('s');
            put('s');
        }
        _ => {
            let small = || part.to_lowercase();
            let alike = small().next().and_then(alike);
            match alike {
                Some(letter) if case_sensitive && part.is_uppercase() => put(letter.to_ascii_uppercase()),
                Some(letter) => put(letter),
                None if case_sensitive => put(part),
                None => small().for_each(&mut put),
            }
        }
    });
}

/// Has it no shape at all?
pub(super) fn is_unseen(character: char) -> bool {
    is_invisible(character) || matches!(character, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

/// The letter of ASCII that a small letter looks like, or that its capital looks like. Not for the Greek sign of a millionth.
const fn alike(small: char) -> Option<char> {
    Some(match small {
        'а' | 'α' => 'a',
        'в' | 'β' => 'b',
        'с' => 'c',
        'ԁ' => 'd',
        'е' | 'ε' => 'e',
        'н' | 'һ' | 'η' => 'h',
        'і' | 'ι' | 'ı' => 'i',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'ӏ' => 'l',
        'м' => 'm',
        'ν' => 'n',
        'о' | 'ο' | 'օ' => 'o',
        'р' | 'ρ' => 'p',
        'ԛ' => 'q',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'ԝ' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'ү' | 'υ' => 'y',
        'ζ' => 'z',
        'ς' => 'σ',
        _ => return None,
    })
}

/// A whole text, with one blank for all that stand together.
pub(super) fn folded(text: &str, case_sensitive: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        fold(character, case_sensitive, |part| {
            if part != ' ' || !(out.is_empty() || out.ends_with(' ')) {
                out.push(part);
            }
        });
    }
    out.truncate(out.trim_end().len());
    out
}
