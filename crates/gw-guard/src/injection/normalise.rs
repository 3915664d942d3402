//! Texts as a model reads them, not as they are written: look-alike letters, accents, invisible characters and capitals
//! undone. Serves the search for injections. It must not be used where places in the text matter.

use crate::invisible::is_invisible;

/// The text in plain small letters.
pub(super) fn plain(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii() {
            out.push(character.to_ascii_lowercase());
        } else if let Some(letter) = tag(character) {
            out.push(letter.to_ascii_lowercase());
        } else if !is_invisible(character)
            && !matches!(character, '\u{200c}' | '\u{200d}' | '\u{300}'..='\u{36f}')
        {
            fold(character, &mut out);
        }
    }
    out
}

/// The character that a tag character stands for, which no one sees and models read.
pub(super) const fn tag(character: char) -> Option<char> {
    match character {
        '\u{e0020}'..='\u{e007e}' => char::from_u32(character as u32 - 0xe0000),
        _ => None,
    }
}

/// Letters that look like others, in the order of those that they look like.
const ALIKE: &[(char, &str)] = &[
    ('a', "àáâãäåāăąǎαаɑⱥạảấầẩẫậắằẳẵặªᴀ"),
    ('b', "ьƀвßЬƅʙ"),
    ('c', "çćĉċčсϲⅽ¢ᴄ"),
    ('d', "ďđԁⅾɗᴅ"),
    ('e', "èéêëēĕėęěеєεҽẹẻẽếềểễệᴇ"),
    ('f', "ƒϝꜰ"),
    ('g', "ĝğġģɡցɢ"),
    ('h', "ĥħһհʜ"),
    ('i', "ìíîïĩīĭįıіιίⅰịỉǐɪ"),
    ('j', "ĵјϳᴊ"),
    ('k', "ķκкĸᴋ"),
    ('l', "ĺļľŀłӏⅼʟ"),
    ('m', "мⅿᴍ"),
    ('n', "ñńņňŉηпոŋɴ"),
    ('o', "òóôõöøōŏőοоօσọỏốồổỗộớờởỡợơºᴏ"),
    ('p', "рρþᴘ"),
    ('q', "ԛ"),
    ('r', "ŕŗřгɾʀ"),
    ('s', "śŝşšѕșꜱ"),
    ('t', "ţťŧτтțᴛ"),
    ('u', "ùúûüũūŭůűųυսụủứừửữựưᴜ"),
    ('v', "νѵⅴᴠ"),
    ('w', "ŵωшԝᴡ"),
    ('x', "хχⅹ"),
    ('y', "ýÿŷуγүʏ"),
    ('z', "źżžᴢ"),
];

fn fold(character: char, out: &mut String) {
    let code = u32::from(character);
    let ascii = |code: u32| char::from_u32(code).map(|c| c.to_ascii_lowercase());
    let letter = |offset: u32| ascii(u32::from('a') + offset % 26);
    let folded = match code {
        // Full width; letters of mathematics, of circles and of squares.
        0xff01..=0xff5e => ascii(code - 0xfee0),
        0x1d400..=0x1d6a3 => letter((code - 0x1d400) % 26),
        0x1d7ce..=0x1d7ff => ascii(u32::from('0') + (code - 0x1d7ce) % 10),
        0x24b6..=0x24e9 => letter((code - 0x24b6) % 26),
        0x1f130..=0x1f149 => letter(code - 0x1f130),
        0x1f150..=0x1f169 => letter(code - 0x1f150),
        0x1f170..=0x1f189 => letter(code - 0x1f170),
        0x1f1e6..=0x1f1ff => letter(code - 0x1f1e6),
        0xa0 | 0x2000..=0x200a | 0x202f | 0x205f | 0x3000 => Some(' '),
        0x2018 | 0x2019 => Some('\''),
        0x201c | 0x201d => Some('"'),
        0x2010..=0x2015 => Some('-'),
        _ => alike(character),
    };
    match folded {
        Some(folded) => out.push(folded),
        None => out.extend(character.to_lowercase()),
    }
}

fn alike(character: char) -> Option<char> {
    let small = character.to_lowercase().next().unwrap_or(character);
    ALIKE.iter().find(|(_, list)| list.contains(small)).map(|(letter, _)| *letter)
}

/// Digits and signs that stand for letters in a word.
pub(super) fn unleet(word: &str, out: &mut String) {
    out.clear();
    out.extend(word.chars().map(|c| match c {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '8' => 'b',
        '9' => 'g',
        other => other,
    }));
}

/// Each letter half the alphabet further.
pub(super) fn rot13(text: &str) -> String {
    let turn = |c: char| match c {
        'a'..='m' | 'A'..='M' => char::from(c as u8 + 13),
        'n'..='z' | 'N'..='Z' => char::from(c as u8 - 13),
        other => other,
    };
    text.chars().map(turn).collect()
}
