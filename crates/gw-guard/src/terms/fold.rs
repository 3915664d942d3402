//! Ordinary spellings of one text as one: upper and lower case of all scripts, letters with marks in one character or in
//! several and in any order, full-width letters, kinds of blanks, quotation marks and dashes, letters of other scripts that look the same, and
//! characters that nobody sees. Serves terms. It must not take a letter with an accent for the one without.

use crate::invisible::is_invisible;
use unicode_normalization::char::{canonical_combining_class, decompose_compatible};

/// Marks of one letter that are brought into their order; more are compared as they come.
const MAX_MARKS: usize = 16;

/// Marks of a letter, which may be written in any order where they do not touch each other.
#[derive(Debug, Default)]
pub(super) struct Marks(Vec<(u8, char)>);

impl Marks {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes what a character stands for; marks wait for those behind them.
    pub(super) fn take(&mut self, part: char, mut put: impl FnMut(char)) {
        let class = if part.is_ascii() { 0 } else { canonical_combining_class(part) };
        if class == 0 || self.0.len() >= MAX_MARKS {
            self.end(&mut put);
        }
        match class {
            0 => put(part),
            _ => self.0.push((class, part)),
        }
    }

    /// No more marks of the letter come.
    pub(super) fn end(&mut self, put: impl FnMut(char)) {
        self.0.sort_by_key(|(class, _)| *class);
        self.0.drain(..).map(|(_, mark)| mark).for_each(put);
    }

    /// Does a character begin with a mark?
    pub(super) fn goes_on(character: char) -> bool {
        !character.is_ascii() && canonical_combining_class(character) != 0
    }
}

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
    let (mut out, mut marks) = (String::with_capacity(text.len()), Marks::default());
    let mut put = |part: char| {
        if part != ' ' || !(out.is_empty() || out.ends_with(' ')) {
            out.push(part);
        }
    };
    for character in text.chars() {
        fold(character, case_sensitive, |part| marks.take(part, &mut put));
    }
    marks.end(&mut put);
    out.truncate(out.trim_end().len());
    out
}
