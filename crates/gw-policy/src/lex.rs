//! Text to tokens. Serves the parser. It must not know what tokens mean together.

use crate::error::CompileError;

/// A token and the character where it begins, from 1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) column: u32,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Name(String),
    /// Without its sign.
    Int(u64),
    Double(f64),
    Text(String),
    /// An operator or bracket.
    Sign(&'static str),
    End,
}

/// Longer ones first.
const SIGNS: &[&str] = &[
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "+", "-", "*", "/", "%", "?", ":", ",", ".", "(", ")",
    "[", "]", "{", "}",
];

/// All tokens, the last of which is [`Kind::End`].
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, CompileError> {
    let mut lexer = Lexer { rest: text, column: 1 };
    let mut found = Vec::new();
    loop {
        lexer.skip_blanks();
        let column = lexer.column;
        let kind = lexer.next()?;
        let is_end = kind == Kind::End;
        found.push(Token { column, kind });
        if is_end {
            return Ok(found);
        }
    }
}

struct Lexer<'a> {
    rest: &'a str,
    column: u32,
}

impl<'a> Lexer<'a> {
    /// Takes that many bytes, which end at a character's end.
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        self.column += u32::try_from(taken.chars().count()).unwrap_or(u32::MAX);
        taken
    }

    fn take_while(&mut self, is_in: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !is_in(c)).unwrap_or(self.rest.len());
        self.take(end)
    }

    fn skip_blanks(&mut self) {
        loop {
            self.take_while(|c| matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c'));
            if !self.rest.starts_with("//") {
                return;
            }
            self.take_while(|c| c != '\n');
        }
    }

    fn error<T>(&self, message: impl Into<String>) -> Result<T, CompileError> {
        Err(CompileError::new(self.column, message))
    }

    fn next(&mut self) -> Result<Kind, CompileError> {
        let Some(first) = self.rest.chars().next() else { return Ok(Kind::End) };
        let second = self.rest.chars().nth(1);
        match first {
            'r' | 'R' if matches!(second, Some('"' | '\'')) => {
                self.take(1);
                self.text(true)
            }
            'b' | 'B' if matches!(second, Some('"' | '\'')) => self.error("bytes are not supported"),
            'a'..='z' | 'A'..='Z' | '_' => {
                let name = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
                Ok(Kind::Name(name.to_owned()))
            }
            '0'..='9' => self.number(),
            '.' if second.is_some_and(|c| c.is_ascii_digit()) => self.number(),
            '"' | '\'' => self.text(false),
            _ => match SIGNS.iter().find(|sign| self.rest.starts_with(**sign)) {
                Some(sign) => {
                    self.take(sign.len());
                    Ok(Kind::Sign(sign))
                }
                None if first == '&' || first == '|' || first == '=' => {
                    self.error(format!("`{first}` stands alone; write `{first}{first}`"))
                }
                None => self.error(format!("unexpected character {first:?}")),
            },
        }
    }

    fn number(&mut self) -> Result<Kind, CompileError> {
        let column = self.column;
        let wrong = |what: &str| CompileError::new(column, format!("{what} is no number that fits"));
        if self.rest.starts_with("0x") || self.rest.starts_with("0X") {
            self.take(2);
            let digits = self.take_while(|c| c.is_ascii_hexdigit());
            return u64::from_str_radix(digits, 16).map(Kind::Int).map_err(|_| wrong(digits));
        }
        let start = self.rest;
        self.take_while(|c| c.is_ascii_digit());
        let mut is_double = false;
        let mut after = self.rest.chars();
        if after.next() == Some('.') && after.next().is_some_and(|c| c.is_ascii_digit()) {
            is_double = true;
            self.take(1);
            self.take_while(|c| c.is_ascii_digit());
        }
        if self.rest.starts_with(['e', 'E']) {
            is_double = true;
            self.take(1);
            if self.rest.starts_with(['+', '-']) {
                self.take(1);
            }
            self.take_while(|c| c.is_ascii_digit());
        }
        let written = start.get(..start.len() - self.rest.len()).unwrap_or_default();
        if self.rest.starts_with(['u', 'U']) {
            return self.error("unsigned numbers are not supported; leave the `u` away");
        }
        if is_double {
            let number: f64 = written.parse().map_err(|_| wrong(written))?;
            return if number.is_finite() { Ok(Kind::Double(number)) } else { Err(wrong(written)) };
        }
        written.parse().map(Kind::Int).map_err(|_| wrong(written))
    }

    fn text(&mut self, is_raw: bool) -> Result<Kind, CompileError> {
        let column = self.column;
        let quote = self.take(1);
        let mut text = String::new();
        loop {
            let plain = self.take_while(|c| !quote.starts_with(c) && !matches!(c, '\\' | '\n' | '\r'));
            text.push_str(plain);
            match self.rest.chars().next() {
                Some('\\') if is_raw => text.push_str(self.take(1)),
                Some('\\') => text.push(self.escape()?),
                Some('\n' | '\r') | None => {
                    return Err(CompileError::new(column, "the text has no closing quote"));
                }
                Some(_) => {
                    self.take(1);
                    return Ok(Kind::Text(text));
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, CompileError> {
        let column = self.column;
        self.take(1);
        let letter = self.rest.chars().next().unwrap_or_default();
        self.take(letter.len_utf8());
        let digits = match letter {
            'n' => return Ok('\n'),
            't' => return Ok('\t'),
            'r' => return Ok('\r'),
            '\\' | '\'' | '"' | '`' | '?' => return Ok(letter),
            'x' | 'X' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        let written =
            self.rest.get(..digits).filter(|d| digits > 0 && d.bytes().all(|b| b.is_ascii_hexdigit()));
        let read = written.and_then(|d| u32::from_str_radix(d, 16).ok()).and_then(char::from_u32);
        let wrong = "there is no such escape; a backslash itself is `\\\\`, or the text `r'...'`";
        let read = read.ok_or_else(|| CompileError::new(column, wrong))?;
        self.take(digits);
        Ok(read)
    }
}
